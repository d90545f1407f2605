//! Names that have no value where they are read, and what is said about them.

use super::binding::{BindingId, BindingKind, Storage};
use super::resolver::{Resolver, SUGGESTIONS};
use super::scope::Pending;
use super::{LAST_VALUE, Mode, Slot, Use, suggest};
use crate::error::{CompileError, ErrorKind};
use crate::symbols::Name;

impl Resolver<'_> {
    /// A name that the program does not declare.
    pub(super) fn outside_name(&mut self, pending: Pending) {
        if let Some(&core) = self.core.get(&pending.name) {
            self.out.uses[pending.expr.0 as usize] = Use::Core(core);
            return;
        }
        if self.environment.mode == Mode::Session && pending.in_function {
            let binding = self.declare(pending.name, BindingKind::Session, pending.span);
            let slot = self.out.slots.len() as u32;
            self.out.slots.push(Slot { name: self.names.text(pending.name).into(), function: false });
            self.out.bindings[binding.0 as usize].storage = Storage::Slot(slot);
            self.out.bindings[binding.0 as usize].global = true;
            self.globals.entry(pending.name).or_default().push(binding);
            self.out.uses[pending.expr.0 as usize] = Use::Binding { binding, check: true };
            return;
        }
        let text = self.names.text(pending.name);
        if self.environment.mode == Mode::Session && text == LAST_VALUE {
            let error = CompileError::new(ErrorKind::Name, pending.span, "there is no last value to continue from");
            self.error(error.with_help("the value of the entry before is used where an entry begins with an operator"));
            return;
        }
        let error = CompileError::new(ErrorKind::Name, pending.span, format!("nothing here is named `{text}`"));
        // A name of the top level that stands further down counts as well.
        let near = match pending.near {
            None if self.errors.len() < SUGGESTIONS => self.suggestion(text),
            near => near,
        };
        let error = match near {
            Some(near) => error.with_help(format!("did you mean `{near}`?")),
            None => error.with_help(format!("set it first: `{text} = …`")),
        };
        self.error(error);
    }

    /// The nearest of the visible names, the top level's and the core's.
    pub(super) fn suggestion(&self, text: &str) -> Option<String> {
        let visible = self.scopes.names().chain(self.globals.keys().copied()).map(|n| self.names.text(n));
        let core = self.environment.core.iter().map(|s| &*s.name);
        suggest::nearest(text, visible.chain(core)).map(str::to_owned)
    }

    pub(super) fn read_too_early(&mut self, pending: &Pending, own: BindingId) {
        let text = self.names.text(pending.name);
        let declared = self.out.binding(own).span;
        let error = if pending.from_closure {
            CompileError::new(
                ErrorKind::Name,
                pending.span,
                format!("`{text}` belongs to the function around this one, which assigns it further down"),
            )
            .with_help(format!("set `{text}` above this function; to call itself, a function needs `fn {text}`"))
        } else {
            CompileError::new(ErrorKind::Name, pending.span, format!("`{text}` has no value here yet"))
                .with_help(format!("set it before the loop or above this line: `{text} = …`"))
        };
        self.error(error.with_label(declared, "first assigned here"));
    }

    /// The visible name nearest to one that is not. Most such reads find their
    /// name further down after all, so only the first of each name are
    /// worth a search.
    pub(super) fn near_visible(&mut self, name: Name) -> Option<String> {
        if self.core.contains_key(&name) || self.searched.len() >= SUGGESTIONS || !self.searched.insert(name) {
            return None;
        }
        self.suggestion(self.names.text(name))
    }
}
