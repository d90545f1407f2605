//! From a chunk to code that a machine runs: constants become values, names of
//! natives and top-level slots become their numbers in this machine, and
//! register numbers are scaled so that an operand is an offset.

use crate::error::{ErrorKind, Raise};
use crate::interp::fused::fuse;
use crate::object::closure::operand_of;
use crate::object::keys::KeysRef;
use crate::value::Raw;
use crate::vm::{Program, Vm};
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::constant::Constant;
use weave_bytecode::decode::{Located, decode};
use weave_bytecode::operand::{Field, Kind};
use weave_bytecode::ops::{Instr, Op};
use weave_bytecode::prototype::{Capture, Prototype};

/// A loaded prototype. The machine's hot paths read the first fields.
#[repr(C)]
pub(crate) struct Proto {
    pub(crate) code: *mut u64,
    pub(crate) k: *const Raw,
    /// Bytes of a frame's window.
    pub(crate) frame_bytes: usize,
    /// The number of arguments of a plain call, one that the call instruction does
    /// by itself: that of the parameters. `u32::MAX` where no call is plain, because
    /// of a rest parameter or a frame of more than [`PLAIN_REGISTERS`].
    pub(crate) plain: u32,
    /// The least number of arguments of a call that leaves out the last parameters and
    /// needs nothing else: that of the parameters without defaults where those come
    /// first, else as `plain`.
    pub(crate) least: u32,
    pub(crate) upvalues: u32,
    /// All prototypes of the module.
    pub(crate) siblings: *const Proto,
    /// Where a new closure takes its captured variables from.
    pub(crate) captures: *const Capture,
    pub(crate) chunk: Arc<Chunk>,
    pub(crate) index: u32,
    // Vectors, not boxes: moving a box asserts that nothing else points into
    // it, and the fields above do.
    code_words: Vec<u64>,
    constants: Vec<Raw>,
    _captures: Vec<Capture>,
}

impl Proto {
    /// What it was compiled to.
    pub(crate) fn prototype(&self) -> &Prototype {
        &self.chunk.prototypes[self.index as usize]
    }

    /// The offset of a word of its code.
    pub(crate) fn offset_of(&self, ip: *const u64) -> Option<u32> {
        let at = (ip.addr().wrapping_sub(self.code.addr())) / size_of::<u64>();
        (ip.addr() >= self.code.addr() && at <= self.code_words.len()).then_some(at as u32)
    }
}

/// Registers that are initialised beyond `Vm::stack_limit`, so that a call compares
/// only where its window begins.
pub(crate) const PLAIN_REGISTERS: usize = 250;

/// A loaded chunk: its prototypes, and the machine's numbers of its slots.
pub(crate) struct Module {
    pub(crate) protos: Vec<Proto>,
    pub(crate) slots: Vec<u32>,
}

impl Module {
    /// Every constant of every prototype.
    pub(crate) fn constants(&self) -> impl Iterator<Item = Raw> + '_ {
        self.protos.iter().flat_map(|p| p.constants.iter().copied())
    }
}

/// Registers are 16 bytes apart; the machine adds eight times the operand.
const SCALE: u64 = 2;
const _: () = assert!(weave_bytecode::verify::MOST_REGISTERS as u64 * SCALE <= u16::MAX as u64);
const _: () = assert!(operand_of(weave_bytecode::verify::MOST_CAPTURES) <= u16::MAX as usize);

impl Vm {
    /// Makes a verified chunk runnable. `slots[i]` is the machine's number of the
    /// chunk's slot i.
    pub(crate) fn load_module(&mut self, chunk: &Arc<Chunk>, slots: Vec<u32>) -> Result<Program, Raise> {
        let natives = self.resolve_natives(chunk)?;
        let mut protos: Vec<Proto> = Vec::with_capacity(chunk.prototypes.len());
        for (index, prototype) in chunk.prototypes.iter().enumerate() {
            protos.push(self.load_prototype(chunk, index, prototype, &slots, &natives)?);
        }
        let siblings = protos.as_mut_ptr();
        for i in 0..protos.len() {
            // SAFETY: `i` is below the length. Through the pointer that is
            // stored, so that no reference to the vector comes between.
            unsafe { (*siblings.add(i)).siblings = siblings };
        }
        self.modules.push(Module { protos, slots });
        Ok(Program { module: self.modules.len() - 1, machine: self.number })
    }

    fn resolve_natives(&self, chunk: &Chunk) -> Result<Vec<u32>, Raise> {
        // The stages of streams take nothing but streams, which only the machine
        // hands to them, and the host's way of pulling an iterator's parts: a
        // program can't name them.
        let find = |name: &str| {
            let at = self.natives.iter().position(|n| &*n.signature.name == name)?;
            (!self.stages.contains(&at) && at != self.next_native).then_some(at)
        };
        // Names in angle brackets stand for parts of the language that a host
        // provides.
        let shown = |name| match name {
            "<import>" => "`import`",
            "<shell>" => "shell literals",
            other => other,
        };
        let missing: Vec<&str> = chunk.natives.iter().map(|n| &**n).filter(|n| find(n).is_none()).map(shown).collect();
        if !missing.is_empty() {
            let list = missing.join(", ");
            return Err(Raise::new(
                ErrorKind::Name,
                format!("the host lacks functions that the program needs: {list}"),
            )
            .help("register them before loading"));
        }
        Ok(chunk.natives.iter().filter_map(|n| find(n)).map(|i| i as u32).collect())
    }

