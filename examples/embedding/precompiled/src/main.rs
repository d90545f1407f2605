//! A host that runs a chunk that was compiled elsewhere, with the machine alone: there is
//! no compiler in this program. The chunk may come from anybody; it is verified before
//! it runs, and limited while it does.
//!
//!     weave-example-precompiled FILE.wvb
//!
//! The file is made where there is a compiler, which must know what this host provides and
//! that it looks for names:
//!
//!     weave compile --module --host 'stock(article)' ../prices.wv -o prices.wvb
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs;
use weave_vm::{Handle, Limits, Vm};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: weave-example-precompiled FILE.wvb")?;
    let bytes = fs::read(&path).map_err(|error| format!("{path}: {error}"))?;

    let mut vm = Vm::new();
    vm.set_limits(Limits { memory: 16 << 20, steps: 1_000_000, ..Limits::default() });
    // A chunk that needs more than this is refused when it is loaded.
    vm.define("stock", ["article"], |article: &str| if article == "bolt" { 10_000 } else { 40 })?;

    let program = vm.load_file(&bytes).map_err(|error| format!("{path}: {error}"))?;
    vm.run(program)?;
    let total: Handle = vm.global(program, "total")?;

    for (units, price) in [(10, 0.1), (200, 0.1), (50_000, 0.1)] {
        let item = vm.enter(|scope| {
            let item = scope.container(3)?;
            let article = scope.text("bolt")?;
            scope.put_text(item, "article", article)?;
            scope.put_text(item, "units", weave_vm::Value::int(units))?;
            scope.put_text(item, "price", weave_vm::Value::float(price))?;
            Ok::<_, weave_vm::Raise>(scope.keep(item.value()))
        })?;
        match vm.call::<i64>(&total, (vec![&item],)) {
            Ok(cents) => println!("{units} bolts cost {cents} cents"),
            Err(error) => println!("{units} bolts: {error}"),
        }
    }

    // What the script keeps may be read as Rust types too.
    let rates: BTreeMap<String, f64> = vm.global(program, "rates")?;
    println!("VAT is {} %", rates.get("vat").copied().unwrap_or_default() * 100.0);
    Ok(())
}
