//! Sizes and times as the command line writes them.

use crate::args::Common;
use std::time::Duration;
use weave_vm::limits::Limits;

/// A number of bytes: `4096`, `64K`, `256M`, `2G`, also with `B` or `iB` behind.
pub(crate) fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase();
    let shift = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err("a size is a whole number with K, M or G behind it, as in 256M".to_owned()),
    };
    let number: usize = digits.parse().map_err(|_| "a size is a whole number, as in 256M".to_owned())?;
    number.checked_mul(1usize << shift).ok_or_else(|| format!("{text} is more than this machine can address"))
}

/// A time: `500ms`, `5s`, `1.5m`, `2h`; a bare number is seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match text.get(digits.len()..).unwrap_or_default() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err("a time is a number with ms, s, m or h behind it, as in 5s".to_owned()),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: Option<f64> = digits.parse().ok().filter(|_| plain);
    number
        .and_then(|n| Duration::try_from_secs_f64(n * scale).ok())
        .ok_or_else(|| "a time is a number with its unit, as in 5s or 500ms".to_owned())
}

/// The machine's limits as the options state them.
pub(crate) fn of(common: &Common) -> Limits {
    let default = Limits::default();
    Limits {
        memory: common.max_memory.unwrap_or(default.memory),
        steps: common.max_steps.unwrap_or(default.steps),
        depth: common.max_depth.unwrap_or(default.depth),
        stack: default.stack,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("4096"), Ok(4096));
        assert_eq!(parse_size("64K"), Ok(65_536));
        assert_eq!(parse_size("256MiB"), Ok(256 << 20));
        assert_eq!(parse_size("2gb"), Ok(2 << 30));
        for bad in ["", "M", "-1", "1.5M", "10X", "99999999999999999999", "99999999999G", "é", "1é"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(parse_duration("5"), Ok(Duration::from_secs(5)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        for bad in ["", "s", "-1s", "1e9s", "inf", "nan", "5 s", "1d", "5é"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
