//! What goes wrong while a program runs: a fact with its place and the calls
//! that led there. How it is drawn is the host's business.

use crate::value::Raw;
use std::fmt;
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::position::Part;
use weave_bytecode::span::Span;

/// The kind of an error: what `.kind` answers, as a symbol.
///
/// ```
/// use weave_vm::ErrorKind;
///
/// assert_eq!(ErrorKind::Depth.name(), "depth");
/// assert!(ErrorKind::Memory.is_catchable() && !ErrorKind::Steps.is_catchable());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An operation got a value of the wrong type.
    Type,
    /// A value of the right type that the operation can't take.
    Value,
    /// A name without a value, or an unknown function.
    Name,
    /// Arguments do not fit a function's parameters.
    Arity,
    /// A key that the container does not have.
    Key,
    /// A position that the container or text does not have.
    Index,
    /// An integer result beyond 64 bits.
    Overflow,
    /// Division of an integer by zero.
    Zero,
    /// A container resized while it is iterated, a stream used twice.
    State,
    /// Calls nested too deep.
    Depth,
    /// The memory limit.
    Memory,
    /// Reading or writing outside.
    Io,
    /// Malformed data.
    Data,
    /// Raised by `error` or `assert`.
    User,
    /// A host function failed inside; a defect of the host.
    Internal,
    /// `exit(code)`: can't be caught.
    Exit(i32),
    /// The interrupt flag was set: can't be caught.
    Interrupt,
    /// The host's time limit: can't be caught.
    Timeout,
    /// The step limit: can't be caught.
    Steps,
}

impl ErrorKind {
    /// The symbol's text.
    ///
    /// ```
    /// use weave_vm::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::Exit(3).name(), "exit");
    /// assert_eq!(ErrorKind::Io.name(), "io");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Type => "type",
            ErrorKind::Value => "value",
            ErrorKind::Name => "name",
            ErrorKind::Arity => "arity",
            ErrorKind::Key => "key",
            ErrorKind::Index => "index",
            ErrorKind::Overflow => "overflow",
            ErrorKind::Zero => "zero",
            ErrorKind::State => "state",
            ErrorKind::Depth => "depth",
            ErrorKind::Memory => "memory",
            ErrorKind::Io => "io",
            ErrorKind::Data => "data",
            ErrorKind::User => "user",
            ErrorKind::Internal => "internal",
            ErrorKind::Exit(_) => "exit",
            ErrorKind::Interrupt => "interrupt",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Steps => "steps",
        }
    }

    /// Whether `catch` sees it.
    ///
    /// ```
    /// use weave_vm::ErrorKind;
    ///
    /// assert!(ErrorKind::Data.is_catchable());
    /// assert!(!ErrorKind::Interrupt.is_catchable() && !ErrorKind::Exit(0).is_catchable());
    /// ```
    pub fn is_catchable(self) -> bool {
        !matches!(self, ErrorKind::Exit(_) | ErrorKind::Interrupt | ErrorKind::Timeout | ErrorKind::Steps)
    }
}

/// A place in a source.
///
/// ```
/// use weave_vm::Vm;
///
/// let mut vm = Vm::new();
/// # let chunk = weave_compiler::chunk_of("x = 1; x + nil", &vm.signatures());
/// // The program `x = 1; x + nil`.
/// let program = vm.load(&chunk, None)?;
/// let error = vm.run(program).unwrap_err();
/// let place = error.place.unwrap();
/// let source = place.chunk.source.as_deref().unwrap();
/// assert_eq!(&source[place.span.start as usize..place.span.end as usize], "x + nil");
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone)]
pub struct Place {
    /// The chunk it was compiled into.
    pub chunk: Arc<Chunk>,
    /// The range in its source.
    pub span: Span,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.chunk.name, self.span.start, self.span.end)
    }
}

impl Place {
    /// Line, counted from 1; 0 where the source is not at hand.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("one = 1\none.size", &vm.signatures());
    /// // The program:
    /// //     one = 1
    /// //     one.size
    /// let program = vm.load(&chunk, None)?;
    /// let error = vm.run(program).unwrap_err();
    /// assert_eq!(error.place.map(|place| place.line()), Some(2));
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn line(&self) -> u32 {
        self.chunk.line_column(self.span).map_or(0, |p| p.line)
    }
}

