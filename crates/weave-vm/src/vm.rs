//! The machine as an embedder sees it, and what it consists of.

use crate::error::{ErrorKind, Raise, RuntimeError};
use crate::frame::{Frame, Region};
use crate::handle::Handles;
use crate::heap::Heap;
use crate::interp::dispatch::{self, Handlers};
use crate::interp::named::Plan;
use crate::interp::stage;
use crate::limits::{Interrupt, Limits};
use crate::load::Module;
use crate::native::{Native, Registered, Run};
use crate::object::keys::KeysRef;
use crate::scope::Scope;
use crate::value::Raw;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use weave_bytecode::chunk::Chunk;
use weave_bytecode::ops::Op;
use weave_bytecode::signature::Signature;

static HALT: [u64; 1] = [Op::Halt as u64];
static NATIVE: [u64; 1] = [Op::NativeStep as u64];

/// Code that leaves the loop.
pub(crate) fn halt_code() -> *const u64 {
    HALT.as_ptr()
}

/// Code that runs a native's next step.
pub(crate) fn native_code() -> *const u64 {
    NATIVE.as_ptr()
}

/// A machine with its heap, its stack and what the host registered. It is where a host
/// begins; the [crate](crate) opens with a whole one.
///
/// Machines share nothing. One may move to another thread between two runs.
///
/// ```
/// use weave_vm::{Handle, Raise, Vm};
///
/// let mut vm = Vm::new();
/// let kept = vm.enter(|scope| Ok::<Handle, Raise>({
///     let v = scope.text("moves along with its machine")?;
///     scope.keep(v)
/// }))?;
/// let there = std::thread::spawn(move || {
///     vm.enter(|scope| scope.value(&kept).map(|v| scope.display(v)))
/// });
/// assert_eq!(there.join().unwrap()?, "moves along with its machine");
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[repr(C)]
pub struct Vm {
    // What handlers read and write comes first.
    pub(crate) fuel: i64,
    /// The last place where the window of a plain call may begin.
    pub(crate) stack_limit: *mut Raw,
    pub(crate) frame_top: *mut Frame,
    pub(crate) frame_limit: *mut Frame,
    pub(crate) slots: *mut Raw,
    pub(crate) handlers: Handlers,
    pub(crate) cur: Frame,
    /// End of the initialised part of the stack.
    pub(crate) stack_ready: *mut Raw,
    pub(crate) heap: Heap,
    pub(crate) stack: Region<Raw>,
    pub(crate) frames: Region<Frame>,
    pub(crate) slot_values: Vec<Raw>,
    pub(crate) slot_names: Vec<Box<str>>,
    pub(crate) modules: Vec<Module>,
    /// Shapes of the container literals of all loaded code, by the number that
    /// loading wrote into the instruction, less one.
    pub(crate) literal_shapes: Vec<KeysRef>,
    /// How the arguments of calls with names are bound; call instructions name them by
    /// number, less one.
    pub(crate) plans: Vec<Plan>,
    pub(crate) natives: Vec<Registered>,
    /// Natives that run the stages of streams, by stage.
    pub(crate) stages: Vec<usize>,
    /// The native that pulls a sequence for the host.
    pub(crate) next_native: usize,
    pub(crate) limits: Limits,
    pub(crate) steps: u64,
    pub(crate) granted: i64,
    pub(crate) work: usize,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) outcome: Option<RuntimeError>,
    /// The data of an error between its raising and its handler: a root.
    pub(crate) data: Raw,
    /// Sources whose last item is in use, the innermost last: roots.
    pub(crate) reading: Vec<Raw>,
    /// The part that `in` looked for in a text last, prepared.
    pub(crate) needle: Option<Box<memchr::memmem::Finder<'static>>>,
    /// Values that natives keep for the whole life of the machine: roots.
    pub(crate) lasting: Vec<(&'static str, Raw)>,
    /// Values that Rust code keeps: roots.
    pub(crate) handles: Handles,
    pub(crate) force_match: bool,
    /// Whether loading fuses instructions.
    pub(crate) fuses: bool,
    out: Box<dyn Write + Send>,
    pub(crate) last: Raw,
    /// Its number in this process: programs and sessions name their machine.
    pub(crate) number: u64,
    #[cfg(feature = "profile")]
    pub(crate) profiler: Option<Box<crate::profile::Profiler>>,
}

