//! The table of opcodes: every instruction of the machine, once. The enum, the
//! typed form, the encoder, the decoder, the listing, the verifier's walk and
//! `docs/bytecode.md` are made from these rows.
//!
//! `R(x)` is register x, `K(x)` constant x, `U(x)` captured variable x, `S(x)`
//! top-level slot x, `ip` the next instruction. Suffix `I`: the right operand
//! is a small integer in the instruction; `K`: it is a number constant;
//! `FromK`: the left one is. `Jump…` tests go forward, `Loop…` tests go back
//! and count a step. `Opt` forms answer nil for what is missing, `Safe` forms
//! for a nil on the left too. "unset" is the marker of a variable that has no
//! value yet; it never reaches a program.
//!
//! # Shapes of code that several instructions make together
//!
//! A call evaluates its arguments into the run of registers `R(a)…`, which
//! must lie above every register that is live across the call: the callee's
//! window begins there. The callee may be any register.
//!
//! A loop over any sequence, with five registers from `i`:
//!
//! ```text
//!         IterPrep   i, source, flags
//!         Jump       next
//! body:   …item in R(i+3), key in R(i+4)…
//! next:   IterNext   i, flags, body
//!         IterStream i, flags, body
//! ```
//!
//! `continue` jumps to `next`; `break` and `return` run `IterClose i` first.
//! All registers above `i+2` are free for a stream's pull at `next`, so `i`
//! lies above everything that is live there, sinks and accumulators included.
//!
//! A chain whose value is a sequence evaluates its source and its stages'
//! functions and arguments in order, then `JumpIfStream source, lazy`; the loop
//! form fills a sink: `SinkNew`, the loop with flag 2, and behind the last stage
//! `SinkPush`; the lazy form wraps the source with one `Stage` a stage. Where a
//! native stage (`take`, `chunk`, …) stands in the chain, every source is made
//! `Lazy` and the stages before it are `Stage`s; when the source was no stream
//! a loop with a sink collects the result. A chain that ends in a fold, or whose
//! value nobody uses, is one loop over any source. A fold is
//!
//! ```text
//!         FoldStart  acc, f            ; a window of one register
//!         IterPrep   i, source, 1
//!         Jump       next
//! body:   JumpIfSet  acc, call
//!         Move       acc, item
//!         Jump       next
//! call:   …window: acc, item; Call f; Move acc, result…
//! next:   IterNext / IterStream i, body
//!         FoldEnd    acc
//! ```
//!
//! Behind a statement whose value is dropped and may be a stream stands
//! `Drain a`, `DrainNext a`, with the value in R(a) and two free registers above.

use crate::operand::{Encode, Field, Kind, Operand, Reg};

