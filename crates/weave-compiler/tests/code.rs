//! Which instructions a piece of source becomes. Each test shows one decision
//! of code generation; what the instructions do is the machine's affair.

use weave_bytecode::chunk::Chunk;
use weave_bytecode::decode::decode;
use weave_bytecode::signature::{Parameter, Signature};
use weave_compiler::{Mode, OptFlags, Options, Session, compile};

fn core() -> Vec<Signature> {
    let list = [
        ("print", "*values"),
        ("take", "xs n"),
        ("pad", "text width fill? side?"),
        ("len", "x"),
        ("args", ""),
        ("sum", "xs"),
    ];
    list.iter()
        .map(|(name, parameters)| Signature {
            name: (*name).into(),
            parameters: parameters
                .split_whitespace()
                .map(|p| Parameter {
                    name: p.trim_matches(['*', '?']).into(),
                    optional: p.ends_with('?'),
                    rest: p.starts_with('*'),
                })
                .collect(),
        })
        .collect()
}

fn chunk(source: &str, optimise: OptFlags) -> Chunk {
    let core = core();
    let options = Options { core: &core, optimise, ..Options::default() };
    compile(source, "test", &options).expect("it compiles").chunk
}

/// The instructions of the prototype with this name, the program's where it is
/// empty, as `Op a b c`.
fn code_of(source: &str, name: &str) -> Vec<String> {
    let chunk = chunk(source, OptFlags::default());
    let proto = chunk.prototypes.iter().find(|p| &*p.signature.name == name).expect("the function");
    decode(&proto.code)
        .map(|located| {
            let located = located.expect("an instruction");
            let operands = located.op.operands().iter().filter(|o| o.kind != weave_bytecode::operand::Kind::Cache);
            operands.fold(located.op.name().to_owned(), |text, o| format!("{text} {}", o.bits(located.words) as i32))
        })
        .collect()
}

fn ops(source: &str, name: &str) -> String {
    code_of(source, name).iter().map(|l| l.split(' ').next().unwrap_or("")).collect::<Vec<_>>().join(" ")
}

#[test]
fn operands_are_read_where_they_lie() {
    assert_eq!(code_of("fn f(a, b) { a + b }", "f"), ["Add 2 0 1", "Return 2"]);
    assert_eq!(code_of("fn f(a) { b = a * 2\n b }", "f"), ["MulI 1 0 2", "Return 1"]);
}

#[test]
fn small_numbers_and_constants_stand_in_the_instruction() {
    assert_eq!(code_of("fn f(a) { a - 1 }", "f"), ["SubI 1 0 1", "Return 1"]);
    assert_eq!(code_of("fn f(a) { 1.5 * a }", "f"), ["MulFromK 1 0 0", "Return 1"]);
    assert_eq!(code_of("fn f(a) { a / 100000 }", "f"), ["DivK 1 0 0", "Return 1"]);
}

#[test]
fn folding_takes_only_what_succeeds() {
    assert_eq!(code_of("fn f() { 2 + 3 * 4 }", "f"), ["LoadInt 0 14", "Return 0"]);
    assert_eq!(ops("fn f() { 9223372036854775807 + 1 }", "f"), "LoadConst LoadInt Add Return");
    assert_eq!(ops("fn f() { 1 // 0 }", "f"), "LoadInt LoadInt FloorDiv Return");
}

#[test]
fn conditions_compare_and_jump() {
    assert_eq!(ops("fn f(a, b) { if a < b and b != 3 { 1 } }", "f"), "JumpNotLt JumpEqI LoadInt Return ReturnNil");
    assert_eq!(
        ops("fn f(a) { if not (a == nil or a == \"x\") { 1 } }", "f"),
        "JumpIfNil JumpEqK LoadInt Return ReturnNil"
    );
}

#[test]
fn loops_test_at_the_bottom() {
    assert_eq!(ops("fn f(n) { i = 0\n while i < n { i += 1 } }", "f"), "LoadInt Jump AddI LoopLt ReturnNil");
    assert_eq!(
        ops("fn f(n) { for i in 0..n { print(i) } }", "f"),
        "LoadInt Move ForPrep Move CallNative ForLoop ReturnNil"
    );
    assert_eq!(ops("fn f(n) { while true { if n == 1 { break }\n n -= 1 } }", "f"), "JumpEqI SubI Loop ReturnNil");
}

