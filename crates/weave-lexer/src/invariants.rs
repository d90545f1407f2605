//! What holds for the tokens of every text, for tests and fuzz targets.

use crate::{LexError, Token, TokenKind, lex};

/// Checks that the tokens of a source cover it, that texts and interpolations
/// are balanced, and that the last token is the end. Says what does not hold.
pub fn check(source: &str) -> Result<(), String> {
    let tokens = lex(source);
    covered(source, &tokens)?;
    balanced(&tokens)
}

fn covered(source: &str, tokens: &[Token]) -> Result<(), String> {
    let mut at = 0;
    for token in tokens {
        if token.span.start != at || token.span.end < at {
            return Err(format!("{token:?} does not start at byte {at}"));
        }
        at = token.span.end;
        let text = source.get(token.span.range()).ok_or_else(|| format!("{token:?} splits a character"))?;
        let may_be_empty = matches!(
            token.kind,
            TokenKind::End | TokenKind::Error(LexError::Unterminated | LexError::QuotedInterpolation)
        );
        if text.is_empty() != may_be_empty {
            return Err(format!("{token:?} covers {} bytes", text.len()));
        }
    }
    if at as usize != source.len() {
        return Err(format!("the tokens end at byte {at} of {}", source.len()));
    }
    Ok(())
}

fn balanced(tokens: &[Token]) -> Result<(), String> {
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let fits = match token.kind {
            TokenKind::StringStart | TokenKind::TripleStart | TokenKind::ShellStart => {
                open.push(TokenKind::TextEnd);
                true
            }
            TokenKind::InterpolationOpen => {
                open.push(TokenKind::InterpolationClose);
                true
            }
            TokenKind::TextEnd | TokenKind::InterpolationClose => open.pop() == Some(token.kind),
            TokenKind::Error(LexError::Unterminated) => {
                // Interpolations that the end of the source left open end too.
                while open.last() == Some(&TokenKind::InterpolationClose) {
                    open.pop();
                }
                open.pop() == Some(TokenKind::TextEnd)
            }
            TokenKind::End => index + 1 == tokens.len() && open.is_empty(),
            _ => index + 1 < tokens.len(),
        };
        if !fits {
            return Err(format!("{token:?} has no partner"));
        }
    }
    Ok(())
}