/// Calls `$callback` with every row of the table.
#[macro_export]
macro_rules! opcodes {
    ($callback:path) => {
        $callback! {
        // ---- moving values
        /// R(a) := R(b)
        Move { a: Out, b: In }
        /// R(a) := nil
        LoadNil { a: Out }
        /// R(a) := true
        LoadTrue { a: Out }
        /// R(a) := false
        LoadFalse { a: Out }
        /// R(a) := w
        LoadInt { a: Out, w: Int }
        /// R(a) := K(w)
        LoadConst { a: Out, w: WideConst }
        /// R(a) := native function w as a value
        LoadNative { a: Out, w: Native }
        /// R(a) := unset
        LoadUnset { a: Out }
        /// raise :name "K(w) has no value yet" if R(a) is unset
        CheckSet { a: In, w: WideConst }
        /// R(a) := S(w)
        GetSlot { a: Out, w: Slot }
        /// R(a) := S(w); raise :name if it is unset
        GetSlotChecked { a: Out, w: Slot }
        /// S(w) := R(a)
        SetSlot { a: In, w: Slot }
        // ---- captured variables
        /// R(a) := U(b), a variable captured by value
        GetUpvalue { a: Out, b: Upvalue }
        /// R(a) := value of the cell U(b)
        GetUpCell { a: Out, b: UpCell }
        /// R(a) := value of the cell U(b); raise :name if it is unset
        GetUpCellChecked { a: Out, b: UpCell }
        /// value of the cell U(b) := R(a)
        SetUpCell { a: In, b: UpCell }
        /// R(a) := value of the cell U(b) := its value + c
        AddUpCell { a: Out, b: UpCell, c: Small }
        /// R(a) := value of the cell U(b) := its value - c
        SubUpCell { a: Out, b: UpCell, c: Small }
        /// cell register R(a) := a new cell that holds R(b)
        NewCell { a: Cell, b: In }
        /// cell register R(a) := a new cell that is unset
        NewCellUnset { a: Cell }
        /// R(a) := value of the cell R(b)
        GetCell { a: Out, b: Cell }
        /// R(a) := value of the cell R(b); raise :name "K(c) has no value yet" if it is unset
        GetCellChecked { a: Out, b: Cell, c: Const }
        /// value of the cell R(a) := R(b)
        SetCell { a: Cell, b: In }
        /// R(a) := value of the cell R(b) := its value + c
        AddCell { a: Out, b: Cell, c: Small }
        /// R(a) := value of the cell R(b) := its value - c
        SubCell { a: Out, b: Cell, c: Small }
        /// R(a) := a closure of prototype w, its captures as the prototype lists them
        Closure { a: Out, w: Proto }
        // ---- arithmetic; R(a) := left op right
        /// R(a) := R(b) + R(c)
        Add { a: Out, b: In, c: In }
        /// R(a) := R(b) - R(c)
        Sub { a: Out, b: In, c: In }
        /// R(a) := R(b) * R(c)
        Mul { a: Out, b: In, c: In }
        /// R(a) := R(b) / R(c)
        Div { a: Out, b: In, c: In }
        /// R(a) := R(b) // R(c)
        FloorDiv { a: Out, b: In, c: In }
        /// R(a) := R(b) % R(c)
        Rem { a: Out, b: In, c: In }
        /// R(a) := R(b) ** R(c)
        Pow { a: Out, b: In, c: In }
        /// R(a) := R(b) + c
        AddI { a: Out, b: In, c: Small }
        /// R(a) := R(b) - c
        SubI { a: Out, b: In, c: Small }
        /// R(a) := R(b) * c
        MulI { a: Out, b: In, c: Small }
        /// R(a) := R(b) // c
        FloorDivI { a: Out, b: In, c: Small }
        /// R(a) := R(b) % c
        RemI { a: Out, b: In, c: Small }
        /// R(a) := R(b) + K(c)
        AddK { a: Out, b: In, c: Const }
        /// R(a) := R(b) - K(c)
        SubK { a: Out, b: In, c: Const }
        /// R(a) := R(b) * K(c)
        MulK { a: Out, b: In, c: Const }
        /// R(a) := R(b) / K(c)
        DivK { a: Out, b: In, c: Const }
        /// R(a) := K(b) + R(c)
        AddFromK { a: Out, b: Const, c: In }
        /// R(a) := K(b) - R(c)
        SubFromK { a: Out, b: Const, c: In }
        /// R(a) := K(b) * R(c)
        MulFromK { a: Out, b: Const, c: In }
        /// R(a) := K(b) / R(c)
        DivFromK { a: Out, b: Const, c: In }
        /// R(a) := -R(b)
        Neg { a: Out, b: In }
        /// R(a) := not R(b)
        Not { a: Out, b: In }
        /// R(a) := R(b) | R(c), the union
        Union { a: Out, b: In, c: In }
        /// R(a) := R(b) & R(c), the intersection
        Intersect { a: Out, b: In, c: In }
        /// R(a) := R(b) !& R(c), the symmetric difference
        Differ { a: Out, b: In, c: In }
        // ---- comparisons to a value
        /// R(a) := R(b) == R(c)
        Eq { a: Out, b: In, c: In }
        /// R(a) := R(b) != R(c)
        Ne { a: Out, b: In, c: In }
        /// R(a) := R(b) < R(c)
        Lt { a: Out, b: In, c: In }
        /// R(a) := R(b) <= R(c)
        Le { a: Out, b: In, c: In }
        /// R(a) := R(b) > R(c)
        Gt { a: Out, b: In, c: In }
        /// R(a) := R(b) >= R(c)
        Ge { a: Out, b: In, c: In }
        /// R(a) := R(b) in R(c)
        In { a: Out, b: In, c: In }
        // ---- jumps
        /// ip += w
        Jump { w: Jump }
        /// if R(a) is true: ip += w
        JumpIf { a: In, w: Jump }
        /// unless R(a) is true: ip += w
        JumpIfNot { a: In, w: Jump }
        /// if R(a) is nil: ip += w
        JumpIfNil { a: In, w: Jump }
        /// unless R(a) is nil: ip += w
        JumpIfNotNil { a: In, w: Jump }
        /// unless R(a) is unset: ip += w
        JumpIfSet { a: In, w: Jump }
        /// if R(a) is a stream, an open range or a host sequence: ip += w
        JumpIfStream { a: In, w: Jump }
        /// if R(a) == R(b): ip += x
        JumpEq { a: In, b: In, x: Jump }
        /// unless R(a) == R(b): ip += x
        JumpNe { a: In, b: In, x: Jump }
        /// if R(a) < R(b): ip += x
        JumpLt { a: In, b: In, x: Jump }
        /// if R(a) <= R(b): ip += x
        JumpLe { a: In, b: In, x: Jump }
        /// if R(a) > R(b): ip += x
        JumpGt { a: In, b: In, x: Jump }
        /// if R(a) >= R(b): ip += x
        JumpGe { a: In, b: In, x: Jump }
        /// unless R(a) < R(b): ip += x
        JumpNotLt { a: In, b: In, x: Jump }
        /// unless R(a) <= R(b): ip += x
        JumpNotLe { a: In, b: In, x: Jump }
        /// unless R(a) > R(b): ip += x
        JumpNotGt { a: In, b: In, x: Jump }
        /// unless R(a) >= R(b): ip += x
        JumpNotGe { a: In, b: In, x: Jump }
        /// if R(a) == c: ip += x
        JumpEqI { a: In, c: Small, x: Jump }
        /// unless R(a) == c: ip += x
        JumpNeI { a: In, c: Small, x: Jump }
        /// if R(a) < c: ip += x
        JumpLtI { a: In, c: Small, x: Jump }
        /// if R(a) <= c: ip += x
        JumpLeI { a: In, c: Small, x: Jump }
        /// if R(a) > c: ip += x
        JumpGtI { a: In, c: Small, x: Jump }
        /// if R(a) >= c: ip += x
        JumpGeI { a: In, c: Small, x: Jump }
        /// unless R(a) < c: ip += x
        JumpNotLtI { a: In, c: Small, x: Jump }
        /// unless R(a) <= c: ip += x
        JumpNotLeI { a: In, c: Small, x: Jump }
        /// unless R(a) > c: ip += x
        JumpNotGtI { a: In, c: Small, x: Jump }
        /// unless R(a) >= c: ip += x
        JumpNotGeI { a: In, c: Small, x: Jump }
        /// if R(a) == K(c), any constant: ip += x
        JumpEqK { a: In, c: Const, x: Jump }
        /// unless R(a) == K(c), any constant: ip += x
        JumpNeK { a: In, c: Const, x: Jump }
        /// unless R(a) < K(c), a number: ip += x
        JumpNotLtK { a: In, c: Const, x: Jump }
        /// unless R(a) <= K(c), a number: ip += x
        JumpNotLeK { a: In, c: Const, x: Jump }
        /// unless R(a) > K(c), a number: ip += x
        JumpNotGtK { a: In, c: Const, x: Jump }
        /// unless R(a) >= K(c), a number: ip += x
        JumpNotGeK { a: In, c: Const, x: Jump }
        /// back-edge: ip += w
        Loop { w: Jump }
        /// back-edge: if R(a) is true: ip += w
        LoopIf { a: In, w: Jump }
        /// back-edge: unless R(a) is true: ip += w
        LoopIfNot { a: In, w: Jump }
        /// back-edge: if R(a) == R(b): ip += x
        LoopEq { a: In, b: In, x: Jump }
        /// back-edge: unless R(a) == R(b): ip += x
        LoopNe { a: In, b: In, x: Jump }
        /// back-edge: if R(a) < R(b): ip += x
        LoopLt { a: In, b: In, x: Jump }
        /// back-edge: if R(a) <= R(b): ip += x
        LoopLe { a: In, b: In, x: Jump }
        /// back-edge: if R(a) > R(b): ip += x
        LoopGt { a: In, b: In, x: Jump }
        /// back-edge: if R(a) >= R(b): ip += x
        LoopGe { a: In, b: In, x: Jump }
        /// back-edge: unless R(a) == c: ip += x
        LoopNeI { a: In, c: Small, x: Jump }
        /// back-edge: if R(a) < c: ip += x
        LoopLtI { a: In, c: Small, x: Jump }
        /// back-edge: if R(a) <= c: ip += x
        LoopLeI { a: In, c: Small, x: Jump }
        /// back-edge: if R(a) > c: ip += x
        LoopGtI { a: In, c: Small, x: Jump }
        /// back-edge: if R(a) >= c: ip += x
        LoopGeI { a: In, c: Small, x: Jump }
        // ---- counting loops: R(a) counts to R(a+1), R(a+2) is the loop variable
        /// R(a), R(a+1) must be ints; where `R(a)..R(a+1)` (flag 1: `..=`) is empty: ip += x; else R(a+1) := the last one, R(a+2) := R(a)
        ForPrep { a: Window3, c: Flags, x: Jump }
        /// back-edge: if R(a) < R(a+1): R(a) += 1, R(a+2) := R(a), ip += w
        ForLoop { a: Window3, w: Jump }
        // ---- iteration: R(a..a+3) is the iterator's state, R(a+3) the item, R(a+4) its key
        /// start iterating R(b); flag 1: any value but nil is a sequence of one item, flag 2: any value but a container is one, else a value that is no sequence is an error; R(a+4) := nil
        IterPrep { a: Window5, b: In, c: Flags }
        /// back-edge: R(a+3) := the next item and ip += x; at the end skip the IterStream that follows; a stream is pulled instead, its answer arrives at that IterStream. Flag 1: R(a+4) := the key, or the position where there is none; flag 2: R(a+4) := the key or nil
        IterNext { a: Window5, c: Flags, x: Jump }
        /// back-edge, behind its IterNext: if the pull into R(a+3) gave an item: ip += x. Flags as in IterNext
        IterStream { a: Window5, c: Flags, x: Jump }
        /// the loop over R(a..a+3) is left early: close its source
        IterClose { a: Window5 }
        /// if R(a) is a stream pull it into R(a+1), else skip the DrainNext that follows
        Drain { a: Window3 }
        /// behind its Drain: unless R(a+1) is the end pull R(a) again and come back here
        DrainNext { a: Window3 }
        // ---- pipelines
        /// R(a), R(a+1) := where the items of a chain over R(b) go: a new container, or for a single item nil until one arrives; flag 1: all its items go there
        SinkNew { a: Window2, b: In, c: Flags }
        /// add R(b) under key R(c) (nil: bare) to the sink R(a), R(a+1)
        SinkPush { a: Window2, b: In, c: In }
        /// R(a) := a stream over the container, closed range or single item R(b); a stream stays what it is
        Lazy { a: Out, b: In }
        /// R(a) := a stream of stage b (0 map, 1 filter) over stream R(a) with function R(a+1) and its further arguments R(a+2..a+c)
        Stage { a: Window, b: Flags, c: Count }
        /// the rows that the begun stream R(a) draws from (flag 1: that the new stage R(a) draws from) are made with the fields K(c), a list of keys, only
        Project { a: In, b: Flags, c: Const }
        /// R(a) := the default of the first parameter of R(b), run anew, or unset where it has none
        FoldStart { a: Window, b: In, c: Count }
        /// raise if R(a) is unset: a fold of no items without a default
        FoldEnd { a: In }
        /// raise what native x says of its arguments R(a+1..a+c) before it looks at the first item; numbers of items among them become ints; R(a) := R(a+1) is a closure that takes as many items as x gives it
        CheckStage { a: Window, c: Count, x: Native }
        /// R(a) += R(b), R(a+1) += 1; raise unless R(b) is a number: in the name of `sum`, with flag 1 of `mean`
        SumStep { a: Window2, b: In, c: Flags }
        /// R(a) := R(b) where R(a) is unset or NaN, or R(b) stands in front of it (flag 1: behind it)
        ExtremeStep { a: InOut, b: In, c: Flags }
        /// if R(b) equals one of those that R(a) has seen: ip += x, else R(a) has seen it; R(a) is nil at first
        UniqueStep { a: InOut, b: In, x: Jump }
        /// append R(b) to the group of the container R(a) whose key is the text of R(c)
        GroupStep { a: In, b: In, c: In }
        /// count one more in the container R(a) under the text of R(b)
        CountStep { a: In, b: In }
        // ---- containers
        /// R(a) := [R(b), …, R(b+c-1)]
        NewContainer { a: Out, b: WindowIn, c: Count }
        /// R(a) := the same values, each under its key in K(x), a list of keys
        NewKeyed { a: Out, b: WindowIn, c: Count, x: WideConst, y: Cache }
        /// append R(b) to the container R(a)
        Append { a: In, b: In }
        /// append R(b) to the container R(a), under the key R(c) unless that is nil
        PushItem { a: In, b: In, c: In }
        /// R(a) := R(b)[R(c)]
        GetIndex { a: Out, b: In, c: In }
        /// R(a) := R(b)[R(c)], nil where the key or position is missing
        GetIndexOpt { a: Out, b: In, c: In }
        /// R(a) := R(b)?[R(c)]
        GetIndexSafe { a: Out, b: In, c: In }
        /// R(a) := R(b)[c]
        GetIndexI { a: Out, b: In, c: Small }
        /// R(a)[R(b)] := R(c)
        SetIndex { a: In, b: In, c: In }
        /// R(a) := R(b).K(c)
        GetField { a: Out, b: In, c: Const, x: Cache, y: Cache }
        /// R(a) := R(b).K(c), nil where the key is missing
        GetFieldOpt { a: Out, b: In, c: Const, x: Cache, y: Cache }
        /// R(a) := R(b)?.K(c)
        GetFieldSafe { a: Out, b: In, c: Const, x: Cache, y: Cache }
        /// R(a).K(b) := R(c)
        SetField { a: In, b: Const, c: In, x: Cache, y: Cache }
        /// raise unless the container R(a) has b values (flag 1: at least b)
        CheckCount { a: In, b: Count, c: Flags }
        /// R(a) := the values of the container R(b) from position c on
        SliceFrom { a: Out, b: In, c: Count }
        /// R(a) := the range from R(b) to R(b+1); flag 1 `..=`, 2 no start, 4 no end
        Range { a: Out, b: Window2In, c: Flags }
        // ---- text
        /// R(a) := the texts of R(b), …, R(b+c-1) joined
        Concat { a: Out, b: WindowIn, c: Count }
        /// R(a) := text of R(b) in format K(c)
        Format { a: Out, b: In, c: Const }
        // ---- calls: arguments in R(a..a+c), result in R(a)
        /// call R(b)
        Call { a: Window, b: In, c: Count }
        /// call S(x)
        CallSlot { a: Window, c: Count, x: Slot, y: Cache }
        /// call U(b)
        CallUpvalue { a: Window, b: Upvalue, c: Count }
        /// call native x; the arguments stand in the order of its parameters, unset where one is left out, surplus ones last
        CallNative { a: Window, c: Count, x: Native }
        /// call R(b) with positional, then named arguments, whose names K(x) lists (a list of keys as long as the named ones)
        CallNamed { a: Window, b: In, c: Count, x: WideConst, y: Cache }
        /// call R(b) with the arguments in container R(a): bare ones by position, keyed ones by name
        CallSpread { a: Window, b: In, c: Count }
        /// R(a).K(x)(R(a+1), …): if R(a) is a container whose key K(x) holds a function, call that with R(a+1..a+c), else R(b) with R(a..a+c); nil in R(b): raise :name
        CallMethod { a: Window, b: In, c: Count, x: WideConst, y: Cache }
        /// as CallMethod with native y in place of R(b); the arguments as written
        CallMethodNative { a: Window, c: Count, x: WideConst, y: Native }
        /// R(a) := the function under key K(c) of container R(b), else nil
        FindMethod { a: Out, b: In, c: Const }
        /// return R(a)
        Return { a: In }
        /// return nil
        ReturnNil {}
        // ---- the machine's own; never in a chunk
        /// leave the loop
        Halt {}
        /// run the current native's next step
        NativeStep {}
        /// the merge of `sort` whose state begins at R(a): take what R(b), the answer of R(c), says, and compare the next two; at the end of a run: as NativeStep
        MergeStep { a: In, b: In, c: In }
        }
    };
}