#[test]
fn a_loop_that_is_left_closes_its_source() {
    let code = ops("fn f(xs) { for x in xs { if x { return x } } }", "f");
    assert_eq!(code, "IterPrep Jump JumpIfNot IterClose Return IterNext IterStream ReturnNil");
}

#[test]
fn calls_reach_their_callee_directly() {
    assert_eq!(ops("fn f(n) { f(n - 1) }", "f"), "SubI CallSlot Return");
    assert_eq!(ops("fn f() { fn g(n) { g(n) }\n g }", "g"), "Move CallUpvalue Return");
    assert_eq!(ops("fn f(g) { g(1) }", "f"), "LoadInt Call Return");
    assert_eq!(ops("fn f(g) { g(1, k: 2) }", "f"), "LoadInt LoadInt CallNamed Return");
}

#[test]
fn a_captured_value_is_loaded_once_on_each_path() {
    let inner = |body: &str| ops(&format!("fn outer(a, xs) {{ fn f(n) {{ {body} }}\n f }}"), "f");
    assert_eq!(inner("a + n"), "GetUpvalue Add Return");
    assert_eq!(inner("a + n + a"), "GetUpvalue Add Add Return");
    // A branch's load serves that branch.
    assert_eq!(
        inner("x = 0\n if n > 1 { x = a + n + a }\n x * a"),
        "LoadInt JumpNotGtI GetUpvalue Add Add GetUpvalue Mul Return"
    );
    // All of a chain of conditions ran where it held, the first in any case.
    assert_eq!(
        inner("if n > a and xs > a { a + xs } else { a - 1 }"),
        "GetUpvalue JumpNotGt GetUpvalue JumpNotGt Add Return SubI Return"
    );
    assert_eq!(inner("while n < a { n += a }"), "GetUpvalue Jump Add LoopLt ReturnNil");
    assert_eq!(inner("for i in 0..n { for j in 0..i { n += a * j } }").matches("GetUpvalue").count(), 1);
    assert_eq!(inner("n *> ^(x) { x + a } &> ^(s, y) { s + y * a }").matches("GetUpvalue").count(), 1);
    let caught = inner("try { n = a + a } catch { n = a }\n n");
    assert_eq!(caught, "GetUpvalue Add Jump GetUpvalue Return");
}

#[test]
fn a_cell_is_read_again_where_something_may_have_written_it() {
    let get = |body: &str| ops(&format!("fn outer() {{ v = 1\n fn f(g) {{ {body} }}\n v = 2\n f }}"), "f");
    assert_eq!(get("v + v + v + v"), "GetUpCell Add Add Add Return");
    assert_eq!(get("v + g() + v"), "GetUpCell Call Add GetUpCell Add Return");
    assert_eq!(get("v + { v = 3\n v } + v").matches("GetUpCell").count(), 2);
    assert_eq!(get("while v < 9 and v != g { v = v * 2 }").matches("GetUpCell").count(), 2);
}

#[test]
fn a_name_of_the_top_level_that_is_set_once_is_loaded_once() {
    let source = "size = 8\nfn f(n) { n * size + size }\nf(1)";
    assert_eq!(ops(source, "f"), "GetSlotChecked Mul Add Return");
    let source = "size = 8\nfn f(n) { n * size + size }\nsize = 9";
    assert_eq!(ops(source, "f"), "GetSlotChecked Mul GetSlot Add Return");
}

