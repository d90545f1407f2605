//! The parser's state and its steps through the tokens.

use crate::ast::{Block, BlockId, Expr, ExprId, FnId, Function, Node, PatId, Pattern, Stmt, StmtId, TokenId, Tree};
use crate::error::CompileError;
use crate::parser::expr::Pending;
use crate::parser::table::continues_line;
use crate::symbols::{Name, Names};
use weave_bytecode::span::Span;
use weave_lexer::{LexError, Token, TokenKind};

/// Marks a bracket without a partner.
pub(super) const NO_PARTNER: u32 = u32::MAX;

/// A token that is neither blank nor comment, with what stood before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) kind: TokenKind,
    /// Whether it is the first of its line.
    pub(super) line_start: bool,
    /// Whether anything, if only a blank, separates it from the token before.
    pub(super) spaced: bool,
    pub(super) token: TokenId,
    /// For an opening bracket: the index of the one that closes it.
    pub(super) partner: u32,
}

/// What the surroundings mean for a statement or a line break.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// Whether a newline ends a statement: not inside `(…)` and `[…]`.
    pub(super) newlines: bool,
    /// Whether `break` and `continue` have a loop.
    pub(super) in_loop: bool,
    /// Whether `return` has a function.
    pub(super) in_function: bool,
    /// Whether this is no block's inside.
    pub(super) top_level: bool,
}

pub(super) struct Parser<'s, 'n> {
    pub(super) source: &'s str,
    pub(super) names: &'n mut Names,
    pub(super) tree: Tree,
    /// Ends with [`TokenKind::End`], which is never passed.
    pub(super) items: Vec<Item>,
    /// Index of the next item.
    pub(super) at: usize,
    pub(super) context: Context,
    /// Operators that wait for their right side; see `expr.rs`.
    pub(super) pending: Vec<Pending>,
    /// Brackets, blocks and conditions that are open here.
    pub(super) depth: u32,
    /// Set where a limit ended the parse: then everything else is silent.
    pub(super) aborted: bool,
    pub(super) errors: Vec<CompileError>,
    /// How many errors there were, those that are not kept included.
    pub(super) error_count: usize,
    /// Where the last error was reported: a second one there says nothing new.
    pub(super) error_at: Option<usize>,
    /// How many errors more text at the end could mend.
    pub(super) errors_at_end: usize,
    /// Whether the source ended where something had to follow.
    pub(super) wants_more: bool,
    /// Whether the source ends inside of a string or shell literal.
    pub(super) open_text: bool,
}

impl<'s, 'n> Parser<'s, 'n> {
    pub(super) fn new(source: &'s str, tokens: Vec<Token>, names: &'n mut Names) -> Parser<'s, 'n> {
        let items = items(&tokens);
        let tree = Tree {
            tokens,
            exprs: Vec::with_capacity(items.len() / 2),
            stmts: Vec::new(),
            blocks: Vec::new(),
            functions: Vec::new(),
            patterns: Vec::new(),
            root: BlockId(0),
        };
        Parser {
            source,
            names,
            tree,
            items,
            at: 0,
            context: Context { newlines: true, in_loop: false, in_function: false, top_level: true },
            pending: Vec::new(),
            depth: 0,
            aborted: false,
            errors: Vec::new(),
            error_count: 0,
            error_at: None,
            errors_at_end: 0,
            wants_more: false,
            open_text: false,
        }
    }

    /// The next item; the last one is always the end.
    pub(super) fn item(&self) -> Item {
        self.item_at(0)
    }

    /// The item so many places ahead.
    pub(super) fn item_at(&self, ahead: usize) -> Item {
        let last = self.items.len() - 1;
        self.items[(self.at + ahead).min(last)]
    }

    /// The kind of the next token.
    pub(super) fn peek(&self) -> TokenKind {
        self.item().kind
    }

    /// The kind of the token so many places ahead.
    pub(super) fn peek_at(&self, ahead: usize) -> TokenKind {
        self.item_at(ahead).kind
    }

    /// The next token.
    pub(super) fn token(&self) -> TokenId {
        self.item().token
    }

    /// The last token that was passed.
    pub(super) fn last(&self) -> TokenId {
        self.items[self.at.saturating_sub(1)].token
    }

    /// Passes the next token, but never the end.
    pub(super) fn bump(&mut self) -> TokenId {
        let token = self.token();
        if self.at + 1 < self.items.len() {
            self.at += 1;
        }
        token
    }