/// One call that was active when the error arose.
///
/// ```
/// use weave_vm::Vm;
///
/// let mut vm = Vm::new();
/// # let chunk = weave_compiler::chunk_of("fn inner(x) { x.y * 2 }\nfn outer(x) { [inner(x)] }\nouter(1)", &vm.signatures());
/// // The program:
/// //     fn inner(x) { x.y * 2 }
/// //     fn outer(x) { [inner(x)] }
/// //     outer(1)
/// let program = vm.load(&chunk, None)?;
/// let error = vm.run(program).unwrap_err();
/// let names: Vec<&str> = error.trace.iter().map(|entry| &*entry.function).collect();
/// assert_eq!(names, ["inner", "outer", ""]);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TraceEntry {
    /// The function's name; empty for the program itself.
    pub function: Box<str>,
    /// Where in it execution stood.
    pub place: Option<Place>,
}

/// An error with its place and its trace: facts, which the host draws as it likes.
///
/// ```
/// # use weave_compiler::{Options, compile};
/// # use std::sync::Arc;
/// let mut vm = weave_vm::Vm::new();
/// # let core = vm.signatures();
/// # let options = Options { core: &core, ..Options::default() };
/// # let chunk = compile("fn half(x) { x / 2 }\nhalf(\"a\")", "half.wv", &options).unwrap().chunk;
/// // The program `fn half(x) { x / 2 }` and `half("a")`.
/// let program = vm.load(&Arc::new(chunk), None)?;
/// let error = vm.run(program).unwrap_err();
/// assert_eq!(error.kind.name(), "type");
/// assert_eq!(error.place.as_ref().map(|p| p.line()), Some(1));
/// assert_eq!(&*error.trace[0].function, "half");
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RuntimeError {
    /// What kind it is.
    pub kind: ErrorKind,
    /// One sentence without a full stop.
    pub message: String,
    /// One thing to do about it.
    pub help: Option<String>,
    /// The expression at fault.
    pub place: Option<Place>,
    /// What stands under the underlined expression: types or values.
    pub label: Option<String>,
    /// Where in the data, for an error about data: `sales.csv:17:3`.
    pub data_place: Option<String>,
    /// The active calls, innermost first. Long traces are cut in the middle.
    pub trace: Vec<TraceEntry>,
    /// Where the trace is cut and how many calls are missing there.
    pub omitted: Option<(usize, usize)>,
}

impl RuntimeError {
    pub(crate) fn new(kind: ErrorKind, message: String) -> RuntimeError {
        RuntimeError {
            kind,
            message,
            help: None,
            place: None,
            label: None,
            data_place: None,
            trace: Vec::new(),
            omitted: None,
        }
    }

    /// Bytes that it takes, its texts and its trace included.
    pub(crate) fn bytes_held(&self) -> usize {
        // What the allocator adds to each piece.
        const PIECE: usize = 16;
        let texts = [Some(&self.message), self.help.as_ref(), self.label.as_ref(), self.data_place.as_ref()];
        let texts = texts.into_iter().flatten().map(|t| t.capacity() + PIECE).sum::<usize>();
        let names = self.trace.iter().map(|t| t.function.len() + PIECE).sum::<usize>();
        let trace = self.trace.capacity() * size_of::<TraceEntry>() + PIECE;
        size_of::<RuntimeError>() + PIECE + texts + names + trace
    }
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RuntimeError {}

/// An error on its way: what natives return. The machine adds place and trace.
///
/// ```
/// use weave_vm::{ErrorKind, Raise};
///
/// let raise = Raise::new(ErrorKind::Value, "the scale must be above 0, not -1").help("leave it out");
/// assert_eq!((raise.kind(), raise.message()), (ErrorKind::Value, "the scale must be above 0, not -1"));
/// // Texts and errors of files are raised as they are.
/// assert_eq!(Raise::from("no such thing").kind(), ErrorKind::User);
/// ```
#[derive(Debug)]
pub struct Raise(pub(crate) Box<Pending>);

pub(crate) struct Pending {
    pub(crate) error: RuntimeError,
    pub(crate) data: Raw,
    pub(crate) part: Part,
    /// The built-in function that raised it, where that has no frame.
    pub(crate) inside: Option<Box<str>>,
    /// Raised by what a built-in function draws from, and not by the function.
    pub(crate) of_source: bool,
    /// Raised again: place and trace stay.
    pub(crate) located: bool,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Raise {
    /// An error of a kind with a message.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.define("root", ["x"], |x: f64| match x {
    ///     0.0.. => Ok(x.sqrt()),
    ///     _ => Err(Raise::new(ErrorKind::Value, "x must not be negative")),
    /// })?;
    /// # let chunk = weave_compiler::chunk_of("try { root(-1) } catch e { e.message }", &vm.signatures());
    /// // The program `try { root(-1) } catch e { e.message }`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<String>()?, "x must not be negative");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Raise {
        Raise(Box::new(Pending {
            error: RuntimeError::new(kind, message.into()),
            data: Raw::NIL,
            part: Part::Whole,
            inside: None,
            of_source: false,
            located: false,
        }))
    }

