//! The guard in a repository of its own: what passes, and that a rise fails.

use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use weave_benches::count::guard::check;
use weave_benches::count::record::{FILE, Record};

const PAGE: &str = "# Performance\n\n## Raised counts\n";

/// A repository whose one commit holds the record and the page.
struct Repository(TempDir);

impl Repository {
    fn new(record: &Record) -> Repository {
        let repository = Repository(tempfile::tempdir().expect("a folder"));
        repository.write(record, PAGE);
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, record: &Record, page: &str) {
        for (file, text) in [(FILE, record.to_string()), ("docs/performance.md", page.to_owned())] {
            let path = self.root().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            fs::write(path, text).expect("it is written");
        }
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.com",
            "-c",
            "commit.gpgsign=false",
            "commit",
            "--quiet",
            "--message",
            "c",
        ]);
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.root()).args(arguments);
        git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
        assert!(git.status().expect("git runs").success(), "{arguments:?}");
    }

    /// What the guard says of these counts.
    fn says(&self, now: &Record) -> String {
        check(self.root(), now).unwrap_or_else(|words| format!("failed: {words}"))
    }
}

fn record(made_by: &str, rows: [u64; 2]) -> Record {
    let rows = ["hot/counter", "programs/fib"].into_iter().map(str::to_owned).zip(rows).collect();
    Record { fingerprint: vec![format!("rustc: {made_by}")], rows }
}

#[test]
fn counts_are_held_against_the_record() {
    let repository = Repository::new(&record("this", [1000, 5000]));
    assert!(repository.says(&record("this", [1029, 5000])).starts_with("2 counts within 3 %"));
    assert!(repository.says(&record("this", [900, 5000])).contains("1 fell by more than 3 %"));
    let words = repository.says(&record("this", [1000, 5200]));
    assert!(words.starts_with("failed: 1 counts rose") && words.contains("programs/fib"), "{words}");
}

#[test]
fn a_raised_record_needs_its_reason() {
    let repository = Repository::new(&record("this", [1000, 5000]));
    let raised = record("this", [1100, 5000]);
    repository.write(&raised, PAGE);
    assert!(repository.says(&raised).contains("raised without a reason"));
    repository.write(&raised, &format!("{PAGE}\n- `hot/counter`: it counts right now\n"));
    assert!(repository.says(&raised).starts_with("2 counts within 3 %"));
    // The same holds once it is committed, and the next rise needs a line again.
    repository.commit();
    assert!(repository.says(&raised).starts_with("2 counts within 3 %"));
    let again = record("this", [1200, 5000]);
    repository.write(&again, &format!("{PAGE}\n- `hot/counter`: it counts right now\n"));
    assert!(repository.says(&again).contains("raised without a reason"));
}

#[test]
fn elsewhere_only_a_parent_can_be_compared() {
    let repository = Repository::new(&record("that", [1000, 5000]));
    let words = repository.says(&record("this", [2000, 9000]));
    assert!(words.contains("here rustc: this") && words.contains("no history"), "{words}");
    assert!(words.ends_with("hot/counter 2000\nprograms/fib 9000\n"), "{words}");
    repository.write(&record("that", [1000, 5001]), PAGE);
    repository.commit();
    assert!(repository.says(&record("this", [2000, 9000])).contains("has no counts to compare with"));
}

#[test]
fn a_row_that_is_not_recorded_fails() {
    let repository = Repository::new(&record("this", [1000, 5000]));
    let mut more = record("this", [1000, 5000]);
    more.rows.push(("hot/new".to_owned(), 1));
    assert!(repository.says(&more).contains("hot/new"));
}
