//! Operands: literals, names, brackets, and what is written like a statement
//! but has a value.

use crate::ast::{Expr, ExprId, TokenId};
use crate::parser::cursor::Parser;
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// One operand with its postfixes. Where there is none, reports that and
    /// yields an error node without passing a token.
    pub(super) fn operand(&mut self) -> ExprId {
        if self.peek() == TokenKind::Dot {
            return self.getter();
        }
        let left = self.primary();
        self.postfixes(left)
    }

    /// One operand without postfixes.
    pub(super) fn primary(&mut self) -> ExprId {
        match self.peek() {
            TokenKind::ParenOpen => self.paren(),
            TokenKind::BracketOpen => self.container(),
            TokenKind::StringStart | TokenKind::TripleStart | TokenKind::ShellStart => self.text(),
            TokenKind::Caret => self.lambda(),
            TokenKind::Fn => self.anonymous_fn(),
            TokenKind::If => self.if_expr(),
            TokenKind::Try => self.try_expr(),
            TokenKind::BraceOpen => self.block_expr(),
            TokenKind::Colon => self.symbol(),
            kind => self.simple(kind),
        }
    }

    /// An operand of one token.
    fn simple(&mut self, kind: TokenKind) -> ExprId {
        let first = self.token();
        let expr = match kind {
            TokenKind::Name => Expr::Name(self.name_of(first)),
            TokenKind::Int => return self.int(),
            TokenKind::Float => return self.float(),
            TokenKind::RawString => Expr::Str(self.raw_text(first, 1)),
            TokenKind::Regex => Expr::Regex(self.raw_text(first, 3)),
            TokenKind::Nil => Expr::Nil,
            TokenKind::True => Expr::Bool(true),
            TokenKind::False => Expr::Bool(false),
            TokenKind::Error(weave_lexer::LexError::Unterminated) => return self.missing(),
            TokenKind::Error(_) => {
                // It was reported when the tokens were read.
                self.error_count += 1;
                Expr::Error
            }
            _ => return self.missing(),
        };
        self.bump();
        self.add(expr, first)
    }

    fn paren(&mut self) -> ExprId {
        let open = self.at;
        let first = self.bump();
        if !self.enter() {
            return self.error_expr();
        }
        let saved = self.context;
        self.context.newlines = false;
        if self.peek() == TokenKind::ParenClose {
            self.expected("an expression", "");
        }
        let inner = self.expr();
        self.leave();
        self.context = saved;
        self.close(open, TokenKind::ParenClose);
        self.add(Expr::Paren(inner), first)
    }

    /// `:name`, `:1`, `:"any text"`, with nothing between.
    fn symbol(&mut self) -> ExprId {
        let first = self.bump();
        let item = self.item();
        if item.spaced {
            self.complain_colon(first);
            return self.add(Expr::Error, first);
        }
        match item.kind {
            TokenKind::StringStart | TokenKind::TripleStart => {
                let id = self.text();
                self.tree.exprs[id.0 as usize].first = first;
                id
            }
            TokenKind::RawString => {
                let text = self.raw_text(item.token, 1);
                self.bump();
                self.add(Expr::Str(text), first)
            }
            kind if kind == TokenKind::Name || kind == TokenKind::Int || kind.is_keyword() => {
                let text = self.text_of(item.token);
                self.bump();
                self.add(Expr::Str(text.into()), first)
            }
            _ => {
                self.complain_colon(first);
                self.add(Expr::Error, first)
            }
        }
    }

    #[cold]
    fn complain_colon(&mut self, colon: TokenId) {
        if self.peek() == TokenKind::End {
            self.expected("a symbol's name", "");
            return;
        }
        let span = self.span_of(colon);
        let message = "a `:` where an operand is expected starts a symbol, and no name follows";
        self.complain_at(span, message, "write the name right behind it: `:name`");
    }

    /// Reports a missing operand, in words for the likeliest mistakes.
    #[cold]
    fn missing(&mut self) -> ExprId {
        let statement = "it is a statement: put it in a block, `{ … }`";
        let help = match self.peek() {
            TokenKind::Return | TokenKind::Break | TokenKind::Continue | TokenKind::While | TokenKind::For => statement,
            TokenKind::Let | TokenKind::Import => "it begins a statement of its own",
            TokenKind::Match => "`match` is reserved: use `if … else if …`",
            TokenKind::QuestionDot => "a getter starts with `.`; for a missing key write `^{ it?.name }`",
            TokenKind::DotDot | TokenKind::DotDotEqual => "a range is open at its start only inside an index",
            TokenKind::Star => "`*xs` spreads a container only as an element or argument",
            TokenKind::Plus => "there is no unary `+`",
            TokenKind::Power => "`*xs` also spreads keys, as names",
            _ => "",
        };
        let id = self.error_expr();
        self.expected("an expression", help);
        match self.peek() {
            TokenKind::Match | TokenKind::Plus | TokenKind::Power => {
                self.bump();
                // What follows it was meant as its operand.
                self.error_at = Some(self.at);
            }
            _ => {}
        }
        id
    }
}
