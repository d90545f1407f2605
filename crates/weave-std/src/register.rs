//! Everything that a machine gets.

use crate::access::{Access, SANDBOX};
use crate::{env, file, glob, pattern, read, shell, write};
use weave_vm::Vm;

/// Natives without parameters that stand for a value: the compiler makes a bare
/// mention of one a call, so that `args[0]` and `env.HOME` read as they do.
pub const VALUES: &[&str] = &["args", "env", "stdin", "stdout", "stderr", "input"];

/// Gives a machine files, formats, processes and the environment. Programs that
/// are loaded afterwards find them. What imports files is registered by the host,
/// which has the compiler: see [`crate::import`].
pub fn register(vm: &mut Vm, access: Access) {
    vm.set_flag(SANDBOX, access.sandbox);
    let shell = if access.sandbox { shell::forbidden() } else { shell::natives() };
    let natives = [
        read::natives(),
        write::natives(),
        file::natives(),
        glob::natives(),
        pattern::natives(),
        env::natives(access.args),
        shell,
    ];
    for native in natives.into_iter().flatten() {
        vm.register(native);
    }
}