macro_rules! kind_type {
    (Out) => {
        Reg
    };
    (In) => {
        Reg
    };
    (InOut) => {
        Reg
    };
    (Window) => {
        Reg
    };
    (WindowIn) => {
        Reg
    };
    (Window2) => {
        Reg
    };
    (Window2In) => {
        Reg
    };
    (Window3) => {
        Reg
    };
    (Window5) => {
        Reg
    };
    (Cell) => {
        Reg
    };
    (Count) => {
        u16
    };
    (Small) => {
        i16
    };
    (Flags) => {
        u16
    };
    (Const) => {
        u16
    };
    (WideConst) => {
        u32
    };
    (Int) => {
        i32
    };
    (Jump) => {
        i32
    };
    (Proto) => {
        u32
    };
    (Slot) => {
        u32
    };
    (Native) => {
        u32
    };
    (Upvalue) => {
        u16
    };
    (UpCell) => {
        u16
    };
    (Cache) => {
        u32
    };
}

macro_rules! field_of {
    (a) => {
        Field::A
    };
    (b) => {
        Field::B
    };
    (c) => {
        Field::C
    };
    (w) => {
        Field::W
    };
    (x) => {
        Field::X
    };
    (y) => {
        Field::Y
    };
}

macro_rules! shift_of {
    (a) => {
        (0, 16)
    };
    (b) => {
        (0, 32)
    };
    (c) => {
        (0, 48)
    };
    (w) => {
        (0, 32)
    };
    (x) => {
        (1, 0)
    };
    (y) => {
        (1, 32)
    };
}

