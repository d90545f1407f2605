//! Loaded chunks: programs that the host runs, or that a native runs in the machine
//! that it runs in, as `import` does, and what their top-level names hold.

use crate::error::{Place, Raise};
use crate::native::{Step, Value};
use crate::scope::Scope;
use crate::value::{Raw, Tag};
use crate::vm::{Program, another_machine, refuse_unsound};
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::position::Part;

impl<'s> Scope<'s> {
    /// Makes a chunk runnable in this machine, with slots of its own: as
    /// [`Vm::load`](crate::Vm::load), for natives.
    ///
    /// # Errors
    /// `:data` where the chunk breaks a rule of the verifier, `:name` where it
    /// needs natives that are not registered, `:memory` at the limit.
    pub fn load(&mut self, chunk: &Arc<Chunk>) -> Result<Program, Raise> {
        refuse_unsound(chunk)?;
        let slots: Vec<u32> = chunk.slots.iter().map(|name| self.vm.new_slot(name)).collect();
        self.vm.load_module(chunk, slots)
    }

    /// The function that runs a program from its start to its end.
    ///
    /// # Errors
    /// `:memory` at the limit, `:internal` for a program of another machine.
    pub fn program_of(&mut self, program: Program) -> Result<Value<'s>, Raise> {
        self.own(program)?;
        let proto = self.vm.modules[program.module].protos.as_ptr();
        let closure = self.vm.heap.closure(proto, 0)?;
        Ok(Value::new(Raw::object(Tag::Closure, closure.cast())))
    }

    /// The top-level names of a program that have a value by now, in the order of
    /// their slots. A chunk compiled as a module has all its names there, one compiled
    /// as a script those that its functions use.
    ///
    /// # Errors
    /// `:internal` for a program of another machine.
    pub fn names_of(&self, program: Program) -> Result<Vec<(Box<str>, Value<'s>)>, Raise> {
        self.own(program)?;
        let slots = self.vm.modules[program.module].slots.iter().map(|&slot| slot as usize);
        let values = slots.map(|slot| (self.vm.slot_names[slot].clone(), self.vm.slot(slot)));
        Ok(values.filter(|(_, v)| !v.is_unset()).map(|(name, v)| (name, Value::new(v))).collect())
    }

    /// What a top-level name of a program holds; `None` where the program has no such
    /// name, or it has no value yet. Of several variables of one name, the last.
    ///
    /// # Errors
    /// `:internal` for a program of another machine.
    pub fn global(&self, program: Program, name: &str) -> Result<Option<Value<'s>>, Raise> {
        self.own(program)?;
        let mut slots = self.vm.modules[program.module].slots.iter().rev().map(|&slot| slot as usize);
        let found = slots.find(|&slot| *self.vm.slot_names[slot] == *name && !self.vm.slot(slot).is_unset());
        Ok(found.map(|slot| Value::new(self.vm.slot(slot))))
    }

    fn own(&self, program: Program) -> Result<(), Raise> {
        if program.machine == self.vm.number { Ok(()) } else { Err(another_machine("the program")) }
    }
}

impl Step<'_> {
    /// Where the program stands that called the running native: the innermost
    /// place with code.
    pub fn caller(&self) -> Option<Place> {
        self.vm.frames_down().find_map(|frame| {
            let (proto, offset) = self.vm.code_position(&frame)?;
            let span = proto.prototype().positions.find(offset, Part::Whole)?;
            Some(Place { chunk: proto.chunk.clone(), span })
        })
    }
}