/// A number that no machine of this process had before.
fn new_machine() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

// SAFETY: a machine owns everything that its pointers lead to: the blocks of
// its heap, its two stacks, and the code of its modules; nothing else keeps a
// pointer into them, and the values that natives and hosts see can't leave their scope.
// What it holds besides is `Send`, which is checked below. The pointers are used
// through `&mut Vm`, or read through `&Vm`, which is not shared between threads
// since the machine is not `Sync`.
unsafe impl Send for Vm {}

const fn is_send<T: Send + ?Sized>() {}
const fn is_shared<T: Send + Sync + ?Sized>() {}
const _: () = {
    is_send::<Box<dyn Write + Send>>();
    is_send::<Box<dyn crate::object::host::HostObject>>();
    is_send::<RuntimeError>();
    is_send::<Native>();
    is_shared::<Arc<Interrupt>>();
    is_shared::<Arc<Chunk>>();
    is_shared::<Arc<crate::native::HostFn>>();
    is_shared::<Arc<crate::native::HostStepsFn>>();
    is_shared::<crate::handle::Handle>();
};

impl Default for Vm {
    fn default() -> Vm {
        Vm::new()
    }
}

impl Vm {
    /// A machine with the core functions. It can reach nothing outside itself;
    /// its output is thrown away until [`Vm::set_output`].
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let vm = Vm::new();
    /// let has = |name: &str| vm.signatures().iter().any(|s| &*s.name == name);
    /// assert!(has("print") && has("sort"));
    /// assert!(!has("read") && !has("exec"), "what leads outside is registered by the host");
    /// ```
    pub fn new() -> Vm {
        let interrupt = Arc::new(Interrupt::default());
        let mut vm = Vm {
            fuel: 0,
            stack_limit: std::ptr::null_mut(),
            frame_top: std::ptr::null_mut(),
            frame_limit: std::ptr::null_mut(),
            slots: std::ptr::null_mut(),
            handlers: dispatch::PLAIN,
            stack_ready: std::ptr::null_mut(),
            cur: Frame { ip: halt_code(), base: std::ptr::null_mut(), cl: std::ptr::null_mut() },
            heap: Heap::new(Arc::clone(&interrupt)),
            stack: Region::new(),
            frames: Region::new(),
            slot_values: Vec::new(),
            slot_names: Vec::new(),
            modules: Vec::new(),
            literal_shapes: Vec::new(),
            plans: Vec::new(),
            natives: Vec::new(),
            stages: Vec::new(),
            next_native: 0,
            limits: Limits::default(),
            steps: 0,
            granted: 0,
            work: 0,
            interrupt,
            outcome: None,
            data: Raw::NIL,
            reading: Vec::new(),
            needle: None,
            lasting: Vec::new(),
            handles: Handles::default(),
            force_match: false,
            fuses: true,
            out: Box::new(std::io::sink()),
            last: Raw::NIL,
            number: new_machine(),
            #[cfg(feature = "profile")]
            profiler: None,
        };
        for native in stage::natives() {
            let index = vm.register(native);
            vm.stages.push(index);
        }
        vm.next_native = vm.register(crate::items::native());
        for native in crate::natives::all() {
            let index = vm.register(native);
            vm.natives[index].core = true;
        }
        vm.alias("puts", "print");
        vm
    }

