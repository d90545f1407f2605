//! Programs of a machine, and the sessions that they may share names in.

use crate::error::{ErrorKind, Raise, RuntimeError};
use crate::value::Raw;
use crate::vm::Vm;
use std::collections::HashMap;
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;

/// Top-level names of a session, in the machine's slots: what a REPL or a
/// module keeps between loads.
///
/// ```
/// use weave_vm::{SlotMap, Vm};
/// # use weave_compiler::{Mode, Options, compile};
///
/// let mut vm = Vm::new();
/// let mut session = SlotMap::default();
/// # let core = vm.signatures();
/// # let options = Options { core: &core, mode: Mode::Module, ..Options::default() };
/// # let chunk = std::sync::Arc::new(compile("rate = 0.19", "line 1", &options).unwrap().chunk);
/// // The first input of a session, `rate = 0.19`: later ones find the name.
/// let input = vm.load(&chunk, Some(&mut session))?;
/// vm.run(input)?;
/// vm.enter(|scope| -> Result<(), weave_vm::Raise> {
///     let rate = scope.session_value(&session, "rate")?;
///     assert_eq!(rate.and_then(|v| v.as_float()), Some(0.19));
///     Ok(())
/// })?;
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Debug, Default, Clone)]
pub struct SlotMap {
    names: HashMap<Box<str>, u32>,
    /// The machine whose slots these are; 0 before the first load.
    machine: u64,
}

impl SlotMap {
    /// The names, in no order.
    ///
    /// ```
    /// use weave_vm::{SlotMap, Vm};
    /// # use weave_compiler::{Mode, Options, compile};
    ///
    /// let mut vm = Vm::new();
    /// let mut session = SlotMap::default();
    /// # let options = Options { mode: Mode::Module, ..Options::default() };
    /// # let chunk = std::sync::Arc::new(compile("x = 1; y = 2", "line 1", &options).unwrap().chunk);
    /// // The input `x = 1; y = 2`.
    /// vm.load(&chunk, Some(&mut session))?;
    /// let mut names: Vec<&str> = session.names().collect();
    /// names.sort_unstable();
    /// assert_eq!(names, ["x", "y"]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
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
///
/// ```
/// use weave_vm::{Program, Vm};
///
/// let mut vm = Vm::new();
/// # let chunk = weave_compiler::chunk_of("1 + 1", &vm.signatures());
/// // The program `1 + 1`, loaded once and run again and again.
/// let program: Program = vm.load(&chunk, None)?;
/// for _ in 0..3 {
///     vm.run(program)?;
///     assert_eq!(vm.result::<i64>()?, 2);
/// }
/// // Another machine has programs of its own.
/// assert!(Vm::new().run(program).is_err());
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub(crate) module: usize,
    pub(crate) machine: u64,
}

impl Vm {
    /// Makes a chunk runnable. Its top-level names get slots of their own, or
    /// those of a session that knows them; new ones are added to it.
    ///
    /// # Errors
    /// `:data` where the chunk breaks a rule of the verifier, `:name` where it
    /// needs natives that are not registered, `:memory` at the limit.
    ///
    /// ```
    /// # use weave_compiler::{Options, compile};
    /// use std::sync::Arc;
    /// use weave_vm::{ErrorKind, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.define("price", ["article"], |article: &str| article.len())?;
    /// # let core = vm.signatures();
    /// # let options = Options { core: &core, value: true, ..Options::default() };
    /// let chunk = Arc::new(compile("price(\"tea\")", "shop.wv", &options).unwrap().chunk);
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 3);
    ///
    /// // A machine that lacks the function refuses the chunk before it runs.
    /// let error = Vm::new().load(&chunk, None).unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::Name);
    /// assert!(error.message.contains("price"));
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn load(&mut self, chunk: &Arc<Chunk>, session: Option<&mut SlotMap>) -> Result<Program, Box<RuntimeError>> {
        refuse_unsound(chunk)?;
        if let Some(map) = &session
            && map.machine != 0
            && map.machine != self.number
        {
            return Err(another_machine("the session").into());
        }
        let Some(map) = session else { return Ok(self.load_alone(chunk)?) };
        map.machine = self.number;
        let mut slots = Vec::with_capacity(chunk.slots.len());
        for name in &chunk.slots {
            slots.push(match map.slot(name) {
                Some(slot) => slot,
                None => {
                    self.heap.charge(bytes_of_slot(name)).map_err(Raise::from)?;
                    let slot = self.new_slot(name);
                    map.names.insert(name.clone(), slot);
                    slot
                }
            });
        }
        Ok(self.load_module(chunk, slots)?)
    }

    /// Makes a verified chunk runnable with slots of its own, which last as long as the
    /// machine where that succeeds.
    pub(crate) fn load_alone(&mut self, chunk: &Arc<Chunk>) -> Result<Program, Raise> {
        let bytes = chunk.slots.iter().map(|name| bytes_of_slot(name)).sum();
        self.heap.charge(bytes)?;
        let before = self.slot_values.len();
        // Two variables of a program may share a name, but never a slot.
        let slots = chunk.slots.iter().map(|name| self.new_slot(name)).collect();
        let loaded = self.load_module(chunk, slots);
        if loaded.is_err() {
            self.slot_values.truncate(before);
            self.slot_names.truncate(before);
            self.heap.discharge(bytes);
        }
        loaded
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

    fn new_slot(&mut self, name: &str) -> u32 {
        self.slot_values.push(Raw::UNSET);
        self.slot_names.push(name.into());
        self.slots = self.slot_values.as_mut_ptr();
        (self.slot_values.len() - 1) as u32
    }

    pub(crate) fn slot(&self, index: usize) -> Raw {
        // SAFETY: V-SLOT; through the same pointer as the handlers use.
        unsafe { *self.slots.add(index) }
    }
}

/// What a slot takes: its value and its name in tables that grow by doubling, its number
/// in the program, and the name's text with what the allocator adds.
fn bytes_of_slot(name: &str) -> usize {
    2 * (size_of::<Raw>() + size_of::<Box<str>>()) + size_of::<u32>() + name.len() + 16
}

pub(crate) fn another_machine(what: &str) -> Raise {
    Raise::new(ErrorKind::Internal, format!("{what} belongs to another machine")).help("load it into this one")
}

/// The machine relies on the verifier's rules.
pub(crate) fn refuse_unsound(chunk: &Chunk) -> Result<(), Raise> {
    weave_bytecode::verify::verify(chunk)
        .map_err(|refusal| Raise::new(ErrorKind::Data, format!("the chunk is refused: {refusal}")))
}