#[test]
fn small_known_functions_stand_in_place_of_their_calls() {
    let main = |source: &str| ops(&format!("{source}\nfn main(n) {{ r = f(n)\n r }}"), "main");
    assert_eq!(main("fn f(x) { return x + 1 }"), "AddI Return");
    assert_eq!(main("fn g(x) { x * 2 }\nfn f(x) { g(x) + g(1) }"), "MulI AddI Return");
    assert_eq!(main("fn f(x) { if x > 9 { return 0 }\n x }"), "JumpNotGtI LoadInt Jump Move Return");
    assert_eq!(main("fn f(x, k: 5) { x + k }"), "AddI Return");
    assert_eq!(main("fn f(x) { x += 1\n x }"), "Move AddI Move Return");
    // What calls itself, loops, catches, makes closures or is large is called.
    for body in [
        "if x < 2 { x } else { f(x - 1) }",
        "while x > 0 { x -= 1 }",
        "try { x } catch { 0 }",
        "^() { x }",
        "1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + x",
    ] {
        assert_eq!(main(&format!("fn f(x) {{ {body} }}")), "Move CallSlot Return", "{body}");
    }
    assert_eq!(main("fn f(x) { x }\nf = nil"), "Move CallSlot Return", "`f` is assigned");
    assert_eq!(ops("fn outer(k) { fn f(x) { x * k }\n f(k) + f(k) }", "outer"), "Closure Mul Mul Add Return");
    let two = "fn outer(k) { fn f(x) { x * k }\n fn g(y) { f(y) }\n fn h(y) { k + f(y) }\n [g, h] }";
    assert_eq!(ops(two, "g"), "Move CallUpvalue Return", "`g` does not have what `f` captures");
    assert_eq!(ops(two, "h"), "GetUpvalue GetUpvalue Mul Add Return");
}

#[test]
fn small_known_functions_stand_in_conditions_and_stages() {
    let small = "fn even(n) { n % 2 == 0 }\n";
    assert_eq!(ops(&format!("{small}fn f(n) {{ if even(n) {{ 1 }} }}"), "f"), "RemI JumpNeI LoadInt Return ReturnNil");
    let code = ops(&format!("{small}fn f(xs) {{ xs ?> even &> ^(a: 0, x) {{ a + x }} }}"), "f");
    assert_eq!(code, "LoadInt IterPrep Jump RemI JumpNeI Add IterNext IterStream Return");
    let code = ops("fn double(x) { x * 2 }\nfn f(xs) { xs *> double &> ^(a: 0, x) { a + x } }", "f");
    assert_eq!(code, "LoadInt IterPrep Jump MulI Add IterNext IterStream Return");
}

#[test]
fn bodies_add_a_bounded_amount_of_code() {
    let functions = "fn a(x) { x + x + x }\nfn b(x) { a(x) * a(x) * a(x) }\nfn c(x) { b(x) * b(x) * b(x) }\n";
    let calls = "x = c(x)\n".repeat(1_000);
    let chunk = chunk(&format!("{functions}fn f(x) {{ {calls} }}"), OptFlags::default());
    let most = chunk.prototypes.iter().map(|p| p.code.len()).max();
    assert!(most < Some(5_000), "{most:?} words");
}

#[test]
fn a_session_may_give_a_function_another_body() {
    let core = core();
    let first = Session::default();
    let options = Options { core: &core, session: Some(&first), ..Options::default() };
    let compiled = compile("fn f(x) { x + 1 }\nfn g(x) { f(x) }", "1", &options).expect("it compiles");
    let g = compiled.chunk.prototypes.iter().find(|p| &*p.signature.name == "g").expect("g");
    let ops: Vec<_> = decode(&g.code).flatten().map(|l| l.op.name()).collect();
    assert_eq!(ops, ["Move", "CallSlot", "Return"]);
}

#[test]
fn arguments_of_known_functions_are_bound_by_the_compiler() {
    let call = |parameters: &str, arguments: &str| {
        let source = format!("fn f({parameters}) {{ while a {{ a = nil }} }}\nfn main(n) {{ f({arguments}) }}");
        code_of(&source, "main")
    };
    let three = "a, b: 1, c: 2";
    assert_eq!(call(three, "n"), ["Move 1 0", "LoadUnset 2", "LoadUnset 3", "CallSlot 1 3 0", "Return 1"]);
    assert_eq!(call(three, "c: n, a: 7"), ["Move 3 0", "LoadInt 1 7", "LoadUnset 2", "CallSlot 1 3 0", "Return 1"]);
    assert_eq!(call("a: 1, b", "n"), ["Move 2 0", "LoadUnset 1", "CallSlot 1 2 0", "Return 1"]);
    assert_eq!(call("a, b: 1, *c", "b: n, a: 7"), ["Move 2 0", "LoadInt 1 7", "CallSlot 1 2 0", "Return 1"]);
    assert_eq!(call("a, *c", "n, k: 7").last().map(String::as_str), Some("Return 1"));
    assert!(call("a, *c", "n, k: 7").iter().any(|l| l.starts_with("CallNamed")), "a key of the rest");
    assert!(ops("fn main(f) { f(k: 1) }", "main").contains("CallNamed"), "an unknown function");
}

