//! A profile as stacks: for speedscope, and folded for flame graphs. Both are the
//! tree of paths with the time of each, not a log of what came when.

use super::label;
use serde_json::{Map, Value, json};
use weave_vm::profile::{FunctionKind, Profile};

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

/// The functions of each path that has time of its own, the outermost first.
fn paths(profile: &Profile) -> impl Iterator<Item = (Vec<usize>, u64)> + '_ {
    profile.nodes.iter().filter(|node| node.self_ns > 0).map(|node| {
        let mut path = vec![node.function];
        let mut next = node.parent;
        while let Some(node) = next.and_then(|i| profile.nodes.get(i)) {
            path.push(node.function);
            next = node.parent;
        }
        path.reverse();
        (path, node.self_ns)
    })
}

/// A file that <https://www.speedscope.app> opens.
pub(super) fn speedscope(profile: &Profile, script: &str) -> String {
    let frames = profile.functions.iter().map(|function| {
        let mut frame = Map::new();
        let place = function.place.as_ref().filter(|_| function.kind != FunctionKind::Native);
        frame.insert("name".into(), (*function.name).into());
        if let Some(place) = place {
            frame.insert("file".into(), (*place.chunk.name).into());
            if let Some(at) = place.chunk.line_column(place.span) {
                frame.insert("line".into(), at.line.into());
                frame.insert("col".into(), at.column.into());
            }
        }
        Value::Object(frame)
    });
    let (samples, weights): (Vec<Vec<usize>>, Vec<u64>) = paths(profile).unzip();
    let whole = json!({
        "$schema": SCHEMA,
        "name": script,
        "exporter": concat!("weave ", env!("CARGO_PKG_VERSION")),
        "activeProfileIndex": 0,
        "shared": { "frames": frames.collect::<Vec<Value>>() },
        "profiles": [{
            "type": "sampled",
            "name": script,
            "unit": "nanoseconds",
            "startValue": 0,
            "endValue": weights.iter().sum::<u64>(),
            "samples": samples,
            "weights": weights,
        }],
    });
    crate::json::line(&whole)
}

/// One path a line: names between semicolons, a space, nanoseconds.
pub(super) fn folded(profile: &Profile) -> String {
    let names: Vec<String> = profile.functions.iter().map(|f| label(f).replace(';', ",")).collect();
    let mut out = String::new();
    for (path, ns) in paths(profile) {
        let path: Vec<&str> = path.iter().filter_map(|&i| names.get(i)).map(String::as_str).collect();
        out.push_str(&format!("{} {ns}\n", path.join(";")));
    }
    out
}
