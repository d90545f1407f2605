//! What resolution decides, seen through a small listing: `name=storage` for
//! each binding in the order of declaration, or the errors.

use super::{Environment, Mode, Slot, Storage, resolve};
use crate::parser::parse;
use crate::symbols::Names;
use weave_bytecode::signature::{Parameter, Signature};

fn core() -> Vec<Signature> {
    let parameter = |name: &str, optional, rest| Parameter { name: name.into(), optional, rest };
    vec![
        Signature { name: "print".into(), parameters: vec![parameter("values", false, true)] },
        Signature { name: "len".into(), parameters: vec![parameter("x", false, false)] },
        Signature {
            name: "pad".into(),
            parameters: vec![
                parameter("text", false, false),
                parameter("width", false, false),
                parameter("fill", true, false),
            ],
        },
    ]
}

fn run(source: &str, slots: &[Slot], mode: Mode) -> Result<String, Vec<String>> {
    let mut names = Names::default();
    let parsed = parse(source, &mut names);
    assert_eq!(parsed.errors, [], "the source parses");
    let core = core();
    let (resolution, errors) = resolve(&parsed.tree, &names, Environment { core: &core, values: &[], slots, mode });
    if !errors.is_empty() {
        return Err(errors.into_iter().map(|e| e.message).collect());
    }
    let list = resolution.bindings.iter().map(|b| {
        let storage = match b.storage {
            Storage::Register => "register",
            Storage::Cell => "cell",
            Storage::Slot(_) => "slot",
        };
        let check = if b.maybe_unset { "?" } else { "" };
        format!("{}={storage}{check}", names.text(b.name))
    });
    Ok(list.collect::<Vec<_>>().join(" "))
}

fn bindings(source: &str) -> String {
    run(source, &[], Mode::Script).expect("it resolves")
}

fn errors(source: &str) -> Vec<String> {
    run(source, &[], Mode::Script).expect_err("it does not resolve")
}

#[test]
fn names_of_the_top_level_that_no_function_uses_are_registers() {
    assert_eq!(bindings("x = 1\nlet y = x"), "x=register y=register");
    assert_eq!(bindings("x = 1\nf = ^{ x }"), "x=slot it=register f=register");
}

#[test]
fn a_captured_variable_that_is_never_reassigned_is_copied() {
    assert_eq!(bindings("fn f(a) { let b = a\n ^{ a + b } }"), "f=register a=register b=register it=register");
    assert_eq!(bindings("fn f() { x = 1\n x = 2\n ^{ x } }"), "f=register x=register it=register");
}

#[test]
fn one_that_changes_after_capture_lives_in_a_cell() {
    assert_eq!(bindings("fn f() { x = 1\n g = ^{ x }\n x = 2\n g }"), "f=register x=cell it=register g=register");
    assert_eq!(bindings("fn f() { x = 1\n ^{ x = 2 } }"), "f=register x=cell it=register");
}

#[test]
fn a_loop_reassigns_what_it_declares_outside_a_let() {
    let source = "fn f(c) { while c { x = 1\n c << ^{ x } } }";
    assert_eq!(bindings(source), "f=register c=register x=cell it=register");
    let source = "fn f(c) { while c { let x = 1\n c << ^{ x } } }";
    assert_eq!(bindings(source), "f=register c=register x=register it=register");
    let source = "fn f(c) { for i in c { c << ^{ i } } }";
    assert_eq!(bindings(source), "f=register c=register i=register it=register");
}

#[test]
fn a_variable_without_a_value_at_capture_is_a_cell() {
    let source = "fn f(c) { if c { x = 1 }\n ^{ x } }";
    assert_eq!(bindings(source), "f=register c=register x=cell? it=register");
}

#[test]
fn a_local_function_is_handed_to_itself() {
    let source = "fn f() { fn g(n) { g(n - 1) }\n g }";
    assert_eq!(bindings(source), "f=register g=register n=register");
}

#[test]
fn functions_that_need_each_other_share_cells() {
    let source = "fn f() { fn a() { b() }\n fn b() { a() }\n a }";
    assert_eq!(bindings(source), "f=register a=register b=cell?");
}

#[test]
fn both_branches_prove_a_value() {
    assert_eq!(bindings("c = 1\nif c { x = 1 } else { x = 2 }\nprint(x)"), "c=register x=register");
    assert_eq!(bindings("c = 1\nif c { x = 1 }\nprint(x)"), "c=register x=register?");
    let source = "fn f(c) { if c { x = 1 } else { return 0 }\n x }";
    assert_eq!(bindings(source), "f=register c=register x=register");
    assert_eq!(bindings("while true { x = 1\n break }\nprint(x)"), "x=register");
    assert_eq!(bindings("c = 1\nwhile c { x = 1 }\nprint(x)"), "c=register x=register?");
    assert_eq!(bindings("try { x = 1 } catch e { print(e) }\nprint(x)"), "x=register? e=register");
}

