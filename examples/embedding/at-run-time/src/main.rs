//! A host that compiles a script while it runs, and lets it do no harm: it may take
//! 16 MiB and one second, and reaches nothing but what is registered here.
//!
//!     at-run-time SCRIPT
#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::fs;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use weave_compiler::{Mode, Options, compile};
use weave_vm::{Handle, IntoValue, Limits, Raise, Reason, RuntimeError, Scope, Value, Vm};

/// A line of an order, as the host has it.
struct Item {
    article: &'static str,
    units: i64,
    price: f64,
}

/// And as a script sees it.
impl IntoValue for &Item {
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        let item = scope.container(3)?;
        let article = scope.text(self.article)?;
        scope.put_text(item, "article", article)?;
        scope.put_text(item, "units", Value::int(self.units))?;
        scope.put_text(item, "price", Value::float(self.price))?;
        Ok(item.value())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: at-run-time SCRIPT")?;
    let source = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;

    let mut vm = Vm::new();
    vm.set_output(Box::new(io::stdout()));
    vm.set_limits(Limits { memory: 16 << 20, ..Limits::default() });
    vm.define("stock", ["article"], |article: &str| match article {
        "bolt" => Ok(10_000),
        "nut" => Ok(40),
        _ => Err(format!("there is no {article}")),
    })?;

    // A module keeps every top-level name, so that the host can ask for them.
    let core = vm.signatures();
    let options = Options { core: &core, mode: Mode::Module, ..Options::default() };
    let compiled = compile(&source, &path, &options).map_err(|errors| {
        let lines = |at: u32| 1 + source[..at as usize].matches('\n').count();
        let said = errors.iter().map(|e| format!("{path}:{}: {}", lines(e.span().start), e.message));
        said.collect::<Vec<_>>().join("\n")
    })?;
    let program = vm.load(&Arc::new(compiled.chunk), None)?;
    within(&mut vm, Duration::from_secs(1), |vm| vm.run(program)).map_err(|error| described(&error))?;

    let total: Handle = vm.global(program, "total")?;
    let orders = [
        vec![Item { article: "bolt", units: 200, price: 0.1 }, Item { article: "nut", units: 5, price: 0.05 }],
        vec![Item { article: "nut", units: 50, price: 0.05 }],
        vec![],
    ];
    for (i, order) in orders.iter().enumerate() {
        let items: Vec<&Item> = order.iter().collect();
        match within(&mut vm, Duration::from_secs(1), |vm| vm.call::<i64>(&total, (items,))) {
            Ok(cents) => println!("order {i}: {}.{:02}", cents / 100, cents % 100),
            Err(error) => println!("order {i}: {}", described(&error)),
        }
    }
    Ok(())
}

/// Runs something of the machine for so long at most.
fn within<T>(
    vm: &mut Vm,
    time: Duration,
    run: impl FnOnce(&mut Vm) -> Result<T, Box<RuntimeError>>,
) -> Result<T, Box<RuntimeError>> {
    let interrupt = vm.interrupt();
    let (done, wait) = mpsc::channel::<()>();
    let timer = thread::spawn(move || {
        // The run ends first, or it is asked to stop.
        if wait.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
            interrupt.set(Reason::Timeout);
        }
    });
    let result = run(vm);
    drop(done);
    // Whatever the timer did is over before the next run begins.
    let _ = timer.join();
    result
}

/// An error with its place, on one line.
fn described(error: &RuntimeError) -> String {
    let place = error.place.as_ref().map(|p| format!("{}:{}: ", p.chunk.name, p.line())).unwrap_or_default();
    format!("{place}{} (:{})", error.message, error.kind.name())
}
