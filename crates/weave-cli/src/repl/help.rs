//! `help` and `help NAME`, which are commands only while no variable is called
//! `help`.

use super::session::Session;
use crate::report::note;

const GENERAL: &str = "\
An entry runs when it is complete; Enter asks for more while it is not.
  |> sort        an entry that starts with a pipe goes on from the last value, `_`
  help sort      what a function does
  help functions all functions
  Tab            completes names
  Ctrl-C         gives up the entry, or stops it while it runs
  Ctrl-D         leaves; so does exit(0)
";

/// Answers an entry that asks for help; says whether it was one.
pub(crate) fn answer(session: &Session, entry: &str) -> bool {
    let mut words = entry.split_whitespace();
    if words.next() != Some("help") || session.knows("help") {
        return false;
    }
    let name = words.next();
    if words.next().is_some() || name.is_some_and(|n| !n.chars().all(|c| c.is_alphanumeric() || c == '_')) {
        return false;
    }
    let catalogue = session.catalogue();
    match name {
        None => note(GENERAL),
        Some("functions") => {
            let mut names: Vec<&str> = catalogue.iter().map(|(signature, ..)| &*signature.name).collect();
            names.sort_unstable();
            note(&format!("{}\n", names.join(" ")));
        }
        Some(name) => match catalogue.iter().find(|(signature, ..)| &*signature.name == name) {
            Some((signature, about, examples)) => {
                note(&format!("{signature}: {about}\n"));
                for example in *examples {
                    for line in example.lines() {
                        note(&format!("  {line}\n"));
                    }
                }
            }
            None => note(&format!("no function is called {name}; `help functions` names them all\n")),
        },
    }
    true
}
