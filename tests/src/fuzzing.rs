//! What must hold of any input: the bodies of the fuzz targets, which the suite
//! `mutants` runs on seeded inputs too. Each fails by a panic.

use crate::hostile::Dice;
use crate::mode::Mode;
use crate::mutants::{Parents, Ways, survive, try_file};
use crate::runner::{core_outcome, depends_on_limits};
use std::sync::LazyLock;
use weave_bytecode::{disasm, serial, verify};
use weave_compiler::{Options, compile};

/// Both with a collection at every allocation and without.
const THOROUGH: Ways = Ways { by_match: false, stressed: true };

/// Any bytes are read or refused, and what is read is written the same.
///
/// # Panics
/// Where it does not hold.
pub fn chunk_reader(bytes: &[u8]) {
    if let Ok(chunk) = serial::read(bytes) {
        assert_eq!(serial::write(&chunk).as_deref(), Ok(bytes), "it is written otherwise");
        disasm::list(&chunk, &mut String::new()).expect("a string takes everything");
        let _ = verify::verify(&chunk);
    }
}

/// Any body behind a header that fits is refused or runs within its limits.
///
/// # Panics
/// Where it does not hold.
pub fn verify_then_run(body: &[u8]) {
    let mut file = vec![0; serial::HEADER];
    file.extend_from_slice(body);
    crate::mutants::seal(&mut file);
    if let Err(what) = try_file(&file, THOROUGH) {
        panic!("{what}");
    }
}

/// A chunk that was compiled and then changed is refused or runs within its limits.
/// The bytes decide on what is changed.
///
/// # Panics
/// Where it does not hold.
pub fn changed_chunk(bytes: &[u8]) {
    static PARENTS: LazyLock<Parents> = LazyLock::new(|| Parents::of_the_suite().expect("the programs of the suite"));
    let mut dice = Dice::fed(bytes);
    let structured = dice.below(2) == 0;
    if let Err(what) = try_file(&PARENTS.mutant_by(structured, &mut dice), THOROUGH) {
        panic!("{what}");
    }
}

/// What compiles is accepted by the verifier, whatever is optimised.
///
/// # Panics
/// Where it does not hold.
pub fn compile_then_verify(source: &str) {
    for mode in Mode::all() {
        if !matches!(mode, Mode::Normal | Mode::NoOpt | Mode::Without(_)) {
            continue;
        }
        let options = Options { optimise: mode.optimisations(), ..Options::default() };
        if let Ok(compiled) = compile(source, "fuzz.wv", &options)
            && let Err(refusal) = verify::verify(&compiled.chunk)
        {
            panic!("{}: {refusal}", mode.name());
        }
    }
}

/// A program runs within its limits.
///
/// # Panics
/// Where it does not hold.
pub fn source_run(source: &str) {
    let core = weave_vm::Vm::new().signatures();
    if let Ok(compiled) = compile(source, "fuzz.wv", &Options { core: &core, ..Options::default() })
        && let Err(what) = survive(compiled.chunk, THOROUGH)
    {
        panic!("{what}");
    }
}

/// A program does the same with every optimisation off.
///
/// # Panics
/// Where it does not.
pub fn optimised_against_plain(source: &str) {
    same(source, Mode::NoOpt);
}

/// A program does the same from a saved chunk.
///
/// # Panics
/// Where it does not.
pub fn source_against_chunk(source: &str) {
    same(source, Mode::Chunk);
}

fn same(source: &str, mode: Mode) {
    // Where a limit strikes may differ.
    if let (Some(normal), Some(other)) = (core_outcome(source, Mode::Normal), core_outcome(source, mode)) {
        assert!(other == normal || depends_on_limits(source), "{}\n{other}\n--- normal\n{normal}", mode.name());
    }
}
