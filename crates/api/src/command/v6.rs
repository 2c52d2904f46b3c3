//! The grammar of ExaBGP 6: what a command is about stands first, as in `peer * announce route …`, `daemon status`.
//!
//! It is another way to write the same commands. None of its first words is a first word of the older grammar, so a
//! helper may use both.

use route_text::{Action, Routes, Selector, TextError, Words};

use super::session::plain;
use super::{AckSwitch, Command, Entry, FamilyFilter, Grammar, Line, Neighbor, Parsed, Rib};
use super::{entries_v6, parse_in, rib, show};

/// The rows of the table: all but `peer`.
pub(super) const COMMANDS: &[Entry] = &[
    plain(&["daemon", "shutdown"], "end", |line| line.plain(Command::Shutdown)),
    plain(&["daemon", "reload"], "read the configuration again", |line| line.plain(Command::Reload)),
    plain(&["daemon", "restart"], "drop all sessions and start the helpers anew", |line| {
        line.plain(Command::Restart)
    }),
    plain(&["daemon", "status"], "tell how the daemon is", |line| line.plain(Command::Status)),
    plain(&["session", "ack", "enable"], "answer commands", |line| {
        line.plain(Command::Ack(AckSwitch::Enable))
    }),
    plain(&["session", "ack", "disable"], "answer this command and no other", |line| {
        line.plain(Command::Ack(AckSwitch::Disable))
    }),
    plain(&["session", "ack", "silence"], "answer no command", |line| {
        line.plain(Command::Ack(AckSwitch::Silence))
    }),
    plain(&["session", "sync", "enable"], "answer once the routes are written to the peers", |line| {
        line.plain(Command::Sync(true))
    }),
    plain(&["session", "sync", "disable"], "answer once the routes are taken", |line| {
        line.plain(Command::Sync(false))
    }),
    plain(&["session", "answers", "json"], "answer with objects that say the line and the reason", |line| {
        line.plain(Command::Answers { json: true })
    }),
    plain(&["session", "answers", "words"], "answer with done and error", |line| {
        line.plain(Command::Answers { json: false })
    }),
    plain(&["session", "reset"], "forget what is under way", |line| line.plain(Command::Reset)),
    Entry {
        arguments: "[UUID]",
        ..plain(&["session", "ping"], "tell that there is someone", |_| Ok(Parsed::Command(Command::Ping)))
    },
    plain(&["session", "bye"], "the helper has no more to say", |line| line.plain(Command::Bye)),
    plain(&["system", "version"], "tell the version", |line| line.plain(Command::Version)),
    plain(&["system", "help"], "list the commands", |line| line.plain(Command::Help)),
    plain(&["system", "queue-status"], "tell what waits to be read by helpers", |line| {
        line.plain(Command::QueueStatus)
    }),
    Entry {
        arguments: "[4|6]",
        ..plain(&["system", "api", "version"], "tell or choose the form of answers", api_version)
    },
    optional(&["rib", "show", "in"], "tell the routes received", |line| show::routes(line, Rib::In)),
    optional(&["rib", "show", "out"], "tell the routes to be sent", |line| show::routes(line, Rib::Out)),
    optional(&["rib", "flush", "out"], "send every route again", |line| line.plain(Command::FlushAdjRibOut)),
    optional(&["rib", "clear"], "forget the routes received, or withdraw those sent", rib::clear),
];

const fn optional(
    words: &'static [&'static str],
    summary: &'static str,
    parse: fn(&mut Line<'_>) -> Result<Parsed, TextError>,
) -> Entry {
    Entry { neighbor: Neighbor::Optional, ..plain(words, summary, parse) }
}

fn api_version(line: &mut Line<'_>) -> Result<Parsed, TextError> {
    let grammar = match line.words.next_word() {
        None => None,
        Some(word) if word.is("4") => Some(Grammar::V4),
        Some(word) if word.is("6") => Some(Grammar::V6),
        Some(word) => return Err(TextError::new(word, "there is no such version").hint("4 or 6")),
    };
    line.plain(Command::Api(grammar))
}

/// Whether the line is one of this grammar.
pub(super) fn is_v6(words: Words<'_>) -> bool {
    words
        .peek()
        .is_some_and(|w| !w.quoted && matches!(w.text, "peer" | "daemon" | "session" | "system" | "rib"))
}

/// Words that may end any command: what they ask for is what they get, or is asked for otherwise.
const ENDINGS: [&str; 3] = [" json", " text", " async"];

/// Reads a line.
pub(super) fn parse(words: Words<'_>) -> Result<(Option<Selector>, Parsed), TextError> {
    let error = match line(words) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    // Only where the line makes no sense with them: a route may be named "json".
    let text = words.rest().trim_end();
    match ENDINGS.iter().find_map(|ending| text.strip_suffix(ending)) {
        Some(shorter) => line(Words::new(shorter)).map_err(|_| error),
        None => Err(error),
    }
}