macro_rules! define {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:ident: $kind:ident),* })*) => {
        /// The number of an instruction.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Op {
            $($(#[doc = $doc])* $name,)*
        }

        /// An instruction in its typed form: what the compiler writes and the
        /// listing reads.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "the fields are the operands that the row's effect names")]
        pub enum Instr {
            $($(#[doc = $doc])* $name { $($field: kind_type!($kind)),* },)*
        }

        impl Op {
            /// Every opcode, in order of its number.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// Its name in the listing.
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name),)* }
            }

            /// Its effect in symbols.
            pub const fn effect(self) -> &'static str {
                match self { $(Op::$name => concat!($($doc),*),)* }
            }

            /// Its operands, in the order of the row.
            #[inline]
            pub const fn operands(self) -> &'static [Operand] {
                const OPERANDS: &[&[Operand]] = &[
                    $(&[$(Operand { field: field_of!($field), kind: Kind::$kind }),*]),*
                ];
                OPERANDS[self as usize]
            }
        }

        impl Instr {
            /// Its opcode.
            pub const fn op(self) -> Op {
                match self { $(Instr::$name { .. } => Op::$name,)* }
            }

            /// Its words; the second is used where [`Op::words`] is 2.
            pub fn encode(self) -> [u64; 2] {
                match self { $(Instr::$name { $($field),* } => {
                    #[allow(unused_mut, reason = "some instructions have no operands")]
                    let mut words = [Op::$name as u64, 0];
                    $(
                        let (word, shift): (usize, u32) = shift_of!($field);
                        words[word] |= u64::from($field.bits()) << shift;
                    )*
                    words
                })* }
            }

            /// The instruction with these words, whose opcode is `op`.
            pub fn decode(op: Op, words: [u64; 2]) -> Instr {
                match op { $(Op::$name => Instr::$name {
                    $($field: {
                        let (word, shift): (usize, u32) = shift_of!($field);
                        Encode::from_bits((words[word] >> shift) as u32)
                    }),*
                },)* }
            }
        }
    };
}

