//! Sessions, as the REPL has them: entries that are compiled one after the
//! other and share names, slots and one machine.
#![forbid(unsafe_code)]

use std::sync::Arc;
use weave_compiler::{Options, Session, compile};
use weave_vm::{SlotMap, Vm};

/// A session and what it says to each entry: the value, or the error's words.
#[derive(Default)]
struct Repl {
    vm: Vm,
    slots: SlotMap,
    known: Session,
}

impl Repl {
    fn enter(&mut self, entry: &str) -> String {
        let core = self.vm.signatures();
        let options = Options { core: &core, session: Some(&self.known), value: true, ..Options::default() };
        let compiled = match compile(entry, "<entry>", &options) {
            Ok(compiled) => compiled,
            Err(errors) => return format!("compile error: {}", errors[0].message),
        };
        self.known = compiled.session;
        let program = self.vm.load(&Arc::new(compiled.chunk), Some(&mut self.slots));
        match program.and_then(|program| self.vm.run(program)) {
            Ok(()) => self.vm.enter(|scope| scope.quoted(scope.last())),
            Err(error) => format!("error: {}", error.message),
        }
    }

    fn says(&mut self, entry: &str, words: &str) {
        let said = self.enter(entry);
        // Of an error's wording, a part is enough.
        let fits = match words.strip_prefix("error: ") {
            Some(part) => said.starts_with("error: ") && said.contains(part),
            None => said == words,
        };
        assert!(fits, "`{entry}` gives `{said}`, not `{words}`");
    }
}

#[test]
fn names_live_on() {
    let mut repl = Repl::default();
    repl.says("x = 2", "2");
    repl.says("y = x + 1; x", "2");
    repl.says("x += y", "5");
    repl.says("[a, b] = [x, y]; a - b", "2");
    repl.says("a + b", "8");
}

#[test]
fn redefinition_takes_effect_everywhere() {
    let mut repl = Repl::default();
    repl.enter("fn one() { 1 }");
    repl.enter("fn two() { one() + one() }");
    repl.says("two()", "2");
    repl.enter("fn one() { 10 }");
    repl.says("two()", "20");
    repl.enter("one = ^() { 5 }");
    repl.says("two()", "10");
    repl.enter("let one = ^() { 6 }");
    repl.says("two()", "12");
}

#[test]
fn a_function_may_mention_what_comes_later() {
    let mut repl = Repl::default();
    repl.enter("fn even(n) { if n == 0 { true } else { odd(n - 1) } }");
    repl.says("even(3)", "error: `odd` has no value yet");
    repl.enter("fn odd(n) { if n == 0 { false } else { even(n - 1) } }");
    repl.says("even(10)", "true");
    repl.says("nowhere", "compile error: nothing here is named `nowhere`");
}

#[test]
fn let_in_a_later_entry_is_the_same_name() {
    let mut repl = Repl::default();
    repl.enter("let x = 1");
    repl.enter("fn read() { x }");
    repl.enter("let x = 2");
    repl.says("read()", "2");
    repl.says("{ let x = 3; x }", "3");
    repl.says("x", "2");
    repl.says("f = ^(x) { x }; f(9)", "9");
    repl.says("x", "2");
}

#[test]
fn an_error_leaves_the_session_intact() {
    let mut repl = Repl::default();
    repl.enter("x = 1");
    repl.says("x = 2; 1 // 0; x = 3", "error: division");
    repl.says("x", "2");
    repl.says("y = 1 +", "compile error: expected an expression, found the end of the source");
    repl.says("fn g() { z }; z = nil + 1", "error: nil");
    repl.says("g()", "error: `z` has no value yet");
    repl.says("z = 4; g()", "4");
    repl.says("x", "2");
}

#[test]
fn an_entry_continues_from_the_last_value() {
    let mut repl = Repl::default();
    repl.says("|> len", "compile error: there is no last value to continue from");
    repl.says("[3, 1, 2]", "[3, 1, 2]");
    repl.says("|> sort", "[1, 2, 3]");
    repl.says("*> ^{ it * 2 }\n  ?> ^{ it > 2 }", "[4, 6]");
    repl.says("nil", "nil");
    repl.says("&> ^(a, b) { a + b }", "10");
    repl.says("1 // 0", "error: division");
    repl.says("|> nowhere", "compile error: nothing here is named `nowhere`");
    repl.says("|> ^{ it + 1 }", "11");
    repl.says("_ + _", "22");
}

