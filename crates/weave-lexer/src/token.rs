//! What tokens there are. A token is its kind and its bytes; the text itself
//! stays in the source.

use weave_bytecode::span::Span;

/// One piece of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Which bytes it covers.
    pub span: Span,
}

/// What is wrong with the bytes of an error token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LexError {
    /// A character that begins no token.
    Character,
    /// A number with letters behind it: `12px`, `0b12`, `0x`.
    Number,
    /// `_` in a number that does not stand between two digits.
    Underscore,
    /// `\` with something behind it that is no escape.
    Escape,
    /// Empty, where a string, `"""` text or shell literal should have ended.
    /// It stands in place of [`TokenKind::TextEnd`].
    Unterminated,
    /// `'…` or `re'…` without its closing quote, up to the end of the source.
    UnterminatedRaw,
    /// Empty, in front of an interpolation inside the double quotes of a
    /// shell literal.
    QuotedInterpolation,
    /// `===`
    TripleEqual,
    /// `!==`
    NotDoubleEqual,
    /// `<>`
    LessGreater,
    /// `++`
    PlusPlus,
    /// `->`
    ThinArrow,
    /// `=>`
    FatArrow,
    /// `>>`
    ShiftRight,
    /// `&&=`
    AndEqual,
    /// `||=`
    OrEqual,
    /// `|=`, `&=`, `<<=` or another operator that takes no `=`.
    OperatorEqual,
    /// `:=`
    ColonEqual,
    /// `?` on its own.
    Question,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "keywords and operators are what their names say")]
pub enum TokenKind {
    /// Spaces, tabs and a leading byte order mark.
    Blank,
    /// `#` up to the end of the line, without the line break.
    Comment,
    /// LF, or CR and LF.
    Newline,
    /// Empty, and the last token of every source.
    End,
    /// Bytes that are no token.
    Error(LexError),

    /// An identifier that is no keyword.
    Name,
    /// `42`, `0xff`
    Int,
    /// `1.5`, `1e9`
    Float,
    /// `'…'`
    RawString,
    /// `re'…'`
    Regex,

    /// The `"` that begins a string.
    StringStart,
    /// The `"""` that begins one.
    TripleStart,
    /// The backquote that begins a shell literal.
    ShellStart,
    /// Characters of a string or shell literal that stand for themselves.
    Text,
    /// One escape sequence.
    Escape,
    /// The `{` that begins an interpolation.
    InterpolationOpen,
    /// The `:` of an interpolation and the format behind it.
    Format,
    /// The `}` that ends an interpolation.
    InterpolationClose,
    /// The quotes that end a string or shell literal.
    TextEnd,

    And,
    Break,
    Catch,
    Continue,
    Else,
    False,
    Fn,
    For,
    If,
    Import,
    In,
    Let,
    Match,
    Nil,
    Not,
    Or,
    Return,
    True,
    Try,
    While,

    ParenOpen,
    ParenClose,
    BracketOpen,
    /// `?[`
    QuestionBracket,
    BracketClose,
    BraceOpen,
    BraceClose,
    Comma,
    Semicolon,
    Colon,
    Dot,
    /// `?.`
    QuestionDot,
    /// `..`
    DotDot,
    /// `..=`
    DotDotEqual,
    Caret,

    /// `=`
    Assign,
    PlusAssign,
    MinusAssign,
    StarAssign,
    SlashAssign,
    DoubleSlashAssign,
    PercentAssign,
    PowerAssign,
    CoalesceAssign,

    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// `<<`
    Append,
    Plus,
    Minus,
    Star,
    Slash,
    DoubleSlash,
    Percent,
    /// `**`
    Power,
    /// `??`
    Coalesce,
    /// `|`
    Bar,
    /// `&`
    Ampersand,
    /// `!&`
    NotAmpersand,
    /// `||`
    DoubleBar,
    /// `&&`
    DoubleAmpersand,
    /// `!`
    Bang,
    /// `|>`
    PipeApply,
    /// `*>`
    PipeMap,
    /// `?>`
    PipeFilter,
    /// `&>`
    PipeFold,
}

impl TokenKind {
    /// Whether a parser passes over it.
    pub const fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Blank | TokenKind::Comment | TokenKind::Newline)
    }

    /// The keyword that this text is.
    pub fn keyword(text: &str) -> Option<TokenKind> {
        Some(match text {
            "and" => TokenKind::And,
            "break" => TokenKind::Break,
            "catch" => TokenKind::Catch,
            "continue" => TokenKind::Continue,
            "else" => TokenKind::Else,
            "false" => TokenKind::False,
            "fn" => TokenKind::Fn,
            "for" => TokenKind::For,
            "if" => TokenKind::If,
            "import" => TokenKind::Import,
            "in" => TokenKind::In,
            "let" => TokenKind::Let,
            "match" => TokenKind::Match,
            "nil" => TokenKind::Nil,
            "not" => TokenKind::Not,
            "or" => TokenKind::Or,
            "return" => TokenKind::Return,
            "true" => TokenKind::True,
            "try" => TokenKind::Try,
            "while" => TokenKind::While,
            _ => return None,
        })
    }

    /// Whether it is a keyword, which is a plain name behind `.`, `?.` and the
    /// `:` of a symbol, and as a key.
    pub const fn is_keyword(self) -> bool {
        matches!(
            self,
            TokenKind::And
                | TokenKind::Break
                | TokenKind::Catch
                | TokenKind::Continue
                | TokenKind::Else
                | TokenKind::False
                | TokenKind::Fn
                | TokenKind::For
                | TokenKind::If
                | TokenKind::Import
                | TokenKind::In
                | TokenKind::Let
                | TokenKind::Match
                | TokenKind::Nil
                | TokenKind::Not
                | TokenKind::Or
                | TokenKind::Return
                | TokenKind::True
                | TokenKind::Try
                | TokenKind::While
        )
    }
}