    /// Makes a native function known to programs that are loaded afterwards. A
    /// later one of the same name replaces an earlier one for them.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| Ok(Value::int(step.count() as i64)));
    /// vm.register(Native { name: "count_all", parameters: "*values", about: "how many", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("count_all(1, 2, 3)", &vm.signatures());
    /// // The program `count_all(1, 2, 3)`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 3);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn register(&mut self, native: Native) -> usize {
        self.register_as(native.signature(), native.about, native.examples, native.run)
    }

    pub(crate) fn register_as(
        &mut self,
        signature: Signature,
        about: &'static str,
        examples: &'static [&'static str],
        run: Run,
    ) -> usize {
        let rest = signature.parameters.last().is_some_and(|p| p.rest);
        let fixed = (signature.parameters.len() - usize::from(rest)) as u16;
        let known = self.natives.iter().position(|n| n.signature.name == signature.name);
        let index = known.unwrap_or(self.natives.len());
        let value = match known {
            Some(i) => self.natives[i].value,
            None => self.heap.native(index as u32),
        };
        let plain = if rest { u32::MAX } else { u32::from(fixed) };
        let entry = Registered { signature, fixed, rest, plain, about, examples, run, value, core: false };
        match known {
            Some(i) => self.natives[i] = entry,
            None => self.natives.push(entry),
        }
        index
    }

    /// Makes one name of a registered function another name of the same function.
    fn alias(&mut self, name: &str, of: &str) {
        let find = |name: &str| self.natives.iter().position(|n| &*n.signature.name == name);
        if let (Some(name), Some(of)) = (find(name), find(of)) {
            self.natives[name].value = self.natives[of].value;
        }
    }

    /// Signatures of everything registered, for the compiler.
    ///
    /// ```
    /// let vm = weave_vm::Vm::new();
    /// assert!(vm.signatures().iter().any(|s| &*s.name == "sort"));
    /// ```
    pub fn signatures(&self) -> Vec<Signature> {
        self.visible().map(|n| n.signature.clone()).collect()
    }

    /// Name, signature, one line and examples of everything registered, for
    /// reference pages and help.
    ///
    /// ```
    /// let vm = weave_vm::Vm::new();
    /// let (signature, about, examples) = vm.catalogue().into_iter().find(|row| &*row.0.name == "mean").unwrap();
    /// assert_eq!(&*signature.parameters[0].name, "xs");
    /// assert!(about.contains("arithmetic mean"));
    /// assert!(examples[0].contains("# =>"));
    /// ```
    pub fn catalogue(&self) -> Vec<(Signature, &'static str, &'static [&'static str])> {
        self.visible().map(|n| (n.signature.clone(), n.about, n.examples)).collect()
    }

    fn visible(&self) -> impl Iterator<Item = &Registered> {
        self.natives.iter().filter(|n| !n.signature.name.starts_with('<'))
    }

    /// Where `print` writes.
    ///
    /// ```
    /// let mut vm = weave_vm::Vm::new();
    /// vm.set_output(Box::new(std::io::stdout()));
    /// ```
    pub fn set_output(&mut self, out: Box<dyn Write + Send>) {
        self.out = out;
    }

    pub(crate) fn write_out(&mut self, text: &[u8]) -> Result<(), Raise> {
        self.out.write_all(text).map_err(output_error)
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// `:io` where the writer fails.
    ///
    /// ```
    /// use std::io::BufWriter;
    ///
    /// let mut vm = weave_vm::Vm::new();
    /// vm.set_output(Box::new(BufWriter::new(std::io::stdout())));
    /// # let chunk = weave_compiler::chunk_of("print(\"done\")", &vm.signatures());
    /// // The program `print("done")`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// // Nothing may have been written yet.
    /// vm.flush_out()?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn flush_out(&mut self) -> Result<(), Raise> {
        self.out.flush().map_err(output_error)
    }

    /// Lets `f` make values, look into them and keep them. The values live until `f`
    /// returns, and nothing is collected meanwhile.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let shown: String = vm.enter(|scope| {
    ///     let pair = scope.container(2)?;
    ///     scope.push(pair, Value::int(1))?;
    ///     scope.push(pair, Value::nil())?;
    ///     Ok::<_, Raise>(scope.display(pair.value()))
    /// })?;
    /// assert_eq!(shown, "[1, nil]");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn enter<R>(&mut self, f: impl for<'s> FnOnce(&mut Scope<'s>) -> R) -> R {
        self.collect_if_due();
        f(&mut Scope::new(self))
    }
}

fn output_error(e: std::io::Error) -> Raise {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        // The reader is gone: nothing is left to say to it.
        return Raise::new(ErrorKind::Exit(141), "the reader closed the output");
    }
    Raise::new(ErrorKind::Io, format!("can't write the output: {e}"))
}