    /// Passes the next token where it is of this kind.
    pub(super) fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn text_of(&self, token: TokenId) -> &'s str {
        self.source.get(self.tree.token_span(token).range()).unwrap_or_default()
    }

    pub(super) fn span_of(&self, token: TokenId) -> Span {
        self.tree.token_span(token)
    }

    /// Interns the text of a token.
    pub(super) fn name_of(&mut self, token: TokenId) -> Name {
        let text = self.text_of(token);
        self.names.intern(text)
    }

    /// Whether the next token is a name or a keyword that can stand for one.
    pub(super) fn at_plain_name(&self) -> bool {
        let kind = self.peek();
        kind == TokenKind::Name || kind.is_keyword()
    }

    /// Whether the next item begins a line, and that ends the statement.
    pub(super) fn at_line_break(&self) -> bool {
        let item = self.item();
        self.context.newlines && item.line_start && !continues_line(item.kind)
    }

    /// Whether a statement can end before the next token.
    pub(super) fn at_statement_end(&self) -> bool {
        self.peek() == TokenKind::Semicolon || self.at_line_break() || is_closer(self.peek())
    }

    pub(super) fn add(&mut self, kind: Expr, first: TokenId) -> ExprId {
        let last = TokenId(self.last().0.max(first.0));
        self.tree.exprs.push(Node { kind, first, last });
        ExprId(self.tree.exprs.len() as u32 - 1)
    }

    pub(super) fn add_stmt(&mut self, kind: Stmt, first: TokenId) -> StmtId {
        let last = TokenId(self.last().0.max(first.0));
        self.tree.stmts.push(Node { kind, first, last });
        StmtId(self.tree.stmts.len() as u32 - 1)
    }

    pub(super) fn add_block(&mut self, kind: Block, first: TokenId, last: TokenId) -> BlockId {
        self.tree.blocks.push(Node { kind, first, last: TokenId(last.0.max(first.0)) });
        BlockId(self.tree.blocks.len() as u32 - 1)
    }

    pub(super) fn add_function(&mut self, kind: Function, first: TokenId) -> FnId {
        let last = TokenId(self.last().0.max(first.0));
        self.tree.functions.push(Node { kind, first, last });
        FnId(self.tree.functions.len() as u32 - 1)
    }

    pub(super) fn add_pattern(&mut self, kind: Pattern, first: TokenId) -> PatId {
        let last = TokenId(self.last().0.max(first.0));
        self.tree.patterns.push(Node { kind, first, last });
        PatId(self.tree.patterns.len() as u32 - 1)
    }

    /// An expression that could not be read, at the next token.
    pub(super) fn error_expr(&mut self) -> ExprId {
        let first = self.token();
        self.add(Expr::Error, first)
    }
}

/// Whether a token ends whatever surrounds it, blocks included.
pub(super) fn is_closer(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::BraceClose
            | TokenKind::InterpolationClose
            | TokenKind::Format
            | TokenKind::TextEnd
            | TokenKind::End
            | TokenKind::Error(LexError::Unterminated)
    )
}

/// Picks the tokens that the grammar is made of and pairs the brackets.
fn items(tokens: &[Token]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::with_capacity(tokens.len());
    let (mut line_start, mut spaced) = (true, true);
    for (index, token) in tokens.iter().enumerate() {
        if token.kind.is_trivia() {
            line_start |= token.kind == TokenKind::Newline;
            spaced = true;
            continue;
        }
        let token_id = TokenId(index as u32);
        items.push(Item { kind: token.kind, line_start, spaced, token: token_id, partner: NO_PARTNER });
        (line_start, spaced) = (false, false);
    }
    pair(&mut items);
    items
}

/// How far down the stack a closing bracket looks for its partner past
/// brackets that nobody closed. A bound keeps the pairing linear.
const PARTNER_SEARCH: usize = 8;

/// Finds the closing bracket of each opening one, so that recovery knows where
/// a broken list ends. `)` and `]` never reach out of a block, nothing reaches
/// out of an interpolation.
fn pair(items: &mut [Item]) {
    let mut open: Vec<usize> = Vec::new();
    for index in 0..items.len() {
        let kind = items[index].kind;
        let opening: &[TokenKind] = match kind {
            TokenKind::ParenOpen
            | TokenKind::BracketOpen
            | TokenKind::QuestionBracket
            | TokenKind::BraceOpen
            | TokenKind::InterpolationOpen => {
                open.push(index);
                continue;
            }
            TokenKind::ParenClose => &[TokenKind::ParenOpen],
            TokenKind::BracketClose => &[TokenKind::BracketOpen, TokenKind::QuestionBracket],
            TokenKind::BraceClose => &[TokenKind::BraceOpen],
            TokenKind::InterpolationClose => &[TokenKind::InterpolationOpen],
            _ => continue,
        };
        let fence = |open: TokenKind| match kind {
            TokenKind::InterpolationClose => false,
            TokenKind::BraceClose => open == TokenKind::InterpolationOpen,
            _ => matches!(open, TokenKind::BraceOpen | TokenKind::InterpolationOpen),
        };
        let reach = if kind == TokenKind::InterpolationClose { open.len() } else { PARTNER_SEARCH };
        let found = open.iter().rev().take(reach).take_while(|i| !fence(items[**i].kind));
        if let Some(up) = found.into_iter().position(|i| opening.contains(&items[*i].kind)) {
            let partner = open[open.len() - 1 - up];
            open.truncate(open.len() - 1 - up);
            items[partner].partner = index as u32;
        }
    }
}
