//! Path attributes: whole blocks as they are received, and single values.

use api::encode::JsonWriter;
use bgp_wire::AttrCode;
use bgp_wire::attr::{self, AttributeBuilder, KNOWN, flag, walk};
use bgp_wire::msg::update::decode;
use bgp_wire::text::Words;

use crate::targets::{choice, context, update};

/// The octets as the attributes of an UPDATE that announces 10.0.0.0/24.
pub(crate) fn block(mut data: &[u8]) {
    let ctx = context(&mut data);
    let data = data.get(..60_000).unwrap_or(data);
    let Ok(length) = u16::try_from(data.len()) else { return };
    let body = [&[0, 0], &length.to_be_bytes()[..], data, &[24, 10, 0, 0]].concat();
    if let Ok(update) = decode(&body, &ctx) {
        let routes = update.announcements().count() + update.withdrawals().count();
        assert!(routes > 0 || ctx.add_path.contains(bgp_wire::Family::IPV4_UNICAST), "the route is not lost");
    }
    // The same again with everything that a read message has to go through.
    let whole = [&[0; 5], &body[..]].concat();
    update::update(&whole);
}

/// One value of one attribute: whatever the check says, showing it must not panic; what it accepts must be shown well.
pub(crate) fn value(mut data: &[u8]) {
    let code = choice(&mut data);
    let code = KNOWN.get(usize::from(code)).copied().unwrap_or(AttrCode(code));
    let ctx = context(&mut data);
    let accepted = attr::check(code, data, &ctx).is_ok();
    let flags = attr::flags(code).unwrap_or(flag::OPTIONAL | flag::TRANSITIVE | flag::PARTIAL);
    let mut json = Vec::new();
    attr::emit(code, data, &mut JsonWriter::new(&mut json));
    let mut text = String::new();
    attr::print(code, flags, data, &mut text);
    let mut normal = data.to_vec();
    attr::normalise(code, &mut normal);
    if accepted {
        crate::json::check(&json);
        assert!(!text.contains('\n'), "{text:?} forges a line");
        assert!(attr::check(code, &normal, &ctx).is_ok(), "the canonical value of {code} is well-formed");
        let mut block = Vec::new();
        attr::write(flags, code, &normal, &mut block);
        text_comes_back(&block);
    }
}

/// The text of a canonical block is the text of these octets.
pub(crate) fn text_comes_back(block: &[u8]) {
    let mut text = String::new();
    attr::to_route_text(walk(block), &mut text);
    let (mut words, mut builder) = (Words::new(&text), AttributeBuilder::new());
    while let Some(word) = words.next_word() {
        let known = attr::parse(word.text, &mut words, &mut builder);
        assert_eq!(known, Ok(true), "{text}");
    }
    let again = builder.finish();
    assert!(again.iter().eq(walk(block)), "{text} is {:x?}, not {block:x?}", again.block());
}
