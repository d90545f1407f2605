//! A profile as one JSON object; `docs/cli.md` describes it.

use serde_json::{Map, Value, json};
use weave_vm::error::Place;
use weave_vm::profile::{Captured, Profile};

/// The object and its line break.
pub(super) fn object(profile: &Profile, script: &str) -> String {
    let opcodes = profile.opcodes.iter().map(|o| {
        let mean = o.ns as f64 / o.count.max(1) as f64;
        json!({ "opcode": o.op.name(), "count": o.count, "total_ns": o.ns, "mean_ns": (mean * 100.0).round() / 100.0 })
    });
    let functions = profile.functions.iter().map(|f| {
        let mut row = Map::new();
        row.insert("name".into(), (*f.name).into());
        row.insert("kind".into(), f.kind.name().into());
        place(f.place.as_ref(), &mut row);
        times(f.calls, f.self_ns, f.total_ns, row)
    });
    let sites = profile.sites.iter().map(|s| {
        let mut row = Map::new();
        row.insert("caller".into(), s.caller.into());
        row.insert("function".into(), s.function.into());
        place(s.place.as_ref(), &mut row);
        times(s.calls, s.self_ns, s.total_ns, row)
    });
    let stacks = profile
        .nodes
        .iter()
        .map(|n| json!({ "parent": n.parent, "function": n.function, "calls": n.calls, "self_ns": n.self_ns }));
    let allocated = profile.allocated.iter();
    let allocations = allocated.map(|a| json!({ "kind": a.kind, "count": a.count, "bytes": a.bytes }));
    let whole = json!({
        "version": 1,
        "script": script,
        "elapsed_ns": profile.elapsed,
        "total_ns": profile.total,
        "timing_cost_ns": profile.timing_cost,
        "instructions": profile.instructions,
        "opcodes": opcodes.collect::<Vec<Value>>(),
        "functions": functions.collect::<Vec<Value>>(),
        "call_sites": sites.collect::<Vec<Value>>(),
        "stacks": stacks.collect::<Vec<Value>>(),
        "cut_calls": profile.cut_calls,
        "captured": uses(profile.captured),
        "own_cells": uses(profile.own_cells),
        "allocations": allocations.collect::<Vec<Value>>(),
        "collections": { "count": profile.collections, "total_ns": profile.collection_ns },
    });
    crate::json::line(&whole)
}

fn uses(captured: Captured) -> Value {
    json!({ "reads": captured.reads, "writes": captured.writes })
}

fn times(calls: u64, self_ns: u64, total_ns: u64, mut row: Map<String, Value>) -> Value {
    row.insert("calls".into(), calls.into());
    row.insert("self_ns".into(), self_ns.into());
    row.insert("total_ns".into(), total_ns.into());
    Value::Object(row)
}

fn place(place: Option<&Place>, row: &mut Map<String, Value>) {
    let at = place.and_then(|place| place.chunk.line_column(place.span));
    row.insert("file".into(), place.map(|place| &*place.chunk.name).into());
    row.insert("line".into(), at.map(|at| at.line).into());
    row.insert("column".into(), at.map(|at| at.column).into());
}
