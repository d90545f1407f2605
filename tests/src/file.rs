//! Files: where the programs are.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folder of this crate.
pub fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the whole workspace.
pub fn root() -> &'static Path {
    home().parent().unwrap_or(home())
}

/// All files below a folder whose names end in `extension`, sorted by path so
/// that every run lists them alike. A folder that is not there has none; what
/// lies in a folder named `lib` is imported by programs and is none itself.
pub fn below(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "lib") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|end| end == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path as tests name it: relative to a folder, without its extension.
pub fn name(path: &Path, folder: &Path) -> String {
    let short = path.strip_prefix(folder).unwrap_or(path);
    short.with_extension("").to_string_lossy().into_owned()
}
