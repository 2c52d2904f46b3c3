//! Answers that say more than `done` and `error`, for those who asked for them.

use bgp_wire::emit::{Emit as _, Spacing};

use crate::batch::Note;
use crate::encode::JsonWriter;

/// The answer to a line with a note, one line:
/// `{"answer": "done", "id": "17", "line": 3, "level": "queued", "neighbors": 2}`; of a refused one also why.
pub fn object(note: &Note, done: bool, neighbors: usize, reason: Option<&str>) -> Vec<u8> {
    line(note, done, neighbors, |w| {
        if let Some(reason) = reason.filter(|_| !done) {
            w.key("reason");
            w.text(reason);
        }
    })
}

/// The answer to a line that was to be written: to how many of the neighbors that it reached it has been, and how
/// many lost their session before. The others had none.
pub fn written(note: &Note, neighbors: usize, written: usize, lost: usize) -> Vec<u8> {
    line(note, true, neighbors, |w| {
        for (key, count) in [("written", written), ("lost", lost)] {
            w.key(key);
            w.number(u64::try_from(count).unwrap_or(u64::MAX));
        }
    })
}

fn line(note: &Note, done: bool, neighbors: usize, more: impl FnOnce(&mut JsonWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut w = JsonWriter::new(&mut out);
    w.begin_object(Spacing::Tight);
    w.key("answer");
    w.text(if done { "done" } else { "error" });
    if let Some(id) = &note.id {
        w.key("id");
        w.text(id);
    }
    w.key("line");
    w.number(note.line);
    w.key("level");
    w.text(note.level.name());
    w.key("neighbors");
    w.number(u64::try_from(neighbors).unwrap_or(u64::MAX));
    more(&mut w);
    w.end_object();
    out.push(b'\n');
    out
}

/// What stands before an `error` in the grammar of ExaBGP 6.
pub fn reason(reason: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut w = JsonWriter::new(&mut out);
    w.begin_object(Spacing::Tight);
    w.key("error");
    w.text(reason);
    w.end_object();
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::AckLevel;

    #[test]
    fn answers_are_one_line_of_json() {
        let note = Note { id: Some("a\"b".into()), line: 7, level: AckLevel::Queued, json: true };
        assert_eq!(
            String::from_utf8(object(&note, false, 2, Some("no\nway"))).unwrap(),
            "{\"answer\": \"error\", \"id\": \"a\\\"b\", \"line\": 7, \"level\": \"queued\", \"neighbors\": 2, \
             \"reason\": \"no\\nway\"}\n"
        );
        let note = Note { id: None, line: 1, level: AckLevel::Parsed, json: true };
        assert_eq!(
            String::from_utf8(object(&note, true, 0, Some("not told"))).unwrap(),
            "{\"answer\": \"done\", \"line\": 1, \"level\": \"parsed\", \"neighbors\": 0}\n"
        );
        let note = Note { level: AckLevel::Written, ..note };
        assert_eq!(
            String::from_utf8(written(&note, 3, 1, 2)).unwrap(),
            "{\"answer\": \"done\", \"line\": 1, \"level\": \"written\", \"neighbors\": 3, \"written\": 1, \
             \"lost\": 2}\n"
        );
        assert_eq!(reason("x"), b"{\"error\": \"x\"}\n");
    }
}