fn line(mut words: Words<'_>) -> Result<(Option<Selector>, Parsed), TextError> {
    let start = words.peek().ok_or_else(|| words.end("a command"))?;
    if !words.accept("peer") {
        return Ok((None, parse_in(entries_v6, words, false, start)?));
    }
    let next = words.peek().ok_or_else(|| words.end("a peer").hint(HINT))?;
    if next.is("list") {
        words.next_word();
        let mut line = Line { words, last: words };
        return Ok((None, line.plain(Command::ListPeers)?));
    }
    if next.is("show") {
        return Ok((None, show_peer(words)?));
    }
    let selector = Selector::parse_peers(&mut words)?;
    Ok((Some(selector), for_peers(words)?))
}

const HINT: &str = "peer list, or peer ADDRESS and a command, or peer * and a command";

/// What follows a selector.
fn for_peers(mut words: Words<'_>) -> Result<Parsed, TextError> {
    let word = words.peek().ok_or_else(|| words.end("a command"))?;
    match word.text {
        _ if word.quoted => Err(TextError::new(word, "a command is not quoted")),
        "show" => show_peer(words),
        "rib" => parse_in(entries_v6, words, true, word),
        "announce" | "withdraw" | "teardown" => super::parse(words, true),
        "group" => {
            words.next_word();
            group(words)
        }
        "routes" => {
            words.next_word();
            routes(words)
        }
        _ => Err(TextError::new(word, "this is nothing that a peer can be told")
            .hint("announce, withdraw, teardown, show, rib, routes, group")),
    }
}

fn show_peer(mut words: Words<'_>) -> Result<Parsed, TextError> {
    words.next_word();
    let parsed = show::neighbor(&mut Line { words, last: words })?;
    Ok(match parsed {
        // Without a form it is told as JSON all the same.
        Parsed::Command(Command::ShowNeighbor { address, form: super::NeighborForm::Choices }) => {
            Parsed::Command(Command::ShowNeighbor { address, form: super::NeighborForm::Json })
        }
        other => other,
    })
}

/// `routes list`, `routes add ROUTE`, `routes remove ROUTE`
fn routes(mut words: Words<'_>) -> Result<Parsed, TextError> {
    let word = words.expect("list, add or remove")?;
    let action = match word.text {
        "list" => {
            let (address, families) = (None, FamilyFilter::Any);
            let command = Command::ShowAdjRib {
                rib: Rib::Out,
                address,
                families,
                prefix: None,
                status: false,
                extensive: false,
                json: true,
            };
            return Line { words, last: words }.plain(command);
        }
        "add" => Action::Announce,
        "remove" => Action::Withdraw,
        _ => return Err(TextError::new(word, "unknown argument").hint("list, add or remove")),
    };
    let routes = route_text::parse_line(&mut words, action)?;
    Ok(Parsed::Routes(action, routes))
}

/// `group COMMAND ; COMMAND`: routes only.
fn group(words: Words<'_>) -> Result<Parsed, TextError> {
    let mut all: Vec<(Action, Routes)> = Vec::new();
    for (at, text) in pieces(words.rest()) {
        let offset = words.offset().saturating_add(at);
        let here = |error: TextError| TextError { at: error.at.saturating_add(offset), ..error };
        let piece = Words::new(text);
        let Parsed::Routes(action, routes) = super::parse(piece, true).map_err(here)? else {
            let error = TextError { at: offset, ..piece.end("announce or withdraw") };
            return Err(error.hint("only routes may stand in a group"));
        };
        all.push((action, routes));
    }
    if all.is_empty() {
        return Err(words.end("announce or withdraw").hint("as in group announce ... ; withdraw ..."));
    }
    Ok(Parsed::Group(all))
}

/// The texts between semicolons that are in no quotes, with their places; empty ones left out.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let (mut from, mut quote) = (0usize, None);
    let mut add = |from: usize, to: usize| {
        if let Some(piece) = text.get(from..to).filter(|p| !p.trim().is_empty()) {
            pieces.push((from, piece));
        }
    };
    for (at, octet) in text.bytes().enumerate() {
        match (quote, octet) {
            (Some(open), octet) if open == octet => quote = None,
            (None, b'"' | b'\'') => quote = Some(octet),
            (None, b';') => {
                add(from, at);
                from = at.saturating_add(1);
            }
            _ => {}
        }
    }
    add(from, text.len());
    pieces
}

#[cfg(test)]
mod tests {
    use bgp_wire::Family;

    use super::*;
    use crate::command::NeighborForm;

