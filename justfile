# What one does here. `just` lists it.

[private]
default:
    @just --list --unsorted

# Everything that a change must pass: what CI runs
check:
    .ci/run

# The tests; `just test -p weave-vm` for those of one crate
test *ARGS='--workspace':
    cargo test {{ARGS}}

# The language suite under every mode, with more random programs and mutations than usual
stress:
    WEAVE_RANDOM=20000 WEAVE_HOSTILE=200000 cargo test --release -p weave-tests

# Rewrites snapshots; read the difference like code
bless:
    INSTA_UPDATE=always cargo test -p weave-bytecode
    BLESS=1 cargo test -p weave-bytecode --test bytecode_page
    BLESS=1 cargo test -p weave-tests --test snapshots --test reference

# The benchmarks; `just bench fib` for some
bench *FILTER:
    cargo bench -p weave-benches -- {{FILTER}}

# Instructions and allocations of the closure suite, for one iteration; `just counts hot/` for some
counts *FILTER:
    cargo run --release -p weave-benches --bin instructions -- table {{FILTER}}

# Fails where a count rose by more than 3 %
check-instructions:
    cargo run --release -p weave-benches --bin instructions -- check

# Rewrites benches/instructions.txt; what rose needs its reason in docs/performance.md
record-instructions:
    cargo run --release -p weave-benches --bin instructions -- record

# Nothing is lost when a program ends, however it does
leaks:
    cargo build --release
    tools/check-leaks

# Mutated chunks by the million, in processes of their own: with every check on, then as released
mutants COUNT='1000000':
    cargo run -p weave-tests --bin mutants -- {{COUNT}} --stress-every 4
    cargo run --release -p weave-tests --bin mutants -- {{COUNT}}

# A fuzz target of fuzz/fuzz_targets for a while, from the programs of the suite, on a nightly toolchain with cargo-fuzz
fuzz TARGET='parse' SECONDS='60':
    mkdir -p fuzz/corpus/{{TARGET}}
    cd fuzz && cargo +nightly fuzz run {{TARGET}} corpus/{{TARGET}} ../tests/language -- -max_total_time={{SECONDS}} -max_len=4096

# The documentation of the crates
docs:
    cargo doc --workspace --no-deps

# What a script compiles to
dump FILE:
    cargo run --quiet --release -- disasm {{FILE}}