#[test]
fn a_variable_is_made_where_its_first_value_is() {
    assert_eq!(
        code_of("fn f(g) { x = g()\n y = g()\n x + y }", "f"),
        ["Call 1 0 0", "Call 2 0 0", "Add 3 1 2", "Return 3"]
    );
    // What may be read before it, or is made in a branch or loop, has a
    // register from the start.
    assert_eq!(ops("fn f(g) { if g { x = g() }\n x }", "f"), "LoadUnset JumpIfNot Call Move CheckSet Return");
    assert_eq!(ops("fn f(g) { while g { x = g() } }", "f"), "Jump Call Move LoopIf ReturnNil");
    assert_eq!(ops("fn f(g) { [x, y] = g()\n x + y }", "f").matches("Move").count(), 2);
}

#[test]
fn no_jump_leads_to_the_next_instruction() {
    assert_eq!(ops("fn f(x) { y = 0\n if x > 1 { y = x } else { x = x }\n y }", "f"), "LoadInt JumpNotGtI Move Return");
    assert_eq!(ops("fn f(xs) { while xs { xs = nil\n continue } }", "f"), "Jump LoadNil LoopIf ReturnNil");
}

#[test]
fn numbers_that_a_loop_takes_from_registers_are_loaded_in_front_of_it() {
    let code = ops("fn f(n) { i = 1\n while i < 100000 { i = i * 3 % 65537 // 70000 }\n i % 65537 }", "f");
    assert_eq!(code, "LoadInt LoadInt LoadInt LoadInt Jump MulI Rem FloorDiv LoopLt Rem Return");
    assert_eq!(ops("fn f(n) { n % 65537 }", "f"), "LoadInt Rem Return");
    let code = ops("fn f(xs) { xs *> ^(x) { 2 ** x % 65537 } &> ^(a, b) { a + b } }", "f");
    assert_eq!(
        code,
        "LoadUnset LoadInt LoadInt IterPrep Jump Pow Rem JumpIfSet Move Jump Add IterNext IterStream FoldEnd Return"
    );
}

#[test]
fn natives_get_their_arguments_in_the_order_of_their_parameters() {
    let code = code_of("fn f(t) { pad(t, side: 1, width: 2) }", "f");
    assert_eq!(code, ["Move 1 0", "LoadInt 4 1", "LoadInt 2 2", "LoadUnset 3", "CallNative 1 4 0", "Return 1"]);
}

#[test]
fn counters_in_cells_are_one_instruction() {
    let source = "fn make() { n = 0\n fn step() { n += 1 }\n step }";
    assert_eq!(ops(source, "step"), "AddUpCell Return");
    assert_eq!(ops(source, "make"), "LoadInt NewCell Closure Return");
}

#[test]
fn only_unproven_reads_are_checked() {
    assert_eq!(ops("fn f(c) { if c { x = 1 } else { x = 2 }\n x }", "f"), "JumpIfNot LoadInt Jump LoadInt Return");
    assert_eq!(ops("fn f(c) { if c { x = 1 }\n x }", "f"), "LoadUnset JumpIfNot LoadInt CheckSet Return");
}

#[test]
fn a_variable_that_a_later_operand_assigns_is_copied() {
    assert_eq!(ops("fn f(a) { a + { a = 2\n a } }", "f"), "Move LoadInt Move Add Return");
}

