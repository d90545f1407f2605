//! The syntax tree: an arena of nodes that name each other by index, so that
//! no depth of nesting makes dropping it recurse, and every node knows its
//! first and last token. Nodes have no behaviour.
//!
//! Broken source yields [`Expr::Error`] and [`Stmt::Error`] nodes beside the
//! reported errors, so a tree always covers the whole text.

use crate::symbols::Name;
use weave_bytecode::span::Span;
use weave_lexer::Token;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub struct $name(pub u32);
    )*};
}

ids! {
    /// An expression in [`Tree::exprs`].
    ExprId,
    /// A statement in [`Tree::stmts`].
    StmtId,
    /// A `{ … }` body in [`Tree::blocks`].
    BlockId,
    /// A function in [`Tree::functions`].
    FnId,
    /// A binding pattern or assignment target in [`Tree::patterns`].
    PatId,
    /// A token in [`Tree::tokens`].
    TokenId,
}

/// A node with the tokens it spans, both included.
#[derive(Clone, Debug)]
pub struct Node<T> {
    /// What it is.
    pub kind: T,
    /// Its first token that is neither blank nor comment.
    pub first: TokenId,
    /// Its last token.
    pub last: TokenId,
}

/// One parsed source. The program is `blocks[root]`.
#[derive(Debug)]
pub struct Tree {
    /// Every token of the source, comments and newlines included: their spans
    /// cover every byte in order.
    pub tokens: Vec<Token>,
    /// All expressions.
    pub exprs: Vec<Node<Expr>>,
    /// All statements.
    pub stmts: Vec<Node<Stmt>>,
    /// All bodies.
    pub blocks: Vec<Node<Block>>,
    /// All functions, lambdas and getters.
    pub functions: Vec<Node<Function>>,
    /// All patterns and targets.
    pub patterns: Vec<Node<Pattern>>,
    /// The top level.
    pub root: BlockId,
}

/// A list of statements.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// In source order.
    pub stmts: Vec<StmtId>,
}

/// A piece of text or an interpolated expression.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text with its escapes resolved.
    Text(Box<str>),
    /// `{expr}` or `{expr:format}`.
    Value {
        /// The expression between the braces.
        expr: ExprId,
        /// The format as it is written after the colon, already checked.
        format: Option<Box<str>>,
    },
}

/// The key of an element, argument or key pattern.
#[derive(Clone, Debug)]
pub enum Key {
    /// `name:` or `"text":` without interpolation.
    Text(Box<str>),
    /// `"{k}":`, text made when it runs.
    Computed(ExprId),
}

/// One element of a container literal, or one argument of a call.
#[derive(Clone, Debug)]
pub enum Element {
    /// `expr`
    Value(ExprId),
    /// `key: expr`
    Keyed {
        /// The part before the colon. In a call it is a parameter's name.
        key: Key,
        /// Span of the key.
        key_token: TokenId,
        /// The part after the colon.
        value: ExprId,
    },
    /// `*expr`
    Spread(ExprId),
}

/// Prefix operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// `-x`
    Negate,
    /// `!x` and `not x`
    Not,
}

/// Infix operators that always evaluate both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the operator of its name")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    /// `<<`
    Append,
    /// `|`
    Union,
    /// `&`
    Intersection,
    /// `!&`
    Difference,
}

/// Infix operators whose right side may not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogicOp {
    /// `and`, `&&`
    And,
    /// `or`, `||`
    Or,
    /// `??`
    Coalesce,
}

/// The pipeline operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PipeOp {
    /// `|>`
    Apply,
    /// `*>`
    Map,
    /// `?>`
    Filter,
    /// `&>`
    Fold,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// Source that could not be read; an error was reported.
    Error,
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// An integer literal.
    Int(i64),
    /// A float literal.
    Float(f64),
    /// A string without interpolation, or a symbol: the same value.
    Str(Box<str>),
    /// A string with interpolations.
    Interpolated(Vec<Part>),
    /// `re'…'`, the pattern's text.
    Regex(Box<str>),
    /// A shell literal between backquotes.
    Shell(Vec<Part>),
    /// A variable or function.
    Name(Name),
    /// `[…]`
    Container(Vec<Element>),
    /// `(expr)`
    Paren(ExprId),
    /// A prefix operator.
    Unary {
        /// Which one.
        op: UnaryOp,
        /// What it applies to.
        operand: ExprId,
    },
    /// An infix operator that evaluates both sides.
    Binary {
        /// Which one.
        op: BinaryOp,
        /// Evaluated first.
        left: ExprId,
        /// Evaluated second.
        right: ExprId,
    },
    /// `and`, `or`, `??`
    Logic {
        /// Which one.
        op: LogicOp,
        /// Always evaluated.
        left: ExprId,
        /// Evaluated where the left side does not decide.
        right: ExprId,
    },
    /// `left |> right` and its kin. Chains lean left.
    Pipe {
        /// Which one.
        op: PipeOp,
        /// The source or the chain so far.
        left: ExprId,
        /// One operand with its postfixes.
        right: ExprId,
    },
    /// `a..b`, `a..=b`, with open ends.
    Range {
        /// `None` where the start is open (inside an index only).
        start: Option<ExprId>,
        /// `None` where the end is open.
        end: Option<ExprId>,
        /// `..=`
        inclusive: bool,
    },
    /// `callee(args)`
    Call {
        /// What is called.
        callee: ExprId,
        /// Positional arguments, then named ones; spreads anywhere.
        args: Vec<Element>,
    },
    /// `object.name(args)`, `object?.name(args)`
    Method {
        /// The receiver.
        object: ExprId,
        /// The key of a function in it, or a function in scope.
        name: Name,
        /// The token of the name.
        name_token: TokenId,
        /// `?.`
        safe: bool,
        /// As in a call.
        args: Vec<Element>,
    },
    /// `object[index]`, `object?[index]`
    Index {
        /// The container or text.
        object: ExprId,
        /// Key, position or range.
        index: ExprId,
        /// `?[`
        safe: bool,
    },
    /// `object.name`, `object?.name`
    Field {
        /// The container.
        object: ExprId,
        /// The key.
        name: Name,
        /// The token of the name.
        name_token: TokenId,
        /// `?.`
        safe: bool,
    },
    /// A lambda, an anonymous `fn` or a getter.
    Function(FnId),
    /// `if c { a } else …`
    If {
        /// The condition.
        condition: ExprId,
        /// Where it holds.
        then: BlockId,
        /// A [`Expr::Block`] or another [`Expr::If`]. Chains of any length
        /// nest to the right here; walk them in a loop.
        otherwise: Option<ExprId>,
    },
    /// `{ … }`
    Block(BlockId),
    /// `try { … } catch e { … }`
    Try {
        /// What may raise.
        body: BlockId,
        /// The name that binds the error.
        name: Option<(Name, TokenId)>,
        /// What runs when it did.
        handler: BlockId,
    },
}

