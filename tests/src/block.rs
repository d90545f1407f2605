//! Blocks: the programs inside Markdown files.

/// A fenced block of Weave in a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The line of the opening fence, counted from 1.
    pub line: usize,
    /// Whether the block is compiled and not run.
    pub compile_only: bool,
    /// The program.
    pub source: String,
}

/// The blocks of a document that are tagged `weave` or `weave,compile-only`,
/// in order; a block with another tag after `weave` is an error with its line,
/// and so is one that never ends.
pub fn blocks(document: &str) -> Result<Vec<Block>, String> {
    let mut found = Vec::new();
    let mut open: Option<Fence> = None;
    for (index, line) in document.lines().enumerate() {
        match open.take() {
            Some(fence) if line.trim() == "```" => found.extend(fence.block),
            Some(mut fence) => {
                if let Some(block) = &mut fence.block {
                    block.source.push_str(line.strip_prefix(fence.indent).unwrap_or(line));
                    block.source.push('\n');
                }
                open = Some(fence);
            }
            None => open = Fence::read(line, index + 1)?,
        }
    }
    match open {
        Some(fence) => Err(format!("line {}: a block without an end", fence.line)),
        None => Ok(found),
    }
}

/// An opening fence and, where it is tagged as Weave, the block it opens.
struct Fence<'text> {
    line: usize,
    indent: &'text str,
    block: Option<Block>,
}

impl Fence<'_> {
    /// The fence that a line is, if it is one.
    fn read(text: &str, line: usize) -> Result<Option<Fence<'_>>, String> {
        let trimmed = text.trim_start();
        let Some(tag) = trimmed.strip_prefix("```") else { return Ok(None) };
        let block = |compile_only| Some(Block { line, compile_only, source: String::new() });
        let block = match tag.trim() {
            "weave" => block(false),
            "weave,compile-only" => block(true),
            other if other.starts_with("weave") => return Err(format!("line {line}: unknown tag `{other}`")),
            _ => None,
        };
        Ok(Some(Fence { line, indent: &text[..text.len() - trimmed.len()], block }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_weave_blocks_count() {
        let text = "a\n```weave\nprint(1)\n```\n```sh\nls\n```\n";
        let found = blocks(text).unwrap();
        assert_eq!(found, [Block { line: 2, compile_only: false, source: "print(1)\n".to_owned() }]);
    }

    #[test]
    fn a_block_may_be_compiled_only() {
        assert!(blocks("```weave,compile-only\nx\n```\n").unwrap()[0].compile_only);
    }

    #[test]
    fn an_unknown_tag_or_a_missing_end_is_an_error() {
        assert!(blocks("```weave,run\n```\n").is_err());
        assert!(blocks("```weave\nx\n").is_err());
    }
}
