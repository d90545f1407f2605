//! Data formats.

pub mod json;
pub mod json_array;
