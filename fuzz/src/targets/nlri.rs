//! NLRI, each kind of its own.

use api::encode::JsonWriter;
use bgp_wire::nlri::NlriRun;
use bgp_wire::text::Words;
use bgp_wire::{DecodeError, Family, Nlri, NlriRef};

use crate::targets::choice;

/// Reads a field of NLRI of one of `families`.
fn field(mut data: &[u8], families: &[Family]) {
    let flags = choice(&mut data);
    let family = families[usize::from(flags >> 1) % families.len()];
    let add_path = flags & 1 == 1;
    let run = match NlriRun::check(family, add_path, data, 0) {
        Ok(run) => run,
        Err(error) => {
            let named = matches!(error, DecodeError::Nlri { family: found, .. } if found == family);
            return assert!(named, "{error}: the error says which family it is");
        }
    };
    let mut octets = 0;
    for route in &run {
        octets += route.wire.len() + usize::from(add_path) * 4;
        show(route);
    }
    assert_eq!(octets, data.len(), "every octet belongs to a route");
}

/// Shows a route in each way there is.
pub(crate) fn show(route: NlriRef<'_>) {
    let text = route.to_string();
    assert!(!text.contains('\n'), "{text:?} forges a line");
    let mut json = Vec::new();
    route.emit(&mut JsonWriter::new(&mut json));
    crate::json::check(&json);
    let (identity, _) = (route.identity(), route.identity_length());
    assert!(identity.len() <= route.wire.len());
    let kept = route.to_owned();
    assert_eq!(kept.as_ref(), route);
    // Not every text of a route can be read, but what can is a route that says the same again.
    let mut words = Words::new(&text);
    if let Ok(again) = Nlri::parse(route.family, &mut words)
        && words.next_word().is_none()
    {
        let read = NlriRun::check(route.family, false, again.wire(), 0);
        assert!(read.is_ok(), "{text}: what is written from text can be read");
        assert_eq!(Nlri::parse(route.family, &mut Words::new(&again.to_string())), Ok(again), "{text}");
    }
}

macro_rules! kinds {
    ($($name:ident: $($afi:literal / $safi:literal),+;)+) => {
        $(pub(crate) fn $name(data: &[u8]) {
            field(data, &[$(Family::new($afi, $safi)),+]);
        })+
    };
}

kinds! {
    inet: 1/1, 2/1, 1/2, 2/2;
    labelled: 1/4, 2/4, 1/128, 2/128;
    flow: 1/133, 2/133, 1/134, 2/134;
    vpls: 25/65;
    evpn: 25/70;
    mvpn: 1/5, 2/5;
    mup: 1/85, 2/85;
    rtc: 1/132;
    bgp_ls: 16388/71, 16388/72;
    sr_policy: 1/73, 2/73;
}
