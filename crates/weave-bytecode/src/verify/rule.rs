//! The rules by number and name, and what it means to break one.

macro_rules! rules {
    ($($number:literal $variant:ident $name:literal: $holds:literal;)*) => {
        /// A rule of the verifier. Comments on unsafe code in the machine cite rules by
        /// their names.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Rule {
            $(#[doc = $holds] $variant = $number,)*
        }

        impl Rule {
            /// Every rule, in the order of the numbers.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant),*];

            /// Its number, which stays its own.
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// Its name, as comments cite it.
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name,)* }
            }

            /// What holds.
            pub const fn holds(self) -> &'static str {
                match self { $(Rule::$variant => $holds,)* }
            }
        }
    };
}

rules! {
    1 Program "V-PROGRAM": "the first prototype is the program, without parameters and captured variables";
    2 Size "V-SIZE": "a function has at most 32,000 registers, 32,000 captured variables and 2^28 words of code; functions that several others make closures of have, for each of those after the first, at most 64 captured variables in all for each word of the chunk's code";
    3 Signature "V-SIGNATURE": "parameters lie in the frame and outside its cells, only the last takes the rest, no name occurs twice";
    4 Code "V-CODE": "every word belongs to an instruction of the table, none is cut off or the machine's own, no path runs off the end";
    5 Jump "V-JUMP": "jumps land on the first word of an instruction, and those that count no step go forward";
    6 Reg "V-REG": "registers, and those of runs, lie in the frame";
    7 Cell "V-CELL": "the cell range lies in the frame, and cell operands and no others name it";
    8 Window "V-WINDOW": "windows of calls and iterators lie in the frame, with room for receiver and stream where there are some";
    9 Const "V-CONST": "constants exist and are of the kind that the instruction needs";
    10 Keys "V-KEYS": "a keyed literal has a key or none for each value, named arguments have names, at most as many as there are arguments";
    11 Up "V-UP": "captured variables exist, cells where a cell is needed and values where a value is";
    12 Slot "V-SLOT": "top-level slots exist in the chunk's list";
    13 Native "V-NATIVE": "natives exist in the chunk's list";
    14 Proto "V-PROTO": "prototypes exist";
    15 Capture "V-CAPTURE": "what a new closure captures exists in its maker, and is a cell where the prototype says so";
    16 Cache "V-CACHE": "what the machine fills in is zero";
    17 Pair "V-PAIR": "an IterStream follows its IterNext, a DrainNext its Drain, with the same operands";
    18 Handler "V-HANDLER": "handlers cover and lead to instructions, and their register lies in the frame and outside its cells";
    19 Default "V-DEFAULT": "code for the first parameter's default begins at an instruction, where that parameter has one";
    20 Position "V-POSITION": "rows of the position table ascend, lie in the code and name inlined calls, those nest at most 1,000 deep, each in an earlier one, and spans lie in the source";
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rule {}, {}", self.number(), self.name())
    }
}

/// A broken rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Which one.
    pub rule: Rule,
    /// Index of the prototype.
    pub prototype: usize,
    /// Offset of the instruction in its code.
    pub offset: u32,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "prototype {} at {}: {} ({})", self.prototype, self.offset, self.reason, self.rule)
    }
}

impl std::error::Error for Refusal {}
