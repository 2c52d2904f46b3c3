//! Properties that hold for every attribute of the table.

use proptest::collection::vec;
use proptest::prelude::*;

use super::testing::Json;
use super::{AttributeBuilder, KNOWN, RawAttribute, check, emit, flags, parse, print, to_route_text, walk};
use crate::code::AttrCode;
use crate::ctx::DecodeCtx;
use crate::text::Words;

/// Octets that are often small, so that they make TLVs within TLVs.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![6 => 0..8_u8, 2 => Just(0_u8), 1 => any::<u8>()];
    prop_oneof![vec(any::<u8>(), 0..64), vec(octet, 0..64)]
}

/// A prefix SID whose nesting is whole, with odd things in it.
fn prefix_sid() -> impl Strategy<Value = Vec<u8>> {
    let tlv = |kind: u8, value: &[u8]| {
        let [high, low] = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[kind, high, low], value].concat()
    };
    let level = move |inner: BoxedStrategy<Vec<u8>>| {
        vec((0..7_u8, inner), 0..3)
            .prop_map(move |tlvs| tlvs.iter().flat_map(|(k, v)| tlv(*k, v)).collect::<Vec<u8>>())
    };
    let structures = level(vec(any::<u8>(), 5..8).boxed());
    let information = (vec(any::<u8>(), 20..22), structures).prop_map(|(head, tail)| [head, tail].concat());
    let service =
        (any::<u8>(), level(information.boxed())).prop_map(|(head, tail)| [vec![head], tail].concat());
    level(prop_oneof![service, vec(any::<u8>(), 6..9), vec(any::<u8>(), 8..21)].boxed())
}

/// Whatever the octets: nothing panics, what is emitted is JSON, and what passes the check has a text that gives the
/// same octets.
fn holds(code: AttrCode, value: &[u8]) -> Result<(), TestCaseError> {
    let mut json = Json::default();
    emit(code, value, &mut json);
    prop_assert!(serde_json::from_str::<serde_json::Value>(&json.text).is_ok(), "{}", json.text);
    let flags = flags(code).unwrap();
    print(code, flags, value, &mut String::new());
    let attribute = RawAttribute { code, flags, value };
    let mut text = String::new();
    to_route_text([attribute], &mut text);
    if check(code, value, &DecodeCtx::default()).is_ok() {
        let mut words = Words::new(&text);
        let mut builder = AttributeBuilder::new();
        let keyword = words.next_word().unwrap();
        prop_assert_eq!(parse(keyword.text, &mut words, &mut builder), Ok(true), "{}", text);
        prop_assert!(walk(builder.finish().block()).eq([attribute]), "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_value_of_any_attribute(code in prop::sample::select(KNOWN), value in value()) {
        holds(code, &value)?;
    }

    #[test]
    fn any_prefix_sid(value in prefix_sid()) {
        holds(AttrCode::PREFIX_SID, &value)?;
    }
}
