//! The script's arguments, its environment, its end, and the clock.

use crate::access::{no_clock, no_environment};
use crate::declare::plain;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Native, Run, Step, Value};

pub(crate) fn natives(args: Vec<String>, sandbox: bool) -> Vec<Native> {
    vec![
        Native {
            name: "args",
            parameters: "",
            about: "a container of the script's arguments",
            examples: &["print(type(args))  # => container"],
            run: Run::Host(Arc::new(move |step| arguments(step, &args))),
        },
        plain(
            "env",
            "",
            "a container of the environment's variables",
            &["print(type(env))  # => container"],
            if sandbox { no_environment } else { environment },
        ),
        plain("exit", "code?", "ends the program; can't be caught", &["print(1); exit(); print(2)  # => 1"], exit),
        plain(
            "clock",
            "",
            "seconds since some fixed point, as a float",
            &["print(clock() <= clock())  # => true"],
            if sandbox { no_clock } else { clock },
        ),
    ]
}

/// The same container at each mention.
fn arguments<'s>(step: &mut Step<'s>, args: &[String]) -> Result<Value<'s>, Raise> {
    if let Some(known) = step.lasting("std.args") {
        return Ok(known);
    }
    let out = step.container(args.len())?;
    for arg in args {
        let text = step.text(arg)?;
        step.push(out, text)?;
    }
    step.make_lasting("std.args", out.value());
    Ok(out.value())
}

/// The same container at each mention. Variables that are no text are left out.
fn environment<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    if let Some(known) = step.lasting("std.env") {
        return Ok(known);
    }
    let out = step.container(0)?;
    for (name, value) in std::env::vars_os() {
        if let (Some(name), Some(value)) = (name.to_str(), value.to_str()) {
            let value = step.text(value)?;
            step.put_text(out, name, value)?;
        }
    }
    step.make_lasting("std.env", out.value());
    Ok(out.value())
}

fn exit<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let code = match step.given(0) {
        None => 0,
        Some(v) => v.as_int().ok_or_else(|| step.expected(0, "an int"))?,
    };
    match i32::try_from(code).ok().filter(|c| (0..=255).contains(c)) {
        Some(code) => Err(Raise::new(ErrorKind::Exit(code), format!("exit with code {code}"))),
        None => Err(Raise::new(ErrorKind::Value, format!("exit: code must lie between 0 and 255, not be {code}"))),
    }
}

fn clock<'s>(_: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    static START: OnceLock<Instant> = OnceLock::new();
    Ok(Value::float(START.get_or_init(Instant::now).elapsed().as_secs_f64()))
}