/// How a function was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FnKind {
    /// `fn name(…) { … }`
    Declared,
    /// `fn(…) { … }`
    Anonymous,
    /// `^(…) { … }` or `^{ … }` with its parameter `it`.
    Lambda,
    /// `.a.b[0]`: one parameter, a hidden name that no source can spell.
    Getter,
}

/// A function of any kind.
#[derive(Clone, Debug)]
pub struct Function {
    /// How it was written.
    pub kind: FnKind,
    /// Its name, where it has one.
    pub name: Option<(Name, TokenId)>,
    /// In order; only the last may be `rest`.
    pub params: Vec<Param>,
    /// Its statements.
    pub body: BlockId,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// A name, or a pattern that takes the argument apart.
    pub pattern: PatId,
    /// The expression behind the colon.
    pub default: Option<ExprId>,
    /// `*name`
    pub rest: bool,
}

/// What stands left of `=`, after `let`, in `for` and in parameter lists.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Source that could not be read; an error was reported.
    Error,
    /// A variable.
    Name(Name),
    /// `c.k` or `c[e]`: an [`Expr::Field`] or [`Expr::Index`]. Assignments only.
    Place(ExprId),
    /// `[a, *rest, key: b]`
    Container(Vec<PatternElement>),
}

/// One element of a container pattern.
#[derive(Clone, Debug)]
pub enum PatternElement {
    /// By position.
    Positional(PatId),
    /// `*rest`, at most one and last among the positional ones.
    Rest(PatId),
    /// `key: pattern`
    Keyed {
        /// The key's text.
        key: Box<str>,
        /// What takes its value.
        pattern: PatId,
    },
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Stmt {
    /// Source that could not be read; an error was reported.
    Error,
    /// An expression for its value or effect. `print x` is a call here.
    Expr(ExprId),
    /// `let pattern = value`
    Let {
        /// Fresh bindings of the block.
        pattern: PatId,
        /// Evaluated before they are visible.
        value: ExprId,
    },
    /// `target = value`, `target op= value`
    Assign {
        /// What is assigned.
        target: PatId,
        /// `None` for plain `=`.
        op: Option<AssignOp>,
        /// The right side.
        value: ExprId,
    },
    /// `fn name(…) { … }`
    Function(FnId),
    /// `while condition { … }`
    While {
        /// Tested before each run.
        condition: ExprId,
        /// The body.
        body: BlockId,
    },
    /// `for v in source { … }`, `for k, v in source { … }`
    For {
        /// The key or position, where two patterns are given.
        key: Option<PatId>,
        /// The item.
        value: PatId,
        /// Evaluated once.
        source: ExprId,
        /// The body.
        body: BlockId,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`, `return expr`
    Return(Option<ExprId>),
    /// `import "path" as name`
    Import {
        /// The path as written.
        path: Box<str>,
        /// What binds the module.
        name: Name,
        /// The name's token.
        name_token: TokenId,
    },
}

/// The operator of an `op=`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssignOp {
    /// `+= -= *= /= //= %= **=`
    Binary(BinaryOp),
    /// `??=`
    Coalesce,
}

impl Tree {
    /// The source range from a node's first token to its last.
    pub fn span_between(&self, first: TokenId, last: TokenId) -> Span {
        self.tokens[first.0 as usize].span.to(self.tokens[last.0 as usize].span)
    }

    /// The source range of an expression.
    pub fn expr_span(&self, id: ExprId) -> Span {
        let node = &self.exprs[id.0 as usize];
        self.span_between(node.first, node.last)
    }

    /// The source range of a token.
    pub fn token_span(&self, id: TokenId) -> Span {
        self.tokens[id.0 as usize].span
    }
}

macro_rules! index {
    ($($id:ident => $field:ident: $node:ty),* $(,)?) => {$(
        impl std::ops::Index<$id> for Tree {
            type Output = Node<$node>;
            fn index(&self, id: $id) -> &Node<$node> {
                &self.$field[id.0 as usize]
            }
        }
    )*};
}

index! {
    ExprId => exprs: Expr,
    StmtId => stmts: Stmt,
    BlockId => blocks: Block,
    FnId => functions: Function,
    PatId => patterns: Pattern,
}
