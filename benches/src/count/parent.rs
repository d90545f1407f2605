//! The commit to compare with: its files, and a build of its own.

use super::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A commit of the repository at a path.
pub struct Parent<'a> {
    root: &'a Path,
    commit: String,
}

impl<'a> Parent<'a> {
    /// What the checkout is to be compared with: its commit where files are
    /// changed, else the commit before. `None` without git or a history.
    pub fn find(root: &'a Path) -> Option<Parent<'a>> {
        let changed = git(root, &["status", "--porcelain", "--untracked-files=no"])?;
        let name = if changed.trim().is_empty() { "HEAD^" } else { "HEAD" };
        let commit = git(root, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])?;
        Some(Parent { root, commit: commit.trim().to_owned() })
    }

    /// The first letters of the commit's name.
    pub fn short(&self) -> &str {
        self.commit.get(..10).unwrap_or(&self.commit)
    }

    /// A file as the commit has it.
    pub fn file(&self, path: &str) -> Option<String> {
        git(self.root, &["show", &format!("{}:{path}", self.commit)])
    }

    /// Builds the commit's `instructions` command away from the checkout; the
    /// build is removed when it is dropped. `None` where the commit has no such
    /// command yet.
    ///
    /// # Errors
    /// Where the build fails.
    pub fn build(&self) -> Result<Option<Build<'a>>> {
        if self.file("benches/src/bin/instructions.rs").is_none() {
            return Ok(None);
        }
        let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
        let build = Build { root: self.root, folder };
        let tree = build.tree();
        let tree_name = tree.to_string_lossy();
        git(self.root, &["worktree", "add", "--quiet", "--detach", &tree_name, &self.commit])
            .ok_or_else(|| format!("git worktree add {tree_name} failed"))?;
        let status = Command::new("cargo")
            .args(["build", "--release", "--quiet", "-p", "weave-benches", "--bin", "instructions", "--target-dir"])
            .arg(build.target())
            .current_dir(&tree)
            .status()
            .map_err(|error| format!("cargo: {error}"))?;
        if status.success() { Ok(Some(build)) } else { Err(format!("{} does not build", self.short())) }
    }
}

/// A build of another commit.
pub struct Build<'a> {
    root: &'a Path,
    folder: TempDir,
}

impl Build<'_> {
    fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    /// Its `instructions` command.
    pub fn command(&self) -> PathBuf {
        self.target().join("release/instructions")
    }
}

impl Drop for Build<'_> {
    fn drop(&mut self) {
        // Where this fails, `git worktree prune` forgets the tree some day.
        let _ = git(self.root, &["worktree", "remove", "--force", &self.tree().to_string_lossy()]);
    }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    // A hook's variables name the repository that it runs in.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let output = command.arg("-C").arg(root).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