    fn load_prototype(
        &mut self,
        chunk: &Arc<Chunk>,
        index: usize,
        prototype: &Prototype,
        slots: &[u32],
        natives: &[u32],
    ) -> Result<Proto, Raise> {
        let mut constants = Vec::with_capacity(prototype.constants.len());
        for constant in &prototype.constants {
            let v = match constant {
                Constant::Int(v) => Raw::int(*v),
                Constant::Float(v) => Raw::float(*v),
                Constant::Text(text) => self.heap.key_of(text)?,
                Constant::Keys(keys) => self.key_list(keys)?,
            };
            // A collection can't run while loading, but the constants of this
            // and earlier prototypes are not reachable yet; none is needed.
            constants.push(v);
        }
        let mut code = prototype.code.clone();
        let instructions: Result<Vec<Located>, _> = decode(&prototype.code).collect();
        let instructions = instructions.map_err(|_| Raise::new(ErrorKind::Data, "the chunk's code can't be read"))?;
        for located in &instructions {
            let at = located.offset as usize;
            for operand in located.op.operands() {
                let bits = operand.bits(located.words) as usize;
                match operand.kind {
                    Kind::Out
                    | Kind::In
                    | Kind::InOut
                    | Kind::Window
                    | Kind::WindowIn
                    | Kind::Window2
                    | Kind::Window2In
                    | Kind::Window3
                    | Kind::Window5
                    | Kind::Cell => set_field(&mut code[at..], operand.field, bits as u64 * SCALE),
                    Kind::Slot => {
                        let slot = slots.get(bits).copied().unwrap_or(0);
                        set_field(&mut code[at..], operand.field, u64::from(slot) * SCALE);
                    }
                    Kind::Upvalue | Kind::UpCell => {
                        set_field(&mut code[at..], operand.field, operand_of(bits) as u64);
                    }
                    Kind::Native => {
                        let native = natives.get(bits).copied().unwrap_or(0);
                        set_field(&mut code[at..], operand.field, u64::from(native));
                    }
                    _ => {}
                }
            }
            if let (Op::NewKeyed, Instr::NewKeyed { x, .. }) = (located.op, located.instr())
                && let Some(shape) = self.literal_shape(&prototype.constants[x as usize])?
            {
                self.literal_shapes.push(shape);
                set_field(&mut code[at..], Field::Y, self.literal_shapes.len() as u64);
            }
        }
        if self.fuses {
            fuse(&mut code, &instructions);
        }
        let plain = if prototype.has_rest() || usize::from(prototype.registers) > PLAIN_REGISTERS {
            u32::MAX
        } else {
            prototype.arity() as u32
        };
        let required = prototype.signature.parameters.iter().take_while(|p| !p.optional && !p.rest).count();
        let defaults_last = prototype.signature.parameters[required..].iter().all(|p| p.optional);
        let mut code_words = code;
        let captures: Vec<Capture> = prototype.upvalues.iter().map(|u| u.capture).collect();
        Ok(Proto {
            code: code_words.as_mut_ptr(),
            k: constants.as_ptr(),
            frame_bytes: usize::from(prototype.registers.max(1)) * size_of::<Raw>(),
            plain,
            least: if defaults_last { required as u32 } else { plain },
            upvalues: prototype.upvalues.len() as u32,
            siblings: std::ptr::null(),
            chunk: chunk.clone(),
            index: index as u32,
            code_words,
            constants,
            captures: captures.as_ptr(),
            _captures: captures,
        })
    }

    fn key_list(&mut self, keys: &[Option<Box<str>>]) -> Result<Raw, Raise> {
        let list = self.heap.container(keys.len())?;
        for key in keys {
            let v = match key {
                Some(text) => self.heap.key_of(text)?,
                None => Raw::NIL,
            };
            self.heap.push(list, v)?;
        }
        Ok(list.raw())
    }

    /// The shape of a literal whose values all have different keys.
    fn literal_shape(&mut self, keys: &Constant) -> Result<Option<KeysRef>, Raise> {
        let Constant::Keys(keys) = keys else { return Ok(None) };
        let mut raw = Vec::with_capacity(keys.len());
        let mut seen = std::collections::HashSet::new();
        for key in keys {
            let Some(text) = key else { return Ok(None) };
            if !seen.insert(text) {
                return Ok(None);
            }
            raw.push(self.heap.key_of(text)?);
        }
        Ok(self.heap.shape_of(&raw)?)
    }
}

fn set_field(words: &mut [u64], field: Field, bits: u64) {
    let (word, shift, width) = match field {
        Field::A => (0, 16, 16),
        Field::B => (0, 32, 16),
        Field::C => (0, 48, 16),
        Field::W => (0, 32, 32),
        Field::X => (1, 0, 32),
        Field::Y => (1, 32, 32),
    };
    let mask = ((1u64 << width) - 1) << shift;
    words[word] = words[word] & !mask | (bits << shift) & mask;
}
