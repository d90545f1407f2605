//! Runs a Luau program as its own `luau` command does with `-O2`: `luau FILE`, and
//! with native code `luau --codegen FILE`.

use mlua::{Compiler, Lua};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (native, path) = match &arguments[..] {
        [path] => (false, path),
        [option, path] if option == "--codegen" => (true, path),
        _ => {
            eprintln!("luau [--codegen] FILE");
            return ExitCode::from(2);
        }
    };
    match run(path, native) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str, native: bool) -> Result<(), String> {
    let source = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let lua = Lua::new();
    lua.enable_jit(native);
    lua.set_compiler(Compiler::new().set_optimization_level(2).set_debug_level(1));
    // Sandboxed, built-in functions are known not to change, as in the command.
    lua.sandbox(true).map_err(|error| error.to_string())?;
    lua.load(source).set_name(path).exec().map_err(|error| error.to_string())
}
