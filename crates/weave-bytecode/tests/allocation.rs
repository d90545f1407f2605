//! How much a chunk file makes its reader allocate: a few times its own size,
//! whatever it claims. One test, since it counts what the whole process allocates.

use weave_bytecode::chunk::Chunk;
use weave_bytecode::constant::Constant;
use weave_bytecode::position::{InlinedAt, Part};
use weave_bytecode::prototype::{Capture, Handler, Prototype, Upvalue};
use weave_bytecode::serial::{HEADER, read, write};
use weave_bytecode::signature::Parameter;
use weave_bytecode::span::Span;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Bytes allocated for each byte of a file, and for the smallest one.
const MULTIPLE: u64 = 6;
const BASE: u64 = 4_096;

fn check(what: &str, file: &[u8]) {
    let before = dhat::HeapStats::get().total_bytes;
    let chunk = read(file);
    let allocated = dhat::HeapStats::get().total_bytes - before;
    drop(chunk);
    let most = BASE + MULTIPLE * file.len() as u64;
    assert!(allocated <= most, "{what}: {allocated} bytes for a file of {}", file.len());
}

fn many<T: Clone>(one: T) -> Vec<T> {
    vec![one; 10_000]
}

fn with(change: impl FnOnce(&mut Chunk)) -> Vec<u8> {
    let mut chunk = Chunk { prototypes: vec![Prototype::default()], ..Chunk::default() };
    change(&mut chunk);
    write(&chunk).expect("a small chunk")
}

#[test]
fn a_few_times_the_size_of_the_file() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let span = Span::default();
    let files = [
        ("slots", with(|c| c.slots = many("".into()))),
        ("natives", with(|c| c.natives = many("n".into()))),
        ("prototypes", with(|c| c.prototypes = many(Prototype::default()))),
        ("source", with(|c| c.source = Some("a line\n".repeat(10_000).into()))),
        ("parameters", {
            let parameter = Parameter { name: "".into(), optional: false, rest: false };
            with(|c| c.prototypes[0].signature.parameters = many(parameter))
        }),
        ("captured variables", {
            let upvalue = Upvalue { name: "".into(), capture: Capture::Itself, cell: false };
            with(|c| c.prototypes[0].upvalues = many(upvalue))
        }),
        ("ints", with(|c| c.prototypes[0].constants = many(Constant::Int(7)))),
        ("texts", with(|c| c.prototypes[0].constants = many(Constant::Text("".into())))),
        ("keys", with(|c| c.prototypes[0].constants = vec![Constant::Keys(many(None).into())])),
        ("lists of keys", with(|c| c.prototypes[0].constants = many(Constant::Keys([None].into())))),
        ("code", with(|c| c.prototypes[0].code = many(0))),
        ("handlers", {
            let handler = Handler { start: 0, end: 0, target: 0, register: 0 };
            with(|c| c.prototypes[0].handlers = many(handler))
        }),
        ("positions", with(|c| (0..10_000).for_each(|i| c.prototypes[0].positions.add(i, Part::Whole, span, None)))),
        ("inlined calls", {
            let call = InlinedAt { function: "".into(), span, body: span, default: false, parent: 0 };
            with(|c| {
                (0..10_000).for_each(|_| {
                    c.prototypes[0].positions.add_inlined(call.clone());
                })
            })
        }),
    ];
    for (what, file) in &files {
        check(what, file);
    }
    // Every number of every file claims to be as large as can be.
    for (what, file) in &files {
        let mut file = file[..file.len().min(2_000)].to_vec();
        for at in HEADER..file.len() - 4 {
            let kept: [u8; 4] = file[at..at + 4].try_into().expect("four bytes");
            for bomb in [u32::MAX - 1, i32::MAX as u32, 0x00ff_ffff, 0xffff, 500] {
                file[at..at + 4].copy_from_slice(&bomb.to_le_bytes());
                let length = (file.len() - HEADER) as u32;
                let checksum = crc32fast::hash(&file[HEADER..]);
                file[12..16].copy_from_slice(&length.to_le_bytes());
                file[16..20].copy_from_slice(&checksum.to_le_bytes());
                check(what, &file);
            }
            file[at..at + 4].copy_from_slice(&kept);
        }
    }
}
