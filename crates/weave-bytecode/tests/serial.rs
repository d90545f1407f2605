//! Chunk files: every chunk comes back as it was, every damage is an error that
//! says what it is.

use proptest::collection::vec;
use proptest::prelude::*;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::constant::Constant;
use weave_bytecode::position::{InlinedAt, Part};
use weave_bytecode::prototype::{Capture, Handler, Prototype, Upvalue};
use weave_bytecode::serial::{HEADER, HISTORY, ReadError, VERSION, is_chunk, opcode_fingerprint, read, write};
use weave_bytecode::signature::{Parameter, Signature};
use weave_bytecode::span::Span;

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof![Just(""), Just("x"), Just("a longer name"), Just("é∀𝄞\0\n")].prop_map(Box::from)
}

fn span() -> impl Strategy<Value = Span> {
    (any::<u32>(), any::<u32>()).prop_map(|(start, end)| Span { start, end })
}

fn constant() -> impl Strategy<Value = Constant> {
    prop_oneof![
        any::<i64>().prop_map(Constant::Int),
        any::<u64>().prop_map(|bits| Constant::Float(f64::from_bits(bits))),
        text().prop_map(Constant::Text),
        vec(proptest::option::of(text()), 0..4).prop_map(|keys| Constant::Keys(keys.into())),
    ]
}

fn capture() -> impl Strategy<Value = Capture> {
    prop_oneof![
        any::<u16>().prop_map(Capture::Value),
        any::<u16>().prop_map(Capture::Cell),
        any::<u16>().prop_map(Capture::Upvalue),
        Just(Capture::Itself),
    ]
}

prop_compose! {
    fn signature()(
        name in text(),
        parameters in vec((text(), any::<bool>(), any::<bool>()), 0..4),
    ) -> Signature {
        let parameter = |(name, optional, rest)| Parameter { name, optional, rest };
        Signature { name, parameters: parameters.into_iter().map(parameter).collect() }
    }
}

prop_compose! {
    fn prototype()(
        signature in signature(),
        code in vec(any::<u64>(), 0..8),
        constants in vec(constant(), 0..5),
        upvalues in vec((text(), capture(), any::<bool>()), 0..4),
        (registers, first_cell, cells) in any::<(u16, u16, u16)>(),
        handlers in vec(any::<(u32, u32, u32, u16)>(), 0..3),
        inlined in vec((text(), span(), span(), any::<bool>(), any::<u32>()), 0..3),
        rows in vec((0..1_000_000_000_u32, 0..3_u8, span(), proptest::option::of(0..9_u32)), 0..5),
        default_entry in proptest::option::of(0..u32::MAX),
        span in span(),
    ) -> Prototype {
        let mut p = Prototype {
            signature, code, constants, registers, first_cell, cells, default_entry, span,
            upvalues: upvalues.into_iter().map(|(name, capture, cell)| Upvalue { name, capture, cell }).collect(),
            handlers: handlers
                .into_iter()
                .map(|(start, end, target, register)| Handler { start, end, target, register })
                .collect(),
            ..Prototype::default()
        };
        for (function, span, body, default, parent) in inlined {
            p.positions.add_inlined(InlinedAt { function, span, body, default, parent });
        }
        let mut at = 0;
        for (step, part, span, parent) in rows {
            at += step % 1_000 * (step % 7 * 100_000);
            p.positions.add(at, [Part::Whole, Part::Left, Part::Right][usize::from(part)], span, parent);
        }
        p
    }
}