#[test]
fn the_last_value_stays_out_of_functions_of_its_own() {
    let mut repl = Repl::default();
    repl.enter("fn twice() { _ + _ }");
    repl.says("21", "21");
    repl.says("twice()", "42");
    repl.says("twice()", "84");
}

#[test]
fn methods_find_functions_of_earlier_entries() {
    let mut repl = Repl::default();
    repl.enter("fn shout(s) { upper(s) + \"!\" }");
    repl.says("\"hi\".shout()", "\"HI!\"");
    repl.enter("shout = 3");
    repl.enter("fn shout(s) { s + \"?\" }");
    repl.says("\"hi\".shout()", "\"hi?\"");
}

#[test]
fn redefinition_reaches_closures_that_were_made_before() {
    let mut repl = Repl::default();
    repl.enter("fn rate() { 2 }");
    repl.enter("fn scaler(x) { ^() { x * rate() } }");
    repl.enter("five = scaler(5)");
    repl.says("five()", "10");
    repl.enter("fn rate() { 3 }");
    repl.says("five()", "15");
    repl.enter("rate = ^() { 4 }");
    repl.says("five()", "20");
    repl.enter("rate = 7");
    repl.says("five()", "error: int");
    repl.enter("fn rate() { 1 }");
    repl.says("five()", "5");
}

#[test]
fn redefinition_may_take_other_arguments() {
    let mut repl = Repl::default();
    repl.enter("fn add(a, b) { a + b }");
    repl.enter("fn use_it(x) { add(x, 1) }");
    repl.says("use_it(1)", "2");
    repl.enter("fn add(a, b, c) { a + b + c }");
    repl.says("use_it(1)", "error: c");
    repl.enter("fn add(a, b, c: 100) { a + b + c }");
    repl.says("use_it(1)", "102");
    repl.enter("fn add(*all) { len(all) }");
    repl.says("use_it(1)", "2");
    repl.enter("fn add(b, a) { b - a }");
    repl.says("use_it(1)", "0");
}

#[test]
fn redefinition_inside_a_running_entry() {
    let mut repl = Repl::default();
    repl.enter("fn f() { 1 }");
    repl.enter("fn call() { f() }");
    repl.says("a = call(); f = ^() { 2 }; [a, call(), f()]", "[1, 2, 2]");
    repl.says("fn f() { 3 }; [call(), f()]", "[3, 3]");
    repl.says("for i in 0..3 { f = ^() { i * 10 } }; call()", "20");
    repl.says("[1, 2] *> ^(x) { f = ^() { x }; call() }", "[1, 2]");
}

#[test]
fn redefinition_that_fails_leaves_the_old_function() {
    let mut repl = Repl::default();
    repl.enter("fn f() { \"old\" }");
    repl.enter("fn call() { f() }");
    assert!(repl.enter("fn f() { \"new\" } nonsense )").starts_with("compile error: "));
    repl.says("call()", "\"old\"");
    repl.says("f = 1 // 0", "error: division");
    repl.says("call()", "\"old\"");
}

#[test]
fn mutual_recursion_is_redefined_half_by_half() {
    let mut repl = Repl::default();
    repl.enter(
        "fn even(n) { if n == 0 { true } else { odd(n - 1) } }; fn odd(n) { if n == 0 { false } else { even(n - 1) } }",
    );
    repl.says("even(7)", "false");
    repl.enter("fn odd(n) { \"odd {n}\" }");
    repl.says("[even(0), even(4)]", "[true, \"odd 3\"]");
    repl.enter("fn even(n) { odd(n) + \"!\" }");
    repl.says("even(4)", "\"odd 4!\"");
}

#[test]
fn closures_of_one_entry_share_a_variable_with_the_next() {
    let mut repl = Repl::default();
    repl.enter("n = 0");
    repl.enter("up = ^() { n += 1 }");
    repl.says("up(); up()", "2");
    repl.says("n = 10; up()", "11");
    repl.enter("fn make() { m = n; [up: ^() { m += n }, get: ^() { m }] }");
    repl.enter("a = make(); b = make()");
    repl.says("a.up(); n = 100; a.up(); b.up(); [a.get(), b.get(), n]", "[122, 111, 100]");
    repl.says("let n = 1; a.up()", "123");
}
