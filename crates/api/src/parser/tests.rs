use proptest::prelude::*;

use super::*;
use crate::batch::{Note, Terms};
use crate::command::{AckSwitch, Command};

fn new() -> Parser {
    Parser::new(Arc::new(Interner::new()))
}

fn parse(lines: &str) -> Batch {
    let mut parser = new();
    lines.split('\n').for_each(|l| parser.line(l.as_bytes()));
    parser.take().unwrap_or_default()
}

/// A step in words.
fn told(batch: &Batch) -> Vec<String> {
    // The number of the first selector that says the same: one that was read twice is the same target.
    let same = |t: &Target| format!("{:?}", batch.selector(*t));
    let target = |t: &Target| match t {
        Target::Attached => String::new(),
        Target::Selected(n) => {
            let first = (0..*n).find(|i| same(&Target::Selected(*i)) == same(t)).unwrap_or(*n);
            format!("{first}: ")
        }
    };
    let told = |step: &Step| match step {
        Step::Route(r) => {
            let attributes = r.attributes.as_ref().filter(|_| !r.withdraws);
            let action = attributes.map_or_else(|| "-".to_owned(), |a| format!("+{a}"));
            let dog = match r.terms.as_deref() {
                None => String::new(),
                Some(Terms::Watchdog(w)) => format!(" dog {} {}", w.name, w.withdrawn),
                Some(Terms::Life(life)) => format!(" {life:?}"),
            };
            let end = if r.ends_line { "." } else { "" };
            format!("{}{} {}{action}{dog}{end}", target(&r.target), r.nlri.family(), r.nlri)
        }
        Step::Command(t, command) => format!("{}{command:?}", target(t)),
        Step::Note(note) => format!("{note:?}"),
        Step::Refused(error) => format!("refused: {error}"),
    };
    batch.steps.iter().map(told).collect()
}

#[test]
fn routes_become_steps() {
    let batch = parse(
        "announce route 10.0.0.0/24 next-hop 1.2.3.4 med 5\n\
         \n\
         withdraw route 10.0.0.0/24\n\
         neighbor 10.0.0.1 announce route 2001:db8::/32 next-hop ::1\n\
         neighbor 10.0.0.1, neighbor 10.0.0.2 withdraw route 10.0.0.0/24 next-hop 1.2.3.4 path-information 7\n\
         neighbor 10.0.0.1 withdraw ipv6 unicast 2001:db8::/32\n\
         announce route 10.0.0.0/24 next-hop 1.2.3.4 split /25\n\
         announce attributes med 1 next-hop self nlri 10.0.0.0/24 ::/0\n\
         announce ipv4 multicast 10.0.0.0/24 next-hop 1.2.3.4\n\
         announce route 10.0.0.0/24 next-hop 1.2.3.4 watchdog dog withdraw",
    );
    assert_eq!(
        told(&batch),
        [
            "ipv4 unicast 10.0.0.0/24+ next-hop 1.2.3.4 med 5.",
            "ipv4 unicast 10.0.0.0/24-.",
            "0: ipv6 unicast 2001:db8::/32+ next-hop ::1.",
            "1: ipv4 unicast 10.0.0.0/24 path-information 0.0.0.7-.",
            "0: ipv6 unicast 2001:db8::/32-.",
            "ipv4 unicast 10.0.0.0/25+ next-hop 1.2.3.4",
            "ipv4 unicast 10.0.0.128/25+ next-hop 1.2.3.4.",
            "ipv4 unicast 10.0.0.0/24+ next-hop self med 1",
            "ipv6 unicast ::/0+ next-hop self med 1.",
            "ipv4 multicast 10.0.0.0/24+ next-hop 1.2.3.4.",
            "ipv4 unicast 10.0.0.0/24+ next-hop 1.2.3.4 dog dog true.",
        ]
    );
    assert_eq!(batch.selectors.len(), 2);
    assert_eq!(batch.selector(Target::Selected(1)), Some(&*batch.selectors[1]));
    assert_eq!(batch.selector(Target::Attached), None);
}

#[test]
fn the_same_clause_is_the_same_set() {
    let batch = parse(
        "announce route 10.0.0.0/24 next-hop 1.2.3.4 med 5\n\
         announce route 10.0.1.0/24 next-hop 1.2.3.4 med 5\n\
         announce route 10.0.2.0/24  med 5  next-hop 1.2.3.4\n\
         announce attributes med 5 next-hop 1.2.3.4 nlri 10.0.3.0/24 10.0.4.0/24",
    );
    let sets: Vec<&Attrs> = batch
        .steps
        .iter()
        .filter_map(|s| if let Step::Route(r) = s { r.attributes.as_ref() } else { None })
        .collect();
    assert_eq!(sets.len(), 5);
    assert!(sets.iter().all(|s| Arc::ptr_eq(s, sets[0])));
}

