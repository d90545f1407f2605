//! Everything that a machine gets.

use crate::access::{Access, SANDBOX};
use crate::{env, file, glob, pattern, read, write};
use weave_vm::Vm;

/// Functions without parameters that stand for values: a program writes their
/// names without parentheses.
pub const VALUES: &[&str] = &["args", "env", "stdin", "stdout", "stderr", "input"];

/// Gives a machine files, formats and the environment. Programs that are loaded
/// afterwards find them.
pub fn register(vm: &mut Vm, access: Access) {
    vm.set_flag(SANDBOX, access.sandbox);
    let natives = [
        read::natives(),
        write::natives(),
        file::natives(),
        glob::natives(),
        pattern::natives(),
        env::natives(access.args),
    ];
    for native in natives.into_iter().flatten() {
        vm.register(native);
    }
}
