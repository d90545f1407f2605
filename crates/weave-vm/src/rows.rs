//! Rows of tables for native and host code: containers that share their keys
//! and are made whole or in part.

use crate::error::Raise;
use crate::native::{Container, Step};
use crate::number::{Data, from_data};
use crate::object::keys::SHARED_MOST;
use crate::value::Raw;

/// The values of an empty row whose keys are shared: those of longer rows are not.
const NILS: [Raw; SHARED_MOST] = [Raw::NIL; SHARED_MOST];

impl<'s> Step<'s> {
    /// A copy of a row without what it holds: nil under each key of `model`,
    /// which a [`Scope::model`](crate::Scope::model) made. Its cost is that of writing the nils.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| {
    ///     let model = step.model(&["name", "size"])?;
    ///     let row = step.empty_row(model)?;
    ///     row.set_at(1, Value::int(0));
    ///     Ok(row.value())
    /// });
    /// vm.register(Native { name: "blank", parameters: "", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("blank()", &vm.signatures());
    /// // The program `blank()`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.enter(|scope| scope.display(scope.last())), "[name: nil, size: 0]");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn empty_row(&mut self, model: Container<'s>) -> Result<Container<'s>, Raise> {
        let keys = model.inner().keys();
        if let (Some(nils), true) = (NILS.get(..model.len()), !keys.is_null() && keys.is_shared()) {
            return Ok(Container::new(self.vm.heap.container_with_shape(keys, nils)?));
        }
        let row = self.container(model.len())?;
        for i in 0..model.len() {
            self.vm.heap.push_keyed(row.inner(), model.inner().key(i), model.inner().get(i))?;
        }
        Ok(row)
    }

    /// Whether [`Scope::data_scalar`](crate::Scope::data_scalar) makes a number of a text.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| Ok(Value::bool(step.arg(0).as_text().is_some_and(|text| step.is_data_number(text)))));
    /// vm.register(Native { name: "is_number", parameters: "text", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("[is_number(\"1.50\"), is_number(\"1,50\")]", &vm.signatures());
    /// // The program `[is_number("1.50"), is_number("1,50")]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<bool>>()?, [true, false]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn is_data_number(&self, text: &str) -> bool {
        !matches!(from_data(text), Data::Text)
    }
}
