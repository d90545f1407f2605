//! Files that appear whole or not at all: a temporary file beside the target,
//! renamed over it at the end. Dropped before that, it vanishes, and the target
//! is as it was.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Writes a whole file, so that it has either all of its new content or what it
/// had before. A link is followed; a device or a pipe gets the bytes as they are.
///
/// # Errors
/// Those of the system: no such folder, no room, no right to write there.
pub fn write_file(path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut target = Target::create(path)?;
    target.write(bytes)?;
    target.finish()
}

/// A file that is being written.
pub(crate) enum Target {
    /// Renamed to the path when it is finished.
    Beside(NamedTempFile, PathBuf),
    /// A device or a pipe, which nothing can replace.
    Direct(File),
}

impl Target {
    /// Starts to write a file. A link is followed, so that it stays one; the
    /// permissions of an existing file are kept.
    pub(crate) fn create(path: &str) -> io::Result<Target> {
        let path = Path::new(path);
        let (path, existing) = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                return Ok(Target::Direct(OpenOptions::new().write(true).open(path)?));
            }
            Ok(found) => (fs::canonicalize(path)?, Some(found.permissions())),
            Err(_) => (path.to_path_buf(), None),
        };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = Builder::new();
        // Less what the process's mask takes away.
        let open = Permissions::from_mode(0o666);
        let temporary = builder.prefix(".weave-").permissions(open).tempfile_in(folder)?;
        if let Some(permissions) = existing {
            temporary.as_file().set_permissions(permissions)?;
        }
        Ok(Target::Beside(temporary, path))
    }

    /// Writes all bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Target::Beside(temporary, _) => temporary.write_all(bytes),
            Target::Direct(file) => file.write_all(bytes),
        }
    }

    /// The file is complete.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Target::Beside(temporary, path) => temporary.persist(path).map(drop).map_err(|e| e.error),
            Target::Direct(mut file) => file.flush(),
        }
    }
}