    /// Adds the one thing to do about it.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Raise, RuntimeError};
    ///
    /// let raise = Raise::new(ErrorKind::Key, "there is no colour `gren`").help("did you mean `green`?");
    /// let error: Box<RuntimeError> = raise.into();
    /// assert_eq!(error.help.as_deref(), Some("did you mean `green`?"));
    /// ```
    pub fn help(mut self, help: impl Into<String>) -> Raise {
        self.0.error.help = Some(help.into());
        self
    }

    /// Adds what stands under the underlined expression.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Raise, RuntimeError};
    ///
    /// let raise = Raise::new(ErrorKind::Value, "the port must be below 65536").label("70000");
    /// let error: Box<RuntimeError> = raise.into();
    /// assert_eq!(error.label.as_deref(), Some("70000"));
    /// ```
    pub fn label(mut self, label: impl Into<String>) -> Raise {
        self.0.error.label = Some(label.into());
        self
    }

    /// Says which operand is at fault.
    ///
    /// ```
    /// use weave_bytecode::position::Part;
    /// use weave_vm::{ErrorKind, Raise};
    ///
    /// // Underlines what stands on the right, where the instruction has two sides.
    /// let raise = Raise::new(ErrorKind::Zero, "division by zero").at(Part::Right);
    /// assert_eq!(raise.kind(), ErrorKind::Zero);
    /// ```
    pub fn at(mut self, part: Part) -> Raise {
        self.0.part = part;
        self
    }

    /// Says where in the data the fault lies, as `file:line:column`.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Raise, RuntimeError};
    ///
    /// let raise = Raise::new(ErrorKind::Data, "the row has 3 fields, not 4").in_data("sales.csv:17:1");
    /// let error: Box<RuntimeError> = raise.into();
    /// assert_eq!(error.data_place.as_deref(), Some("sales.csv:17:1"));
    /// ```
    pub fn in_data(mut self, place: impl Into<String>) -> Raise {
        self.0.error.data_place = Some(place.into());
        self
    }

    /// Says whose argument is at fault.
    pub(crate) fn of_function(mut self, name: &str) -> Raise {
        self.0.error.message.insert_str(0, ": ");
        self.0.error.message.insert_str(0, name);
        self
    }

    /// Says which built-in function raised it, where that has no frame of its own.
    pub(crate) fn inside(mut self, name: &str) -> Raise {
        self.0.inside = Some(name.into());
        self
    }

    /// Says that the source of the items raised it: whether a built-in function or a loop
    /// was drawing them is no part of the trace.
    pub(crate) fn of_source(mut self) -> Raise {
        self.0.of_source = true;
        self
    }

    pub(crate) fn data(mut self, data: Raw) -> Raise {
        self.0.data = data;
        self
    }

    /// What kind it is.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Raise};
    ///
    /// let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
    /// assert_eq!(Raise::from(missing).kind(), ErrorKind::Io);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.error.kind
    }

    /// Whether the machine met its memory limit just now, as opposed to an error
    /// about that which is raised again.
    pub(crate) fn is_full(&self) -> bool {
        self.kind() == ErrorKind::Memory && !self.0.located
    }

    /// Its message.
    ///
    /// ```
    /// use weave_vm::Raise;
    ///
    /// assert_eq!(Raise::from(format!("no article {}", 7)).message(), "no article 7");
    /// ```
    pub fn message(&self) -> &str {
        &self.0.error.message
    }
}

impl fmt::Display for Raise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Raise {}

impl From<String> for Raise {
    /// An error as the program's own `error(message)` raises it.
    fn from(message: String) -> Raise {
        Raise::new(ErrorKind::User, message)
    }
}

impl From<&str> for Raise {
    /// An error as the program's own `error(message)` raises it.
    fn from(message: &str) -> Raise {
        Raise::new(ErrorKind::User, message)
    }
}

impl From<std::io::Error> for Raise {
    fn from(error: std::io::Error) -> Raise {
        Raise::new(ErrorKind::Io, error.to_string())
    }
}

impl From<Raise> for Box<RuntimeError> {
    fn from(raise: Raise) -> Box<RuntimeError> {
        Box::new(raise.0.error)
    }
}

impl From<crate::heap::OutOfMemory> for Raise {
    #[cold]
    fn from(_: crate::heap::OutOfMemory) -> Raise {
        Raise::new(ErrorKind::Memory, "the memory limit is reached")
            .help("read the data as a stream, or raise the limit")
    }
}
