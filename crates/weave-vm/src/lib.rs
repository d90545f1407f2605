//! weave-vm
