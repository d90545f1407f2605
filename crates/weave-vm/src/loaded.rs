//! Chunks that a native loads into the machine that it runs in, as `import`
//! does, and values that a host keeps between steps.

use crate::error::{Place, Raise};
use crate::native::{Step, Value};
use crate::value::{Raw, Tag};
use crate::vm::{another_machine, refuse_unsound};
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::position::Part;

/// A chunk that a native loaded: its program, and where its top-level names
/// have their values.
#[derive(Clone, Debug)]
pub struct Loaded {
    machine: u64,
    module: usize,
    slots: Vec<(Box<str>, u32)>,
}

/// A value that lives as long as the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    machine: u64,
    slot: u32,
}

impl<'s> Step<'s> {
    /// Where the program stands that called the running native: the innermost
    /// place with code.
    pub fn caller(&self) -> Option<Place> {
        self.vm.frames_down().find_map(|frame| {
            let (proto, offset) = self.vm.code_position(&frame)?;
            let span = proto.prototype().positions.find(offset, Part::Whole)?;
            Some(Place { chunk: proto.chunk.clone(), span })
        })
    }

    /// Makes a chunk runnable in this machine, with slots of its own.
    ///
    /// # Errors
    /// `:data` where the chunk breaks a rule of the verifier, `:name` where it
    /// needs natives that are not registered, `:memory` at the limit.
    pub fn load(&mut self, chunk: &Arc<Chunk>) -> Result<Loaded, Raise> {
        refuse_unsound(chunk)?;
        let slots: Vec<u32> = chunk.slots.iter().map(|name| self.vm.new_slot(name)).collect();
        let module = self.vm.load_module(chunk, &slots)?;
        let machine = self.vm.number;
        Ok(Loaded { machine, module, slots: chunk.slots.iter().cloned().zip(slots).collect() })
    }

    /// The function that runs a loaded chunk from its start to its end.
    ///
    /// # Errors
    /// `:memory` at the limit, `:internal` for a chunk of another machine.
    pub fn program_of(&mut self, loaded: &Loaded) -> Result<Value<'s>, Raise> {
        if loaded.machine != self.vm.number {
            return Err(another_machine("the chunk"));
        }
        let proto = self.vm.modules[loaded.module].protos.as_ptr();
        let closure = self.vm.heap.closure(proto, 0)?;
        Ok(Value::new(Raw::object(Tag::Closure, closure.cast())))
    }

    /// The top-level names of a loaded chunk that have a value by now, in the
    /// order of their slots; none of a chunk of another machine.
    pub fn names_of(&self, loaded: &Loaded) -> Vec<(Box<str>, Value<'s>)> {
        let own = loaded.machine == self.vm.number;
        let slots = loaded.slots.iter().filter(|_| own);
        let values = slots.map(|(name, slot)| (name.clone(), self.vm.slot(*slot as usize)));
        values.filter(|(_, v)| !v.is_unset()).map(|(name, v)| (name, Value::new(v))).collect()
    }

    /// Keeps a value for as long as the machine lives.
    pub fn keep(&mut self, v: Value<'s>) -> Kept {
        let slot = self.vm.new_slot("");
        self.vm.set_slot(slot, v.raw);
        Kept { machine: self.vm.number, slot }
    }

    /// A kept value; nil for one that another machine keeps.
    pub fn kept(&self, kept: Kept) -> Value<'s> {
        if kept.machine != self.vm.number {
            return Value::nil();
        }
        Value::new(self.vm.slot(kept.slot as usize))
    }
}