#[test]
fn a_fold_with_lambdas_is_one_loop_without_calls() {
    let source = "fn f(xs) { xs *> ^(x) { x * 2 } ?> ^(x) { x > 3 } &> ^(acc: 0, x) { acc + x } }";
    assert_eq!(ops(source, "f"), "LoadInt IterPrep Jump MulI JumpNotGtI Add IterNext IterStream Return");
    let off = chunk(source, OptFlags::none());
    let names: Vec<&str> = decode(&off.prototypes[4].code).flatten().map(|l| l.op.name()).collect();
    assert!(names.contains(&"Call") && names.contains(&"FoldStart"), "{names:?}");
    assert!(!names.contains(&"SinkNew"), "no container is built: {names:?}");
}

#[test]
fn a_chain_whose_value_nobody_uses_builds_nothing() {
    let code = ops("fn f(xs) { xs ?> ^{ it > 1 } *> print\n 0 }", "f");
    assert_eq!(code, "IterPrep Jump JumpNotGtI Move CallNative IterNext IterStream LoadInt Return");
}

#[test]
fn stages_that_take_part_stand_in_the_loop() {
    let code = ops("fn f(xs, g) { xs *> g |> take(3) |> sum }", "f");
    let wanted = "LoadInt LoadInt LoadInt LoadInt IterPrep Jump Move Call SubI SumStep JumpLeI IterNext IterStream Jump \
                  IterClose Return";
    assert_eq!(code, wanted.split_whitespace().collect::<Vec<_>>().join(" "));
}

#[test]
fn chains_named_for_the_next_statement_are_one_loop() {
    let loops = |body: &str| {
        let code = ops(&format!("fn f(xs, g, k) {{ {body} }}"), "f");
        let joined = code.split_whitespace().take_while(|op| *op != "SinkNew").filter(|op| *op == "IterPrep").count();
        (joined, code.split_whitespace().filter(|op| *op == "IterPrep").count())
    };
    // The loop of all, then those of each statement for what the loop can't do.
    assert_eq!(loops("a = xs *> ^{ it + k }\n b = a ?> ^{ it > 1 }\n b |> sum"), (1, 3));
    assert_eq!(loops("a = xs *> ^{ it + k }\n print(1 + (a |> sum))\n 0"), (1, 2));
    let apart = [
        ("a = xs *> g\n a |> sum", "calls what it does not know"),
        ("a = xs *> ^{ it + k }\n a |> sum\n a", "mentions it twice"),
        ("a = xs *> ^{ it + k }\n k = 2\n a |> sum", "does something in between"),
        ("a = xs *> ^{ it + k }\n a |> take(2)", "takes not every item"),
        ("a = xs *> ^{ it + k }\n g() + (a |> sum)", "calls first"),
        ("a = xs *> ^{ it + k }\n h = ^{ a }\n a |> sum", "captures it"),
        ("a = xs *> ^{ xs << it }\n a |> sum", "writes"),
    ];
    for (body, why) in apart {
        let (joined, all) = loops(body);
        assert!(joined == 0 && all > 0, "{why}: {body}");
    }
}

#[test]
fn stages_without_a_loop_make_streams_of_what_stands_before_them() {
    let flags = OptFlags { fuse: false, ..OptFlags::default() };
    let chunk = chunk("fn f(xs, g) { xs *> g |> take(3) }", flags);
    let names: Vec<&str> = decode(&chunk.prototypes[1].code).filter_map(Result::ok).map(|l| l.op.name()).collect();
    assert_eq!(names.iter().filter(|name| **name == "Stage").count(), 1, "one stream for the stage: {names:?}");
    assert!(names.contains(&"CallNative"), "another for the function: {names:?}");
}

#[test]
fn constants_are_kept_once() {
    let chunk = chunk("x = \"a\"\ny = \"a\"\nz = 1.5\nw = 1.5", OptFlags::default());
    assert_eq!(chunk.prototypes[0].constants.len(), 2);
}

#[test]
fn hidden_names_have_slots_of_their_own() {
    let chunk = chunk("let x = 1\nf = ^() { x }\nlet x = 2\ng = ^() { x }", OptFlags::default());
    assert_eq!(chunk.slots.iter().map(|s| &**s).collect::<Vec<_>>(), ["_x@0", "x"]);
}