opcodes!(define);

/// The lengths of all instructions in words.
const WORDS: [u8; Op::ALL.len()] = {
    let mut table = [1; Op::ALL.len()];
    let mut i = 0;
    while i < table.len() {
        let operands = Op::ALL[i].operands();
        let mut at = 0;
        while at < operands.len() {
            if matches!(operands[at].field, Field::X | Field::Y) {
                table[i] = 2;
            }
            at += 1;
        }
        i += 1;
    }
    table
};

impl Op {
    /// The opcode with this number.
    #[inline]
    pub fn from_u16(number: u16) -> Option<Op> {
        Op::ALL.get(usize::from(number)).copied()
    }

    /// The length of the instruction in 64-bit words: 1 or 2.
    #[inline]
    pub const fn words(self) -> usize {
        WORDS[self as usize] as usize
    }

    /// Whether it is the machine's own and never in a chunk.
    pub const fn is_internal(self) -> bool {
        matches!(self, Op::Halt | Op::NativeStep | Op::MergeStep)
    }

    /// Whether it counts a step when it jumps: only such a one may go back, so that no
    /// loop escapes the limits.
    pub const fn counts_steps(self) -> bool {
        let name = self.name().as_bytes();
        matches!(name, [b'L', b'o', b'o', b'p', ..]) || matches!(self, Op::ForLoop | Op::IterNext | Op::IterStream)
    }