    fn command(text: &str) -> (bool, Command) {
        match super::super::read(Words::new(text)) {
            Ok((selector, Parsed::Command(command))) => (selector.is_some(), command),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn commands_are_read() {
        let routes = |rib, json| Command::ShowAdjRib {
            prefix: None,
            status: false,
            rib,
            address: None,
            families: FamilyFilter::Any,
            extensive: false,
            json,
        };
        let neighbor = |form| Command::ShowNeighbor { address: None, form };
        for (text, selected, expected) in [
            ("daemon shutdown", false, Command::Shutdown),
            ("daemon reload json", false, Command::Reload),
            ("daemon restart", false, Command::Restart),
            ("daemon status text", false, Command::Status),
            ("session ack enable", false, Command::Ack(AckSwitch::Enable)),
            ("session ack disable", false, Command::Ack(AckSwitch::Disable)),
            ("session ack silence", false, Command::Ack(AckSwitch::Silence)),
            ("session sync enable", false, Command::Sync(true)),
            ("session reset", false, Command::Reset),
            ("session ping 1234 x", false, Command::Ping),
            ("session bye", false, Command::Bye),
            ("system version", false, Command::Version),
            ("system help", false, Command::Help),
            ("system queue-status", false, Command::QueueStatus),
            ("system api version", false, Command::Api(None)),
            ("system api version 4", false, Command::Api(Some(Grammar::V4))),
            ("rib show out", false, routes(Rib::Out, false)),
            ("rib show in json", false, routes(Rib::In, true)),
            ("rib flush out", false, Command::FlushAdjRibOut),
            ("rib clear in", false, Command::ClearAdjRib(Rib::In)),
            ("peer list", false, Command::ListPeers),
            ("peer show summary", false, neighbor(NeighborForm::Summary)),
            ("peer 10.0.0.1 show", true, neighbor(NeighborForm::Json)),
            ("peer * teardown 2", true, Command::Teardown(2)),
            (
                "peer [10.0.0.1 local-as 1, 10.0.0.2] announce eor",
                true,
                Command::EndOfRib(Family::IPV4_UNICAST),
            ),
            ("peer 10.0.0.1, 10.0.0.2 rib flush out", true, Command::FlushAdjRibOut),
            ("peer 10.0.0.1 routes list", true, routes(Rib::Out, true)),
        ] {
            assert_eq!(command(text), (selected, expected), "{text}");
        }
    }

    #[test]
    fn routes_are_read() {
        for (text, n) in [
            ("peer * announce route 10.0.0.0/24 next-hop self", 1),
            ("peer 10.0.0.1 announce ipv4 unicast 10.0.0.0/24 next-hop self json", 1),
            (
                "peer [ 10.0.0.1 , 10.0.0.2 ] announce attributes next-hop self nlri 10.0.0.0/24 10.0.1.0/24",
                2,
            ),
            ("peer * routes add 10.0.0.0/24 next-hop self", 1),
            ("peer * routes remove ipv4 unicast 10.0.0.0/24", 1),
            ("peer * announce route 10.0.0.0/24 next-hop self name json", 1),
        ] {
            match super::super::read(Words::new(text)) {
                Ok((Some(_), Parsed::Routes(_, routes))) => assert_eq!(routes.nlris.len(), n, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        let text =
            "peer * group announce route 10.0.0.0/24 next-hop self name \"a;b\" ; withdraw route ::/0;";
        match super::super::read(Words::new(text)) {
            Ok((Some(_), Parsed::Group(all))) => assert_eq!(all.len(), 2),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn wrong_lines_name_the_word_and_its_place() {
        for (text, word, at, says) in [
            ("peer", "", 4, "peer list"),
            ("peer 10.0.0.1", "", 13, "a command"),
            ("peer 10.0.0.1 dance", "dance", 14, "announce, withdraw"),
            ("peer [10.0.0.1 announce eor", "[", 5, "no end"),
            ("peer nobody announce eor", "nobody", 5, "no neighbor"),
            ("daemon dance", "dance", 7, "reload"),
            ("rib clear both", "both", 10, "in or out"),
            ("system api version 5", "5", 19, "4 or 6"),
            ("peer * teardown", "", 15, "subcode"),
            ("peer * group announce eor", "", 12, "only routes"),
            (
                "peer * group announce route 10.0.0.0/24 next-hop self ; withdraw rout 1.0.0.0/8",
                "rout",
                64,
                "route",
            ),
            ("peer * announce routes 10.0.0.0/24", "routes", 16, "did you mean route"),
        ] {
            let error = super::super::read(Words::new(text)).unwrap_err();
            assert_eq!((error.word.as_str(), error.at), (word, at), "{text}: {error}");
            assert!(error.to_string().contains(says), "{text}: {error}");
        }
    }
}
