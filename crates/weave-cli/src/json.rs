//! A diagnostic as one JSON object on one line, for editors and CI. Lines and
//! columns count from 1, columns in characters; `start` and `end` are bytes.

use crate::escape;
use crate::report::Fact;
use crate::snippet::Lines;
use serde_json::{Map, Value, json};
use weave_bytecode::span::Span;
use weave_vm::error::TraceEntry;

/// The object and its line break.
pub(crate) fn object(fact: &Fact<'_>) -> String {
    let mut object = Map::new();
    object.insert("severity".into(), "error".into());
    object.insert("kind".into(), fact.kind.into());
    object.insert("message".into(), fact.message.into());
    if let Some(source) = &fact.source {
        object.insert("file".into(), source.name.into());
        if let Some((span, label)) = source.labels.first() {
            place(source.lines, *span, &mut object);
            if !label.is_empty() {
                object.insert("label".into(), (*label).into());
            }
        }
        let related: Vec<Value> = source
            .labels
            .iter()
            .skip(1)
            .map(|(span, text)| {
                let mut label = Map::new();
                place(source.lines, *span, &mut label);
                label.insert("label".into(), (*text).into());
                Value::Object(label)
            })
            .collect();
        if !related.is_empty() {
            object.insert("related".into(), related.into());
        }
    }
    if let Some(help) = fact.help {
        object.insert("help".into(), help.into());
    }
    if let Some(place) = fact.data_place {
        object.insert("data".into(), place.into());
    }
    if !fact.trace.is_empty() {
        object.insert("trace".into(), fact.trace.iter().map(call).collect::<Vec<Value>>().into());
    }
    if let Some((after, count)) = fact.omitted {
        object.insert("omitted".into(), json!({ "after": after, "calls": count }));
    }
    line(&Value::Object(object))
}

fn place(lines: &Lines<'_>, span: Span, object: &mut Map<String, Value>) {
    let (from, to) = (lines.place(span.start), lines.place(span.end.max(span.start)));
    for (name, value) in [
        ("line", from.line),
        ("column", from.column),
        ("end_line", to.line),
        ("end_column", to.column),
        ("start", span.start as usize),
        ("end", span.end as usize),
    ] {
        object.insert(name.into(), value.into());
    }
}

fn call(entry: &TraceEntry) -> Value {
    let mut object = Map::new();
    object.insert("function".into(), (*entry.function).into());
    if let Some(place) = &entry.place {
        object.insert("file".into(), (*place.chunk.name).into());
        if let Some(at) = place.chunk.line_column(place.span) {
            object.insert("line".into(), at.line.into());
            object.insert("column".into(), at.column.into());
        }
    }
    Value::Object(object)
}

/// serde_json escapes what JSON demands; the rest of what a terminal would obey
/// is escaped here. Such characters occur inside strings only.
pub(crate) fn line(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if escape::is_hostile(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_without_control_characters() {
        let value = json!({ "message": "a\n\u{1b}[1m\u{9b}\u{202e}\u{7f}\u{0}" });
        let text = line(&value);
        assert!(!text.trim_end_matches('\n').chars().any(escape::is_hostile), "{text}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back, value);
    }
}