prop_compose! {
    fn chunk()(
        name in text(),
        source in proptest::option::of(text()),
        slots in vec(text(), 0..4),
        natives in vec(text(), 0..4),
        prototypes in vec(prototype(), 0..4),
    ) -> Chunk {
        Chunk { name, source: source.map(|text| text.as_ref().into()), slots, natives, prototypes }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_chunk_comes_back_as_it_was(chunk in chunk()) {
        let file = write(&chunk).unwrap();
        prop_assert!(is_chunk(&file));
        prop_assert_eq!(read(&file).unwrap(), chunk);
    }

    #[test]
    fn what_is_read_has_one_form_only(chunk in chunk(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut file = write(&chunk).unwrap();
        let at = HEADER + at.index(file.len() - HEADER);
        file[at] = byte;
        seal(&mut file);
        if let Ok(read) = read(&file) {
            prop_assert_eq!(write(&read).unwrap(), file);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), chunk in chunk()) {
        prop_assert!(read(&bytes).is_err());
        // Behind a header that fits, too.
        let mut file = write(&chunk).unwrap()[..HEADER].to_vec();
        file.extend(bytes);
        seal(&mut file);
        let _ = read(&file);
    }
}

/// Makes length and checksum fit what a test has changed.
fn seal(file: &mut [u8]) {
    let length = (file.len() - HEADER) as u32;
    let checksum = crc32fast::hash(&file[HEADER..]);
    file[12..16].copy_from_slice(&length.to_le_bytes());
    file[16..20].copy_from_slice(&checksum.to_le_bytes());
}

fn sample() -> Vec<u8> {
    let mut program = Prototype { registers: 3, ..Prototype::default() };
    program.constants.push(Constant::Text("text".into()));
    program.code = vec![1, 2, 3];
    program.positions.add(0, Part::Whole, Span::new(4, 9), None);
    program.positions.add(2, Part::Left, Span::new(2, 3), None);
    write(&Chunk { name: "a.wv".into(), source: Some("source".into()), prototypes: vec![program], ..Chunk::default() })
        .expect("a small chunk")
}

#[test]
fn each_damage_is_told_apart() {
    let file = sample();
    for at in 0..file.len() {
        let cut = read(&file[..at]).unwrap_err();
        match at {
            0..4 => assert_eq!(cut, ReadError::NotAChunk),
            _ => assert!(matches!(cut, ReadError::Truncated { found, .. } if found == at), "{at}: {cut}"),
        }
    }
    let mut longer = file.clone();
    longer.push(0);
    assert!(matches!(read(&longer), Err(ReadError::Surplus { .. })));
    let changed = |at: usize, by: u8| {
        let mut file = file.clone();
        file[at] ^= by;
        read(&file).unwrap_err()
    };
    assert_eq!(changed(0, 1), ReadError::NotAChunk);
    assert_eq!(changed(7, 7), ReadError::LineEnds);
    assert_eq!(changed(9, 1), ReadError::Version { found: VERSION + 256 });
    assert_eq!(changed(16, 1), ReadError::Checksum);
    for at in HEADER..file.len() {
        assert_eq!(changed(at, 0x10), ReadError::Checksum, "{at}");
    }
}

#[test]
fn another_version_is_named_with_the_one_that_is_understood() {
    let mut file = sample();
    file[8..12].copy_from_slice(&77_u32.to_le_bytes());
    let error = read(&file).unwrap_err();
    assert_eq!(error.to_string(), format!("the chunk has format version 77; this weave understands version {VERSION}"));
    assert_eq!(error.help(), "compile the source again with this version of weave");
}

#[test]
fn what_is_malformed_has_a_place_and_a_reason() {
    let file = sample();
    let broken = |at: usize, bytes: &[u8]| {
        let mut file = file.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        seal(&mut file);
        read(&file).unwrap_err().to_string()
    };
    let text = broken(HEADER + 4, &[0xff]);
    assert_eq!(text, format!("the chunk is malformed at byte {}: text that is not UTF-8", HEADER + 4));
    let slots = HEADER + 4 + 4 + 4 + 6;
    let text = broken(slots, &[0xff; 4]);
    assert_eq!(text, format!("the chunk is malformed at byte {slots}: a count goes beyond the file"));
    // The last row's parent is one byte, its length and its start as well.
    let text = broken(file.len() - 4, &[0xff]);
    assert!(text.contains("malformed"), "{text}");
}

#[test]
fn numbers_of_the_position_table_have_one_form() {
    let file = sample();
    // The last number is the parent of the last row, 0; the same in two bytes.
    let mut longer = file[..file.len() - 1].to_vec();
    longer.extend([0x80, 0x00]);
    seal(&mut longer);
    assert!(matches!(read(&longer), Err(ReadError::Malformed { reason: "a number is longer than it must be", .. })));
    let mut endless = file[..file.len() - 1].to_vec();
    endless.extend([0xff; 5]);
    seal(&mut endless);
    assert!(matches!(read(&endless), Err(ReadError::Malformed { reason: "a number is too long", .. })));
}

/// The opcodes that a file holds are those of its version.
#[test]
fn a_change_of_the_opcodes_is_a_new_version() {
    let (version, fingerprint, _) = *HISTORY.last().expect("a first version");
    assert_eq!(version, VERSION, "the last line of HISTORY is that of VERSION");
    assert!(HISTORY.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "versions follow each other");
    let now = opcode_fingerprint();
    assert_eq!(
        fingerprint, now,
        "ops.rs changed, so files of version {version} would be misread. If that version was never released, give it the \
         fingerprint {now:#018x} in HISTORY (serial/mod.rs); else raise VERSION, and add a line with that fingerprint to \
         HISTORY and one to the table in docs/bytecode.md"
    );
}

#[test]
fn a_stripped_chunk_keeps_whose_code_it_is() {
    let mut program = Prototype { span: Span::new(0, 90), ..Prototype::default() };
    let body = Span::new(10, 20);
    let call = InlinedAt { function: "f".into(), span: Span::new(50, 54), body, default: false, parent: u32::MAX };
    program.positions.add_inlined(call);
    for (at, parent) in [(0, None), (2, Some(0)), (3, Some(0)), (5, None), (6, None)] {
        program.positions.add(at, Part::Whole, Span::new(at, at + 1), parent);
        program.positions.add(at, Part::Left, Span::new(at, at + 1), parent);
    }
    let function = Prototype { span: body, ..Prototype::default() };
    let other = Prototype { span: Span::new(30, 40), ..Prototype::default() };
    let prototypes = vec![program, function, other];
    let mut chunk = Chunk { name: "a.wv".into(), source: Some("text".into()), prototypes, ..Chunk::default() };
    let before: Vec<_> = (0..8).map(|at| chunk.prototypes[0].positions.innermost(at)).collect();
    chunk.strip();
    assert_eq!(chunk.source, None);
    let [program, function, other] = &chunk.prototypes[..] else { unreachable!() };
    assert_eq!((0..8).map(|at| program.positions.innermost(at)).collect::<Vec<_>>(), before);
    assert_eq!(program.positions.rows().len(), 3);
    assert!(program.positions.rows().iter().all(|row| row.span == Span::default()));
    assert_eq!(program.positions.inlined()[0].body, function.span);
    assert_ne!(function.span, other.span);
    // A function without rows gets one, so that its errors name the source.
    assert_eq!(other.positions.rows().len(), 1);
    let once = chunk.clone();
    chunk.strip();
    assert_eq!(chunk, once);
}
