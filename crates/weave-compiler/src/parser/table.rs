//! Precedence, as one table.

use crate::ast::{AssignOp, BinaryOp, LogicOp, PipeOp, UnaryOp};
use weave_lexer::TokenKind;

/// What an infix operator makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Infix {
    Pipe(PipeOp),
    Logic(LogicOp),
    Binary(BinaryOp),
    Range { inclusive: bool },
}

/// A row: what the operator makes, its level, and whether it groups to the
/// right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) infix: Infix,
    pub(super) level: u8,
    pub(super) right: bool,
}

/// The level of comparisons, which do not chain.
pub(super) const COMPARISON: u8 = 5;
/// The level of ranges, which do not chain.
pub(super) const RANGE: u8 = 9;

const fn row(infix: Infix, level: u8) -> Option<Row> {
    Some(Row { infix, level, right: false })
}

const fn right(infix: Infix, level: u8) -> Option<Row> {
    Some(Row { infix, level, right: true })
}

/// The row of an infix operator. Levels are those of `docs/language.md`,
/// section 4; prefix operators and postfixes have the levels in between.
pub(super) const fn infix(kind: TokenKind) -> Option<Row> {
    use TokenKind as T;
    match kind {
        T::PipeApply => row(Infix::Pipe(PipeOp::Apply), 1),
        T::PipeMap => row(Infix::Pipe(PipeOp::Map), 1),
        T::PipeFilter => row(Infix::Pipe(PipeOp::Filter), 1),
        T::PipeFold => row(Infix::Pipe(PipeOp::Fold), 1),
        T::Or | T::DoubleBar => row(Infix::Logic(LogicOp::Or), 2),
        T::And | T::DoubleAmpersand => row(Infix::Logic(LogicOp::And), 3),
        T::Equal => row(Infix::Binary(BinaryOp::Equal), COMPARISON),
        T::NotEqual => row(Infix::Binary(BinaryOp::NotEqual), COMPARISON),
        T::Less => row(Infix::Binary(BinaryOp::Less), COMPARISON),
        T::LessEqual => row(Infix::Binary(BinaryOp::LessEqual), COMPARISON),
        T::Greater => row(Infix::Binary(BinaryOp::Greater), COMPARISON),
        T::GreaterEqual => row(Infix::Binary(BinaryOp::GreaterEqual), COMPARISON),
        T::In => row(Infix::Binary(BinaryOp::In), COMPARISON),
        T::Append => row(Infix::Binary(BinaryOp::Append), 6),
        T::Coalesce => right(Infix::Logic(LogicOp::Coalesce), 7),
        T::Bar => row(Infix::Binary(BinaryOp::Union), 8),
        T::Ampersand => row(Infix::Binary(BinaryOp::Intersection), 8),
        T::NotAmpersand => row(Infix::Binary(BinaryOp::Difference), 8),
        T::DotDot => row(Infix::Range { inclusive: false }, RANGE),
        T::DotDotEqual => row(Infix::Range { inclusive: true }, RANGE),
        T::Plus => row(Infix::Binary(BinaryOp::Add), 10),
        T::Minus => row(Infix::Binary(BinaryOp::Subtract), 10),
        T::Star => row(Infix::Binary(BinaryOp::Multiply), 11),
        T::Slash => row(Infix::Binary(BinaryOp::Divide), 11),
        T::DoubleSlash => row(Infix::Binary(BinaryOp::FloorDivide), 11),
        T::Percent => row(Infix::Binary(BinaryOp::Remainder), 11),
        T::Power => right(Infix::Binary(BinaryOp::Power), 13),
        _ => None,
    }
}

/// A prefix operator and its level.
pub(super) const fn prefix(kind: TokenKind) -> Option<(UnaryOp, u8)> {
    match kind {
        TokenKind::Not => Some((UnaryOp::Not, 4)),
        TokenKind::Minus => Some((UnaryOp::Negate, 12)),
        TokenKind::Bang => Some((UnaryOp::Not, 12)),
        _ => None,
    }
}

/// An assignment operator: `None` inside for plain `=`.
pub(super) const fn assignment(kind: TokenKind) -> Option<Option<AssignOp>> {
    use TokenKind as T;
    Some(match kind {
        T::Assign => None,
        T::PlusAssign => Some(AssignOp::Binary(BinaryOp::Add)),
        T::MinusAssign => Some(AssignOp::Binary(BinaryOp::Subtract)),
        T::StarAssign => Some(AssignOp::Binary(BinaryOp::Multiply)),
        T::SlashAssign => Some(AssignOp::Binary(BinaryOp::Divide)),
        T::DoubleSlashAssign => Some(AssignOp::Binary(BinaryOp::FloorDivide)),
        T::PercentAssign => Some(AssignOp::Binary(BinaryOp::Remainder)),
        T::PowerAssign => Some(AssignOp::Binary(BinaryOp::Power)),
        T::CoalesceAssign => Some(AssignOp::Coalesce),
        _ => return None,
    })
}

/// Whether a token is a pipe operator.
pub(super) const fn is_pipe(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::PipeApply | TokenKind::PipeMap | TokenKind::PipeFilter | TokenKind::PipeFold)
}

/// Whether a line that begins with this token goes on with the line above.
pub(super) const fn continues_line(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::PipeApply
            | T::PipeMap
            | T::PipeFilter
            | T::PipeFold
            | T::Dot
            | T::QuestionDot
            | T::Coalesce
            | T::And
            | T::Or
            | T::DoubleAmpersand
            | T::DoubleBar
            | T::Else
            | T::Catch
    )
}

/// Whether a token can begin an operand, prefix operators included.
pub(super) const fn begins_operand(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Name
            | T::Int
            | T::Float
            | T::RawString
            | T::Regex
            | T::StringStart
            | T::TripleStart
            | T::ShellStart
            | T::Nil
            | T::True
            | T::False
            | T::Fn
            | T::If
            | T::Try
            | T::Caret
            | T::ParenOpen
            | T::BracketOpen
            | T::BraceOpen
            | T::Colon
            | T::Dot
            | T::Minus
            | T::Bang
            | T::Not
    )
}
