//! Calls of known functions: wrong arguments are errors before anything runs.

use super::Use;
use super::resolver::{CallSite, Resolver};
use crate::ast::{FnId, Pattern, Tree};
use crate::error::{CompileError, ErrorKind};
use crate::symbols::Names;
use weave_bytecode::signature::{Mismatch, Parameter, Signature};

/// The parameters of a function as its callers see them.
pub(super) fn signature(tree: &Tree, names: &Names, id: FnId) -> Signature {
    let function = &tree[id].kind;
    let parameters = function
        .params
        .iter()
        .map(|param| Parameter {
            name: match &tree[param.pattern].kind {
                Pattern::Name(name) => names.text(*name).into(),
                _ => "".into(),
            },
            optional: param.default.is_some(),
            rest: param.rest,
        })
        .collect();
    let name = function.name.map_or("", |(name, _)| names.text(name));
    Signature { name: name.into(), parameters }
}

impl Resolver<'_> {
    /// Checks every call whose function is known by now.
    pub(super) fn check_calls(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            match self.out.name_use(call.callee) {
                // What a mention gives is called, and nobody knows what that is.
                Use::Core(i) if self.out.is_value(i) => {}
                Use::Core(i) => {
                    let core = self.environment.core;
                    self.check_call(&call, &core[i as usize]);
                }
                Use::Binding { binding, .. } => {
                    if let Some(function) = self.out.binding(binding).known_function() {
                        let signature = signature(self.tree, self.names, function);
                        self.check_call(&call, &signature);
                    }
                }
                Use::Nothing => {}
            }
        }
    }

    fn check_call(&mut self, call: &CallSite, signature: &Signature) {
        let named: Vec<&str> = call.named.iter().map(|(name, _)| &**name).collect();
        let Err(mismatch) = signature.bind(call.positional, &named) else { return };
        let given = call.positional + named.len();
        let key = |i: usize| call.named.get(i).map_or(call.span, |(_, token)| self.tree.token_span(*token));
        let (span, message) = match mismatch {
            Mismatch::TooMany => (call.span, format!("too many arguments for `{signature}`: {given} given")),
            Mismatch::Missing(p) => {
                let parameter = signature.parameters.get(p).map_or("", |p| &*p.name);
                let missing = if parameter.is_empty() { String::new() } else { format!(", `{parameter}` has none") };
                (call.span, format!("too few arguments for `{signature}`: {given} given{missing}"))
            }
            Mismatch::Unknown(i) => (key(i), format!("`{signature}` has no parameter named `{}`", named[i])),
            Mismatch::Twice(i) => (key(i), format!("two arguments for `{signature}` are named `{}`", named[i])),
        };
        self.error(CompileError::new(ErrorKind::Arity, span, message).with_help(format!("it takes `{signature}`")));
    }
}