#[test]
fn everything_else_becomes_steps_too() {
    let batch = parse(
        "# a comment\n#\nneighbor * teardown 2\nshow neighbor summary\r\nsilence-ack\nbogus\n\
         announce route 10.0.0.0/24\nannounce route 10.0.0.1/24 next-hop 1.2.3.4",
    );
    assert_eq!(
        told(&batch),
        [
            "Comment(\"a comment\")",
            "Comment(\"\")",
            "0: Teardown(2)",
            "ShowNeighbor { address: None, form: Summary }",
            "Ack(Silence)",
            batch_error(&batch, 5, "unknown command: 'bogus' at octet 0"),
            batch_error(&batch, 6, "next-hop is missing at octet 26"),
            batch_error(&batch, 7, "host bits are set: '10.0.0.1/24' at octet 15"),
        ]
    );
}

/// The error of a step, which starts like this.
fn batch_error<'b>(batch: &'b Batch, index: usize, start: &str) -> &'b str {
    let Step::Refused(error) = &batch.steps[index] else { panic!("{:?}", batch.steps[index]) };
    let text = format!("refused: {error}");
    assert!(text.starts_with(&format!("refused: {start}")), "{text}");
    text.leak()
}

#[test]
fn octets_that_are_no_text_are_refused() {
    let mut parser = new();
    parser.line(b"announce route 10.0.0.0/24 next-hop 1.2.3.4 name \xff");
    parser.line(b"announce route 10.0.0.0/24 next-hop 1.2.3.4 name a\0b");
    parser.line(b"neighbor \0 announce route 10.0.0.0/24 next-hop 1.2.3.4");
    parser.oversized(1 << 20);
    let batch = parser.take().unwrap();
    let errors: Vec<String> = told(&batch);
    assert_eq!(
        errors,
        [
            "refused: the line is not UTF-8 at octet 49",
            "refused: the line holds a NUL at octet 50",
            "refused: the line holds a NUL at octet 9",
            "refused: the line is too long at octet 1048576",
        ]
    );
    assert!(parser.take().is_none());
}

#[test]
fn a_new_process_starts_afresh() {
    let mut parser = new();
    parser.line(b"neighbor 10.0.0.1 withdraw route 10.0.0.0/24");
    parser.clear();
    assert_eq!(parser.steps(), 0);
    parser.line(b"neighbor 10.0.0.1 withdraw route 10.0.0.0/24");
    assert_eq!(parser.steps(), 1);
    assert_eq!(parser.take().unwrap().selectors.len(), 1);
    // The selector is numbered anew in the next batch.
    parser.line(b"neighbor 10.0.0.1 withdraw route 10.0.0.0/24");
    assert_eq!(parser.take().unwrap().selectors.len(), 1);
}

#[test]
fn clauses_that_only_withdraw_are_no_announcements() {
    // Remembered from the withdrawal, the clause must not make an announcement without next hop right.
    let batch = parse("withdraw route 10.0.0.0/24 med 5\nannounce route 10.0.0.0/24 med 5");
    assert!(matches!(&batch.steps[..], [Step::Route(_), Step::Refused(_)]), "{batch:?}");
}

#[test]
fn a_quoted_word_is_not_the_end_of_a_clause() {
    let batch = parse("announce attributes next-hop 1.2.3.4 name \"a nlri 10.0.0.0/8");
    assert!(matches!(&batch.steps[..], [Step::Refused(_)]), "{batch:?}");
    let batch = parse("announce attributes next-hop 1.2.3.4 name \"a nlri b\" nlri 10.0.0.0/8");
    assert_eq!(told(&batch), ["ipv4 unicast 10.0.0.0/8+ next-hop 1.2.3.4."]);
}

