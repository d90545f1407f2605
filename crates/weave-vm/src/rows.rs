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
    /// which a [`Step::model`] made. Its cost is that of writing the nils.
    ///
    /// # Errors
    /// `:memory` at the limit.
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

    /// Whether [`Step::data_scalar`] makes a number of a text.
    pub fn is_data_number(&self, text: &str) -> bool {
        !matches!(from_data(text), Data::Text)
    }
}
