//! `print` and `puts`.

use crate::display::write_display;
use crate::error::Raise;
use crate::native::{Native, Run, Step, Value};
use crate::scratch::Scratch;
use crate::value::Raw;

pub(crate) fn natives() -> Vec<Native> {
    vec![
        Native {
            name: "print",
            parameters: "*values",
            about: "writes its arguments as text, separated by a space, and ends the line",
            examples: &["print(1, \"two\")  # => 1 two"],
            run: Run::Plain(print),
        },
        Native {
            name: "puts",
            parameters: "*values",
            about: "the same as print",
            examples: &["puts(:hello)  # => hello"],
            run: Run::Plain(print),
        },
    ]
}

fn print<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let values: Vec<Raw> = (0..step.count()).map(|i| step.arg(i).raw).collect();
    Scratch::with(step.vm, |scratch| {
        let mut line = String::new();
        for (i, &v) in values.iter().enumerate() {
            if i > 0 {
                line.push(' ');
            }
            write_display(scratch, v, &mut line, 0)?;
        }
        line.push('\n');
        scratch.vm.write_out(line.as_bytes())
    })?;
    Ok(Value::nil())
}