/// Pieces that lines are made of, right and wrong ones.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("announce".to_owned()),
        Just("withdraw".to_owned()),
        Just("route".to_owned()),
        Just("attributes".to_owned()),
        Just("nlri".to_owned()),
        Just("neighbor 10.0.0.1".to_owned()),
        Just("neighbor *".to_owned()),
        Just(", neighbor 10.0.0.2".to_owned()),
        Just("announce route 10.0.0.0/24".to_owned()),
        Just("announce attributes next-hop self nlri 10.0.0.0/8".to_owned()),
        Just("announce ipv6 unicast ::/0".to_owned()),
        Just("next-hop 1.2.3.4".to_owned()),
        Just("next-hop self".to_owned()),
        Just("med 5".to_owned()),
        Just("community [ 1:1 2:2 ]".to_owned()),
        Just("path-information 1".to_owned()),
        Just("split /9".to_owned()),
        Just("label 100".to_owned()),
        Just("rd 65000:1".to_owned()),
        Just("watchdog dog".to_owned()),
        Just("ttl 5".to_owned()),
        Just("lease web".to_owned()),
        Just("name \"a nlri b\"".to_owned()),
        Just("\"".to_owned()),
        Just("\t".to_owned()),
        Just("#".to_owned()),
        Just("debug x".to_owned()),
        Just("reset".to_owned()),
        Just("show neighbor".to_owned()),
        Just("silence-ack".to_owned()),
        "(10|172|300)\\.[0-9]{1,3}\\.0\\.0/[0-9]{1,2}",
        "[ -~é\\x00]{0,8}",
    ]
}

proptest! {
    #[test]
    fn each_line_has_one_answer_and_both_ways_agree(
        lines in prop::collection::vec(prop::collection::vec(piece(), 0..7), 0..8)
    ) {
        let lines: Vec<String> = lines.into_iter().map(|pieces| pieces.join(" ")).collect();
        let mut parser = new();
        for line in &lines {
            parser.line(line.as_bytes());
        }
        let batch = parser.take().unwrap_or_default();
        let silent = |step: &&Step| matches!(
            step,
            Step::Command(_, c) if matches!(**c, Command::Debug(_) | Command::Reset | Command::Ack(AckSwitch::Silence))
        );
        let answers = batch.steps.iter().filter(|s| s.answers()).count();
        let silent = batch.steps.iter().filter(silent).count();
        let asked = lines.iter().filter(|l| !l.trim_ascii().is_empty()).count();
        prop_assert_eq!(answers + silent, asked);
        if let Some(last) = batch.steps.last() {
            prop_assert!(last.answers() || silent > 0);
        }

        // What the short way makes of a line, the long way makes of it too.
        for line in &lines {
            let line = line.trim_ascii();
            let (mut fast, mut slow) = (new(), new());
            fast.line(line.as_bytes());
            if !line.is_empty() && let Err(error) = slow.slow(line.as_bytes()) {
                slow.batch.steps.push(Step::Refused(Box::new(error)));
            }
            prop_assert_eq!(told(&fast.batch), told(&slow.batch), "{}", line);
        }
    }

    #[test]
    fn octets_of_any_kind_are_answered(line: Vec<u8>) {
        let mut parser = new();
        parser.line(&line);
        let batch = parser.take().unwrap_or_default();
        let answered = batch.steps.iter().filter(|s| s.answers()).count();
        prop_assert_eq!(answered, usize::from(!line.trim_ascii().is_empty()));
    }
}

#[test]
fn notes_stand_before_their_lines() {
    let batch = parse(
        "id a1 announce route 10.0.0.0/24 next-hop self\n\
         \n\
         id a2 ack written peer * announce route 10.0.0.0/24 next-hop self\n\
         ack parsed nonsense\n\
         id\n\
         peer * announce route 10.0.1.0/24 next-hop self sync\n\
         session answers json\n\
         # a comment\n\
         announce rout\n\
         id x ack never version",
    );
    let note = |id: Option<&str>, line, level, json| {
        let id: Option<Box<str>> = id.map(Into::into);
        format!("{:?}", Note { id, line, level, json })
    };
    let told = told(&batch);
    let expected = [
        note(Some("a1"), 1, AckLevel::Queued, true),
        "ipv4 unicast 10.0.0.0/24+ next-hop self.".into(),
        note(Some("a2"), 3, AckLevel::Written, true),
        "0: ipv4 unicast 10.0.0.0/24+ next-hop self.".into(),
        note(None, 4, AckLevel::Parsed, true),
        "refused: unknown command: 'nonsense' at octet 11".into(),
        "refused: unknown command: 'id' at octet 0".into(),
        note(None, 6, AckLevel::Written, false),
        "0: ipv4 unicast 10.0.1.0/24+ next-hop self.".into(),
        "Answers { json: true }".into(),
        note(None, 8, AckLevel::Queued, true),
        "Comment(\"a comment\")".into(),
        note(None, 9, AckLevel::Queued, true),
        "refused: ".into(),
        note(None, 10, AckLevel::Queued, true),
        "refused: there is no such moment: 'never' at octet 9".into(),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(&expected) {
        assert!(told.starts_with(expected.as_str()), "{told}\n{expected}");
    }
}
