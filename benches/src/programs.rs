//! The whole programs of `programs/` at small sizes.

use std::path::Path;

/// Program and size: a few milliseconds each.
pub const PROGRAMS: [(&str, u64); 20] = [
    ("closure_counter", 100_000),
    ("closure_create", 100_000),
    ("nested_closures", 100_000),
    ("shared_upvalues", 50_000),
    ("capture10", 40_000),
    ("plain_call", 100_000),
    ("fib", 22),
    ("tak", 3),
    ("ackermann", 1),
    ("higher_order", 40),
    ("loop_baseline", 400_000),
    ("sieve", 40_000),
    ("queens", 5),
    ("nbody", 1_500),
    ("mandelbrot", 80),
    ("string_build", 10_000),
    ("list_sort", 3_000),
    ("list_sort_default", 3_000),
    ("map_ops", 2_500),
    ("binary_trees", 20),
];

/// Program and size: a few million instructions each, and at least one collection
/// in `binary_trees`.
const SMALL: [(&str, u64); 20] = [
    ("closure_counter", 30_000),
    ("closure_create", 15_000),
    ("nested_closures", 12_000),
    ("shared_upvalues", 12_000),
    ("capture10", 8_000),
    ("plain_call", 30_000),
    ("fib", 21),
    ("tak", 1),
    ("ackermann", 1),
    ("higher_order", 12),
    ("loop_baseline", 40_000),
    ("sieve", 10_000),
    ("queens", 1),
    ("nbody", 200),
    ("mandelbrot", 25),
    ("string_build", 2_000),
    ("list_sort", 800),
    ("list_sort_default", 3_000),
    ("map_ops", 800),
    ("binary_trees", 45),
];

/// The programs at the sizes at which instructions are counted: name and text.
///
/// # Errors
/// Where a file can't be read.
pub fn small_programs() -> std::io::Result<Vec<(&'static str, String)>> {
    let sized = SMALL.iter().map(|&(name, size)| {
        // The work of this one lies in a constant.
        let text = program(name, size)?.replace("ack(3, 9)", "ack(3, 5)");
        Ok((name, text))
    });
    sized.collect()
}

/// The text of a program with its size replaced.
///
/// # Errors
/// Where the file can't be read.
pub fn program(name: &str, size: u64) -> std::io::Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let text = std::fs::read_to_string(folder.join(format!("{name}.wv")))?;
    Ok(sized(&text, size))
}

/// The number behind the first `N = ` replaced.
fn sized(text: &str, size: u64) -> String {
    let Some(at) = text.find("N = ") else { return text.to_owned() };
    let digits = text[at + 4..].bytes().take_while(u8::is_ascii_digit).count();
    format!("{}{size}{}", &text[..at + 4], &text[at + 4 + digits..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_replaced_and_nothing_else() {
        assert_eq!(sized("let N = 100\nprint(N, 100)\n", 7), "let N = 7\nprint(N, 100)\n");
        for (name, size) in PROGRAMS {
            assert!(program(name, size).expect(name).contains(&format!("N = {size}\n")), "{name}");
        }
    }
}