#[test]
fn a_function_may_read_what_the_top_level_assigns_later() {
    assert_eq!(bindings("fn f() { x }\nx = 1\nf()"), "f=register x=slot?");
    assert_eq!(bindings("f = ^(n) { f(n) }"), "n=register f=slot?");
    assert_eq!(bindings("fn f() { x }\nlet x = 1"), "f=register x=slot?");
}

#[test]
fn a_name_that_a_function_assigns_is_its_own() {
    assert_eq!(bindings("fn f() { x = 1\n x }\nx = 2"), "f=register x=register x=register");
    assert_eq!(bindings("x = 2\nfn f() { x = 1\n x }"), "f=register x=slot");
    assert_eq!(errors("fn f() { print(x)\n x = 1 }\nx = 2"), ["`x` has no value here yet"]);
}

#[test]
fn reading_above_the_first_assignment_is_an_error() {
    assert_eq!(errors("print(x)\nx = 1"), ["`x` has no value here yet"]);
    assert_eq!(errors("c = 1\nwhile c { if c { print(y) }\n y = 1 }"), ["`y` has no value here yet"]);
    assert_eq!(errors("x += 1"), ["`x` has no value here yet"]);
}

#[test]
fn an_enclosing_functions_later_name_is_an_error() {
    let message = "`x` belongs to the function around this one, which assigns it further down";
    assert_eq!(errors("fn f() { g = ^{ x }\n x = 1\n g }"), [message]);
    assert_eq!(
        bindings("x = 1\nfn f() { g = ^{ x }\n let x = 2\n g }"),
        "f=register x=slot? it=register g=register x=register"
    );
}

#[test]
fn let_sees_the_outer_name_on_its_right() {
    assert_eq!(bindings("x = 1\nif x { let x = x + 1\n print(x) }"), "x=register x=register");
}

#[test]
fn unknown_names_come_with_a_suggestion() {
    assert_eq!(errors("total = 1\nprint(totla)"), ["nothing here is named `totla`"]);
    assert_eq!(errors("fn f() { pritn(1) }"), ["nothing here is named `pritn`"]);
}

#[test]
fn a_suggestion_knows_what_was_visible_at_the_read() {
    let mut names = Names::default();
    let parsed = parse("fn f(amount) { amuont }\nfn g() { totla }\ntotal = 1", &mut names);
    let (_, errors) = resolve(&parsed.tree, &names, Environment::default());
    let help: Vec<&str> = errors.iter().filter_map(|e| e.help.as_deref()).collect();
    assert_eq!(help, ["did you mean `amount`?", "did you mean `total`?"]);
}

#[test]
fn block_names_end_with_their_block() {
    assert_eq!(errors("if true { let x = 1 }\nprint(x)"), ["nothing here is named `x`"]);
    assert_eq!(errors("for i in [1] { }\nprint(i)"), ["nothing here is named `i`"]);
}

#[test]
fn known_functions_check_their_arguments() {
    assert_eq!(errors("fn f(a, b: 1) { a }\nf()"), ["too few arguments for `f(a, b: …)`: 0 given, `a` has none"]);
    assert_eq!(errors("fn f(a) { a }\nf(1, 2)"), ["too many arguments for `f(a)`: 2 given"]);
    assert_eq!(errors("fn f(a) { a }\nf(b: 2)"), ["`f(a)` has no parameter named `b`"]);
    assert_eq!(errors("len()"), ["too few arguments for `len(x)`: 0 given, `x` has none"]);
    assert_eq!(errors("fn f(a, a) { a }"), ["two parameters are named `a`"]);
    assert_eq!(errors("[1] *> pad"), ["too few arguments for `pad(text, width, fill: …)`: 1 given, `width` has none"]);
}

#[test]
fn reassigned_functions_are_not_known() {
    assert!(run("fn f(a) { a }\nf = ^{ 1 }\nf()", &[], Mode::Script).is_ok());
    assert!(run("fn f(a) { a }\nfn f() { 1 }\nf()", &[], Mode::Script).is_ok());
    assert!(run("len = ^(a, b) { a }\nlen(1, 2)", &[], Mode::Script).is_ok());
}

#[test]
fn a_session_keeps_every_name_in_a_slot() {
    let slots = [Slot { name: "x".into(), function: false }];
    assert_eq!(run("y = x", &slots, Mode::Session), Ok("x=slot? y=slot".into()));
    assert_eq!(run("fn f() { later }", &[], Mode::Session), Ok("f=slot later=slot".into()));
    assert_eq!(run("later", &[], Mode::Session), Err(vec!["nothing here is named `later`".into()]));
    assert_eq!(run("let x = 1\nlet x = 2", &slots, Mode::Session), Ok("x=slot".into()));
}
