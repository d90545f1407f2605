//! Everything that a machine gets.

use crate::access::{Access, Outside, Sandbox};
use crate::{env, file, glob, pattern, read, shell, write};
use weave_vm::Vm;

/// Natives without parameters that stand for a value: the compiler makes a bare
/// mention of one a call, so that `args[0]` and `env.HOME` read as they do.
pub const VALUES: &[&str] = &["args", "env", "stdin", "stdout", "stderr", "input"];

/// Gives a machine files, formats, processes and the environment. Programs that
/// are loaded afterwards find them. In a sandbox it gets functions of the same names that
/// refuse to reach outside. What imports files is registered by the host,
/// which has the compiler: see [`crate::import`].
pub fn register(vm: &mut Vm, access: Access) {
    let sandbox = access.sandbox;
    let natives = [
        if sandbox { read::natives::<Sandbox>() } else { read::natives::<Outside>() },
        if sandbox { write::natives::<Sandbox>() } else { write::natives::<Outside>() },
        file::natives(sandbox),
        glob::natives(sandbox),
        pattern::natives(),
        env::natives(access.args, sandbox),
        if sandbox { shell::forbidden() } else { shell::natives() },
    ];
    for native in natives.into_iter().flatten() {
        vm.register(native);
    }
}
