//! Colours for an entry while it is typed. They change no character, so widths
//! stay what they are.

use weave_lexer::{TokenKind, lex};

const KEYWORD: &str = "\x1b[35m";
const TEXT: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[36m";
const COMMENT: &str = "\x1b[2m";
const PIPE: &str = "\x1b[1;34m";
const WRONG: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// The entry with colours.
pub(crate) fn highlight(line: &str) -> String {
    let mut out = String::with_capacity(line.len() * 2);
    for token in lex(line) {
        let text = line.get(token.span.range()).unwrap_or_default();
        match style(token.kind) {
            Some(style) if !text.is_empty() => {
                out.push_str(style);
                out.push_str(text);
                out.push_str(PLAIN);
            }
            _ => out.push_str(text),
        }
    }
    out
}

fn style(kind: TokenKind) -> Option<&'static str> {
    Some(match kind {
        kind if kind.is_keyword() => KEYWORD,
        TokenKind::Comment => COMMENT,
        TokenKind::Int | TokenKind::Float => NUMBER,
        TokenKind::RawString
        | TokenKind::Regex
        | TokenKind::StringStart
        | TokenKind::TripleStart
        | TokenKind::ShellStart
        | TokenKind::Text
        | TokenKind::TextEnd => TEXT,
        TokenKind::Escape | TokenKind::InterpolationOpen | TokenKind::InterpolationClose | TokenKind::Format => NUMBER,
        TokenKind::PipeApply | TokenKind::PipeMap | TokenKind::PipeFilter | TokenKind::PipeFold => PIPE,
        TokenKind::Error(_) => WRONG,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_character() {
        for line in ["if x { \"a{1 + 2}b\" } # c", "xs |> sort(:desc)", "\"open", "1.5 $ é"] {
            let mut colored = highlight(line);
            for style in [KEYWORD, TEXT, NUMBER, COMMENT, PIPE, WRONG, PLAIN] {
                colored = colored.replace(style, "");
            }
            assert_eq!(colored, line);
        }
    }
}
