//! Where we differ from the original on purpose; each is a row of `docs/differences.md`.

use serde_json::Value;

/// Capabilities that 4.2 calls unknown and later ones know: host name and software version.
const LATER: [&str; 2] = ["73", "75"];

/// Whether an event differs from the original's in those things only.
pub(crate) fn allowed(dialect: &str, ours: &Value, theirs: &Value) -> bool {
    let (mut ours, mut theirs) = (ours.clone(), theirs.clone());
    for event in [&mut ours, &mut theirs] {
        // Extended communities that the original has no name for: an empty text there, their octets here.
        if let Some(list) = event.pointer_mut("/neighbor/message/update/attribute/extended-community") {
            for community in list.as_array_mut().unwrap() {
                let text = community["string"].as_str().unwrap();
                if text.is_empty() || text.starts_with("0x") {
                    community["string"] = Value::Null;
                }
            }
        }
        if let (true, Some(all)) = (dialect == "json-4.0.1", event.pointer_mut("/neighbor/open/capabilities"))
        {
            for code in LATER {
                all.as_object_mut().unwrap().remove(code);
            }
        }
    }
    ours == theirs
}