    /// Whether the instruction after it may be reached from it only by a jump.
    pub const fn diverts(self) -> bool {
        matches!(self, Op::Jump | Op::Loop | Op::Return | Op::ReturnNil | Op::Halt | Op::NativeStep | Op::MergeStep)
    }
}

impl Operand {
    /// Its bits in an instruction's words, sign not extended.
    #[inline]
    pub fn bits(self, words: [u64; 2]) -> u32 {
        let (word, shift, mask) = self.field.place();
        (words[word] >> shift) as u32 & mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_round_trips() {
        let samples = [
            Instr::Move { a: Reg(1), b: Reg(65535) },
            Instr::LoadInt { a: Reg(3), w: -7 },
            Instr::AddI { a: Reg(1), b: Reg(2), c: -32768 },
            Instr::JumpNotLtI { a: Reg(9), c: -1, x: -100_000 },
            Instr::CallSlot { a: Reg(4), c: 2, x: 77, y: 0 },
            Instr::ReturnNil {},
        ];
        for instr in samples {
            let words = instr.encode();
            let op = Op::from_u16(words[0] as u16).expect("an opcode");
            assert_eq!(Instr::decode(op, words), instr);
        }
    }

    #[test]
    fn fields_do_not_overlap() {
        for op in Op::ALL {
            let mut seen = [0u64; 2];
            for operand in op.operands() {
                let (word, mask) = match operand.field {
                    Field::A => (0, 0xffff << 16),
                    Field::B => (0, 0xffff << 32),
                    Field::C => (0, 0xffff << 48),
                    Field::W => (0, 0xffff_ffff << 32),
                    Field::X => (1, 0xffff_ffff),
                    Field::Y => (1, 0xffff_ffff << 32),
                };
                assert_eq!(seen[word] & mask, 0, "{} uses a field twice", op.name());
                seen[word] |= mask;
            }
        }
    }
}