#[test]
fn sessions_keep_their_slots() {
    let core = core();
    let first = Session::default();
    let options = Options { core: &core, session: Some(&first), value: true, ..Options::default() };
    let one = compile("x = 1\nfn f() { later }", "1", &options).expect("it compiles");
    let names = |s: &Session| s.slots.iter().map(|s| s.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&one.session), ["later", "f", "x", "_"]);
    let options = Options { session: Some(&one.session), ..options };
    let two = compile("x += 1\nlater = x\ny = 2\n[1] |> f()", "2", &options).expect("it compiles");
    assert_eq!(names(&two.session), ["later", "f", "x", "_", "y"]);
    assert_eq!(options.mode, Mode::Script, "a session is one whatever the mode says");
}

#[test]
fn errors_of_all_passes_come_in_source_order() {
    let core = core();
    let options = Options { core: &core, ..Options::default() };
    let errors = compile("print(nothng)\nx = = 2\nlen(1, 2)", "test", &options).expect_err("it does not compile");
    let starts: Vec<u32> = errors.iter().map(|e| e.span().start).collect();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(starts.is_sorted(), "{starts:?}");
}

#[test]
fn every_failure_has_a_position() {
    let source = "fn f(a) { a.b[1] + len(a) }";
    let chunk = chunk(source, OptFlags::default());
    for located in decode(&chunk.prototypes[1].code).flatten() {
        if located.op.name() == "Return" {
            continue;
        }
        let span = chunk.prototypes[1].positions.find(located.offset, weave_bytecode::position::Part::Whole);
        let text = span.map_or("", |s| &source[s.range()]);
        assert!(!text.is_empty() || located.op.name() == "Move", "{} has no position", located.op.name());
    }
}

#[test]
fn a_chain_of_calls_reuses_its_window() {
    for step in [" |> len", " *> len", " ?> len"] {
        let source = format!("fn f(x) {{ x{} }}", step.repeat(20_000));
        let chunk = chunk(&source, OptFlags::default());
        let most = chunk.prototypes.iter().map(|p| p.registers).max();
        assert!(most < Some(100), "{step}: {most:?} registers");
    }
}

#[test]
fn a_mention_of_a_host_value_is_a_call() {
    let core = core();
    let options = Options { core: &core, values: &["args"], ..Options::default() };
    let ops = |source: &str| {
        let compiled = compile(source, "test", &options).expect("it compiles");
        let proto = &compiled.chunk.prototypes[1];
        let ops: Vec<_> = decode(&proto.code).flatten().map(|l| l.op.name()).collect();
        ops.join(" ")
    };
    assert_eq!(ops("fn f() { args }"), "CallNative Return");
    assert_eq!(ops("fn f() { args[0] }"), "CallNative GetIndexI Return");
    assert_eq!(ops("fn f() { args(1) }"), "CallNative LoadInt Call Return");
    assert_eq!(ops("fn f() { 1 |> args }"), "LoadInt CallNative Move Call Return");
    assert_eq!(ops("fn f(x) { x.args() }"), "Move LoadNil CallMethod Return");
    assert_eq!(ops("fn f(args) { args }"), "Return");
}

#[test]
fn an_entry_may_continue_from_the_last_value() {
    let core = core();
    let first = Session::default();
    let options = Options { core: &core, session: Some(&first), value: true, ..Options::default() };
    let errors = compile("|> len", "1", &options).expect_err("there is no value yet");
    assert_eq!(errors[0].message, "there is no last value to continue from");
    assert_eq!(errors[0].span().range(), 0..2);
    let one = compile("[1, 2]", "1", &options).expect("it compiles");
    let options = Options { session: Some(&one.session), ..options };
    let source = "  # how many\n  *> ^{ it }\n  |> len\nx = _";
    assert!(compile(source, "2", &options).is_ok());
    let errors = compile("|> lne", "3", &options).expect_err("nothing has that name");
    assert!(errors.iter().any(|e| e.span().range() == (3..6)), "{errors:?}");
    assert!(compile("|> len", "4", &Options { session: None, ..options }).is_err(), "scripts begin with a statement");
}
