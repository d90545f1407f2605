//! From a chunk to code that a machine runs: constants become values, names of
//! natives and top-level slots become their numbers in this machine, and
//! register numbers are scaled so that an operand is an offset.

use crate::error::{ErrorKind, Raise};
use crate::interp::fused::fuse;
use crate::object::closure::operand_of;
use crate::object::keys::KeysRef;
use crate::program::Program;
use crate::value::Raw;
use crate::vm::Vm;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
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
    loops: OnceCell<Box<[Loop]>>,
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

    /// Its loops over sequences, the innermost first where they nest. They are looked for
    /// when the first error leaves the function.
    pub(crate) fn loops(&self) -> &[Loop] {
        self.loops.get_or_init(|| decode(&self.prototype().code).flatten().filter_map(|i| Loop::of(&i)).collect())
    }

    /// The offset of a word of its code.
    pub(crate) fn offset_of(&self, ip: *const u64) -> Option<u32> {
        let at = (ip.addr().wrapping_sub(self.code.addr())) / size_of::<u64>();
        (ip.addr() >= self.code.addr() && at <= self.code_words.len()).then_some(at as u32)
    }
}

/// A loop over a sequence: where an instruction may fail while its iterator is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loop {
    /// Offset of the body.
    pub(crate) start: u32,
    /// Offset behind what draws the next item.
    pub(crate) end: u32,
    /// The register of what it draws from.
    pub(crate) register: u16,
}

impl Loop {
    /// Where the instruction ends a loop: a jump back to a body for another item, or a stream
    /// that is run to its end.
    fn of(located: &Located) -> Option<Loop> {
        let (start, register) = match located.instr() {
            Instr::IterStream { a, x, .. } if x < 0 => (i64::from(located.end()) + i64::from(x), a.0),
            Instr::DrainNext { a } => (i64::from(located.offset) - 1, a.0),
            _ => return None,
        };
        Some(Loop { start: u32::try_from(start).ok()?, end: located.end(), register })
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

/// Natives of a chunk, and keys of a literal, are compared one by one up to this many.
const FEW: usize = 16;

/// Registers are 16 bytes apart; the machine adds eight times the operand.
const SCALE: u64 = 2;
const _: () = assert!(weave_bytecode::verify::MOST_REGISTERS as u64 * SCALE <= u16::MAX as u64);
const _: () = assert!(operand_of(weave_bytecode::verify::MOST_CAPTURES) <= u16::MAX as usize);

impl Vm {
    /// Makes a verified chunk runnable. `slots[i]` is the machine's number of the
    /// chunk's slot i.
    pub(crate) fn load_module(&mut self, chunk: &Arc<Chunk>, slots: Vec<u32>) -> Result<Program, Raise> {
        let natives = self.resolve_natives(chunk)?;
        // The machine's own copy lasts as long as the machine.
        let bytes = chunk.prototypes.iter().map(bytes_of).sum();
        self.heap.charge(bytes)?;
        let loaded = self.load_prototypes(chunk, &slots, &natives);
        let mut protos = loaded.inspect_err(|_| self.heap.discharge(bytes))?;
        let siblings = protos.as_mut_ptr();
        for i in 0..protos.len() {
            // SAFETY: `i` is below the length. Through the pointer that is
            // stored, so that no reference to the vector comes between.
            unsafe { (*siblings.add(i)).siblings = siblings };
        }
        self.modules.push(Module { protos, slots });
        Ok(Program { module: self.modules.len() - 1, machine: self.number })
    }

    fn load_prototypes(&mut self, chunk: &Arc<Chunk>, slots: &[u32], natives: &[u32]) -> Result<Vec<Proto>, Raise> {
        let mut protos: Vec<Proto> = Vec::with_capacity(chunk.prototypes.len());
        for (index, prototype) in chunk.prototypes.iter().enumerate() {
            protos.push(self.load_prototype(chunk, index, prototype, slots, natives)?);
        }
        Ok(protos)
    }

    fn resolve_natives(&self, chunk: &Chunk) -> Result<Vec<u32>, Raise> {
        // The stages of streams take nothing but streams, which only the machine
        // hands to them, and the host's way of pulling an iterator's parts: a
        // program can't name them.
        let hidden = |at: &usize| self.stages.contains(at) || *at == self.next_native;
        let visible = || self.natives.iter().enumerate().filter(|(at, _)| !hidden(at));
        let by_name: HashMap<&str, usize> = if chunk.natives.len() > FEW {
            visible().map(|(at, native)| (&*native.signature.name, at)).collect()
        } else {
            HashMap::new()
        };
        let find = |name: &str| {
            if chunk.natives.len() > FEW {
                return by_name.get(name).copied();
            }
            visible().find(|(_, native)| &*native.signature.name == name).map(|(at, _)| at)
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
        // The number of the shape of each list of keys that literals have, made once.
        let mut shapes: Vec<Option<Option<u64>>> = Vec::new();
        let mut code = prototype.code.clone();
        let mut instructions: Vec<Located> = Vec::with_capacity(code.len());
        for located in decode(&prototype.code) {
            instructions.push(located.map_err(|_| Raise::new(ErrorKind::Data, "the chunk's code can't be read"))?);
        }
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
            if located.op == Op::NewKeyed
                && let Instr::NewKeyed { x, .. } = located.instr()
            {
                let x = x as usize;
                shapes.resize(prototype.constants.len(), None);
                let shape = match shapes[x] {
                    Some(known) => known,
                    None => {
                        let shape = self.literal_shape(&prototype.constants[x])?;
                        self.literal_shapes.extend(shape);
                        let number = shape.map(|_| self.literal_shapes.len() as u64);
                        shapes[x] = Some(number);
                        number
                    }
                };
                if let Some(number) = shape {
                    set_field(&mut code[at..], Field::Y, number);
                }
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
            loops: OnceCell::new(),
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
        let few = keys.len() <= FEW;
        let mut raw = Vec::with_capacity(keys.len());
        let mut seen = HashSet::new();
        for (i, key) in keys.iter().enumerate() {
            let Some(text) = key else { return Ok(None) };
            if if few { keys[..i].contains(key) } else { !seen.insert(text) } {
                return Ok(None);
            }
            raw.push(self.heap.key_of(text)?);
        }
        Ok(self.heap.shape_of(&raw)?)
    }
}

/// Bytes that the machine's copy of a prototype takes.
fn bytes_of(prototype: &Prototype) -> usize {
    size_of::<Proto>()
        + prototype.code.len() * size_of::<u64>()
        + prototype.constants.len() * size_of::<Raw>()
        + prototype.upvalues.len() * size_of::<Capture>()
}

fn set_field(words: &mut [u64], field: Field, bits: u64) {
    let (word, shift, mask) = field.place();
    let mask = u64::from(mask) << shift;
    words[word] = words[word] & !mask | (bits << shift) & mask;
}
