//! Chooses how the interpreter dispatches. A tail-position call of the next
//! handler needs an optimised build, a target whose calling convention lets
//! the compiler turn it into a jump, and no sanitizer (which keeps frames).

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a build script speaks with cargo; the crate itself does not"
)]

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(weave_tail)");
    println!("cargo::rustc-check-cfg=cfg(weave_no_fuel)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=WEAVE_DISPATCH");
    println!("cargo::rerun-if-env-changed=CARGO_CFG_SANITIZE");
    let level = env::var("OPT_LEVEL").unwrap_or_default();
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let optimised = matches!(level.as_str(), "2" | "3" | "s" | "z");
    let listed = matches!(arch.as_str(), "x86_64" | "aarch64");
    let sanitized = env::var_os("CARGO_CFG_SANITIZE").is_some();
    let miri = env::var_os("CARGO_CFG_MIRI").is_some();
    let asked_off = env::var("WEAVE_DISPATCH").is_ok_and(|v| v == "match");
    if optimised && listed && !sanitized && !miri && !asked_off {
        println!("cargo::rustc-cfg=weave_tail");
    }
}
