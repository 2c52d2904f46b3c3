//! `exabgp-rs encode`: the octets of routes.

use std::io::{self, BufRead as _, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use bgp_wire::msg::frame::{Frame, HEADER, frame};
use bgp_wire::msg::update;
use bgp_wire::text::Words;
use bgp_wire::{Asn, Family, PeerKind};
use config::Settings;
use route_text::{Action, Routes, parse_line};

use crate::cli::Encode;
use crate::decode::session::{Session, Wishes};
use crate::decode::{family, hex, sources};

/// Prints the messages of every route; the exit code says whether all could be encoded.
///
/// # Errors
/// When the configuration or standard input can't be read.
pub(crate) fn run(options: &Encode, env_file: Option<&Path>) -> Result<ExitCode> {
    let sources = sources(env_file)?;
    let compat = Settings::resolve(&sources).settings.bgp.compat;
    let family = family(options.family.as_deref())?;
    let wishes = Wishes {
        family: None,
        path_information: options.path_information,
        configuration: options.configuration.as_deref(),
    };
    let mut session = Session::new(wishes, compat, &sources)?;
    if options.configuration.is_none() {
        session.encode.local_as = Asn(options.local_as);
        let internal = options.local_as == options.peer_as;
        session.encode.peer = if internal { PeerKind::Internal } else { PeerKind::External };
    }
    let mut out = io::stdout().lock();
    let mut right = true;
    let mut one = |text: &str| -> io::Result<()> {
        match encode(options, &session, family, text) {
            Ok(lines) => out.write_all(lines.as_bytes()),
            Err(e) => {
                right = false;
                eprintln!("configuration error: Failed to parse route: {text}\n{e}");
                Ok(())
            }
        }
    };
    if options.route.is_empty() {
        for line in io::stdin().lock().lines() {
            let line = line?;
            if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                one(&line)?;
            }
        }
    } else {
        one(&options.route.join(" "))?;
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The lines for one line of text; a command's `announce` or `withdraw` may stand before the route.
fn encode(options: &Encode, session: &Session, family: Option<Family>, text: &str) -> Result<String> {
    let (action, rest) = match text.trim().split_once(char::is_whitespace) {
        Some(("announce", rest)) => (Action::Announce, rest),
        Some(("withdraw", rest)) => (Action::Withdraw, rest),
        _ => (Action::Announce, text.trim()),
    };
    let routes = routes(family, rest, action)?;
    let mut out = String::new();
    let Some(family) = routes.nlris.first().map(bgp_wire::Nlri::family) else { return Ok(out) };
    let nlris = || routes.nlris.iter().map(bgp_wire::Nlri::as_ref);
    if options.nlri {
        for nlri in nlris() {
            let id =
                session.encode.add_path.contains(family).then(|| nlri.path_id.unwrap_or(0).to_be_bytes());
            out.push_str(&hex::digits(id.as_ref().map_or(&[], |id| id.as_slice())));
            out.push_str(&hex::digits(nlri.wire));
            out.push('\n');
        }
        return Ok(out);
    }
    let mut octets = Vec::new();
    match action {
        Action::Announce => {
            update::announce(&session.encode, &routes.clause.attributes, family, nlris(), &mut octets)?
        }
        Action::Withdraw => update::withdraw(&session.encode, family, nlris(), &mut octets)?,
    };
    let mut rest = octets.as_slice();
    while !rest.is_empty() {
        let Ok(Frame::Complete { length, .. }) = frame(rest, u16::MAX) else {
            bail!("what was encoded is no message");
        };
        let (message, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let from = if options.no_header { HEADER } else { 0 };
        out.push_str(&hex::digits(message.get(from..).unwrap_or_default()));
        out.push('\n');
        rest = tail;
    }
    Ok(out)
}

/// Reads a route; one that starts with neither `route` nor a family is of the one that was asked for.
fn routes(family: Option<Family>, text: &str, action: Action) -> Result<Routes> {
    let mut plain = Words::new(text);
    let Some(family) = family else { return Ok(parse_line(&mut plain, action)?) };
    let own = text.strip_prefix("route ").unwrap_or(text);
    let named = format!("{family} {own}");
    match parse_line(&mut plain, action) {
        Ok(routes) if routes.nlris.iter().all(|n| n.family() == family) => Ok(routes),
        _ => Ok(parse_line(&mut Words::new(&named), action)?),
    }
}
