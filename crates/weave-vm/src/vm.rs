//! The machine as an embedder sees it, and what it consists of.

use crate::error::{ErrorKind, Raise, RuntimeError};
use crate::frame::{Frame, Region};
use crate::handle::Handles;
use crate::heap::{Heap, Stats};
use crate::interp::dispatch::{self, Handlers};
use crate::interp::named::Plan;
use crate::interp::stage;
use crate::limits::{Interrupt, Limits};
use crate::load::Module;
use crate::native::{Native, Registered, Run};
use crate::object::keys::KeysRef;
use crate::scope::Scope;
use crate::value::Raw;
use std::collections::HashMap;
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

/// Top-level names of a session, in the machine's slots: what a REPL or a
/// module keeps between loads.
#[derive(Debug, Default, Clone)]
pub struct SlotMap {
    names: HashMap<Box<str>, u32>,
    /// The machine whose slots these are; 0 before the first load.
    machine: u64,
}

impl SlotMap {
    /// The names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|n| &**n)
    }

    pub(crate) fn slot(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    pub(crate) fn machine(&self) -> u64 {
        self.machine
    }
}

/// A loaded program of one machine.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub(crate) module: usize,
    pub(crate) machine: u64,
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
    pub fn flush_out(&mut self) -> Result<(), Raise> {
        self.out.flush().map_err(output_error)
    }

    /// Runs the `match` form of the interpreter's loop even where this build has
    /// the tail-call form. For tests.
    pub fn use_match_dispatch(&mut self, on: bool) {
        self.force_match = on;
    }

    /// Whether code that is loaded from now on gets its instructions fused, as it does
    /// at first. No program can tell, but for its speed. For tests and reports.
    pub fn fuse_instructions(&mut self, on: bool) {
        self.fuses = on;
    }

    /// Whether this build has the tail-call form of the loop.
    pub fn has_tail_dispatch() -> bool {
        dispatch::HAS_TAIL
    }

    /// Collects at every allocation, so that a missing root shows at once. For
    /// tests.
    pub fn stress_collector(&mut self, on: bool) {
        self.heap.stress = on;
    }

    /// Lets the n-th request for memory from now on fail as if the limit were
    /// reached, and those after it succeed again; `None` switches that off.
    /// Whether the one that was asked for before has failed. For tests of what a
    /// failure leaves behind.
    #[doc(hidden)]
    pub fn fail_memory_request(&mut self, n: Option<u64>) -> bool {
        let left = std::mem::replace(&mut self.heap.fail_after, n);
        left.is_some_and(|left| left > u64::MAX / 2)
    }

    /// Fixes the seed that every machine of this process hashes keys with, so that
    /// two runs do the very same; without effect once there is a machine. Data can
    /// then be crafted to collide: for counting instructions.
    #[doc(hidden)]
    pub fn fix_hash_seed(seed: u64) {
        crate::object::index::fix_seed(seed);
    }

    /// What the heap has done so far.
    pub fn heap_stats(&self) -> Stats {
        self.heap.stats()
    }

    /// Bytes held for programs now.
    pub fn bytes_held(&self) -> usize {
        self.heap.held()
    }

    /// Makes a chunk runnable. Its top-level names get slots of their own, or
    /// those of a session that knows them; new ones are added to it.
    ///
    /// # Errors
    /// `:data` where the chunk breaks a rule of the verifier, `:name` where it
    /// needs natives that are not registered, `:memory` at the limit.
    pub fn load(&mut self, chunk: &Arc<Chunk>, session: Option<&mut SlotMap>) -> Result<Program, Box<RuntimeError>> {
        refuse_unsound(chunk)?;
        if let Some(map) = &session
            && map.machine != 0
            && map.machine != self.number
        {
            return Err(another_machine("the session").into());
        }
        let slots: Vec<u32> = match session {
            Some(map) => {
                map.machine = self.number;
                let names = chunk.slots.iter();
                names.map(|name| *map.names.entry(name.clone()).or_insert_with(|| self.new_slot(name))).collect()
            }
            // Two variables of a program may share a name, but never a slot.
            None => chunk.slots.iter().map(|name| self.new_slot(name)).collect(),
        };
        Ok(self.load_module(chunk, slots)?)
    }

    /// Reads a chunk file, as `weave compile` writes it, and makes it runnable: as
    /// [`Vm::load`], for a program that was compiled elsewhere. Any bytes may be given:
    /// they are refused with a reason, or run within the machine's limits.
    ///
    /// # Errors
    /// `:data` where the bytes are no chunk, or the chunk breaks a rule of the verifier,
    /// `:name` where it needs natives that are not registered, `:memory` at the limit.
    ///
    /// ```
    /// # use weave_compiler::{Options, compile};
    /// use weave_vm::{ErrorKind, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let core = vm.signatures();
    /// # let options = Options { core: &core, value: true, ..Options::default() };
    /// # let chunk = compile("[1, 2, 3] |> sum", "sum.wv", &options).unwrap().chunk;
    /// # let bytes = weave_bytecode::serial::write(&chunk).unwrap();
    /// // The file of `[1, 2, 3] |> sum`.
    /// let program = vm.load_file(&bytes)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 6);
    /// assert_eq!(vm.load_file(&bytes[1..]).unwrap_err().kind, ErrorKind::Data);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn load_file(&mut self, bytes: &[u8]) -> Result<Program, Box<RuntimeError>> {
        let chunk = weave_bytecode::serial::read(bytes)
            .map_err(|error| Raise::new(ErrorKind::Data, error.to_string()).help(error.help()))?;
        self.load(&Arc::new(chunk), None)
    }

    pub(crate) fn new_slot(&mut self, name: &str) -> u32 {
        self.slot_values.push(Raw::UNSET);
        self.slot_names.push(name.into());
        self.slots = self.slot_values.as_mut_ptr();
        (self.slot_values.len() - 1) as u32
    }

    pub(crate) fn slot(&self, index: usize) -> Raw {
        // SAFETY: V-SLOT; through the same pointer as the handlers use.
        unsafe { *self.slots.add(index) }
    }

    /// Lets `f` make values, look into them and keep them. The values live until `f`
    /// returns, and nothing is collected meanwhile.
    pub fn enter<R>(&mut self, f: impl for<'s> FnOnce(&mut Scope<'s>) -> R) -> R {
        self.collect_if_due();
        f(&mut Scope::new(self))
    }
}

pub(crate) fn another_machine(what: &str) -> Raise {
    Raise::new(ErrorKind::Internal, format!("{what} belongs to another machine")).help("load it into this one")
}

/// The machine relies on the verifier's rules.
pub(crate) fn refuse_unsound(chunk: &Chunk) -> Result<(), Raise> {
    weave_bytecode::verify::verify(chunk)
        .map_err(|refusal| Raise::new(ErrorKind::Data, format!("the chunk is refused: {refusal}")))
}

fn output_error(e: std::io::Error) -> Raise {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        // The reader is gone: nothing is left to say to it.
        return Raise::new(ErrorKind::Exit(141), "the reader closed the output");
    }
    Raise::new(ErrorKind::Io, format!("can't write the output: {e}"))
}
