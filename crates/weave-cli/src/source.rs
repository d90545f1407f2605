//! Where programs come from: a file, standard input, or the command line; and
//! whether they are source or a compiled chunk, which their first bytes tell.

use std::io::Read;
use std::path::Path;
use weave_bytecode::serial;

/// A program before it is compiled or read.
#[derive(Debug)]
pub(crate) enum Program {
    /// Text.
    Source(Source),
    /// The bytes of a chunk file.
    Chunk(ChunkFile),
}

/// A chunk file's name and bytes.
#[derive(Debug)]
pub(crate) struct ChunkFile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Program {
    /// Reads a file; `-` is standard input.
    ///
    /// # Errors
    /// A message that names the file, with the cause.
    pub(crate) fn read(path: &Path) -> Result<Program, String> {
        let stdin = path.as_os_str() == "-";
        let name = if stdin { "<stdin>".to_owned() } else { path.to_string_lossy().into_owned() };
        let bytes = if stdin {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            std::fs::read(path)
        };
        let bytes = bytes.map_err(|error| format!("can't read {name}: {}", reason(&error)))?;
        if serial::is_chunk(&bytes) {
            return Ok(Program::Chunk(ChunkFile { name, bytes }));
        }
        Source::from_bytes(name, bytes).map(Program::Source)
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Program::Source(source) => &source.name,
            Program::Chunk(file) => &file.name,
        }
    }
}

/// A program's text and what messages call it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    /// A program given as bytes.
    ///
    /// # Errors
    /// Where it is not UTF-8; the message says where.
    pub(crate) fn from_bytes(name: String, bytes: Vec<u8>) -> Result<Source, String> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source { name, text }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let valid = error.as_bytes().get(..at).unwrap_or_default();
                let line = valid.iter().filter(|&&b| b == b'\n').count() + 1;
                let byte = error.as_bytes().get(at).copied().unwrap_or_default();
                Err(format!("{name} is not UTF-8 text: byte 0x{byte:02x} at offset {at}, on line {line}"))
            }
        }
    }
}

/// A system error without the number that the standard library adds.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text.get(..at).unwrap_or(&text).to_lowercase(),
        None => text,
    }
}
