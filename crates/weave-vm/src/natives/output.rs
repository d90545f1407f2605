//! `print` and `puts`.

use crate::display::write_display;
use crate::error::Raise;
use crate::native::{Native, Run, Step, Value};

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
    let mut line = String::new();
    for i in 0..step.count() {
        if i > 0 {
            line.push(' ');
        }
        write_display(step.vm, step.arg(i).raw, &mut line);
    }
    line.push('\n');
    step.write(line.as_bytes())?;
    step.poll(line.len() / 8)?;
    Ok(Value::nil())
}
