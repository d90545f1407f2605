//! weave-std
