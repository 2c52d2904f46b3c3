//! JSON that is judged by another reader than ours: valid, one line, no key twice in an object.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Any value whose objects have each key once.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut keys = HashSet::new();
        while let Some((key, Unique)) = members.next_entry::<String, Unique>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("the key {key:?} is there twice")));
            }
            keys.insert(key);
        }
        Ok(Unique)
    }
}

/// Panics unless `json` is one valid value on one line whose objects have each key once.
pub(crate) fn check(json: &[u8]) {
    read::<Unique>(json);
}

/// As [`check`], of the dialect of ExaBGP 3.4: its routes are keys, and a message may hold a route twice.
pub(crate) fn check_with_routes_as_keys(json: &[u8]) {
    read::<serde::de::IgnoredAny>(json);
}

fn read<'j, T: Deserialize<'j>>(json: &'j [u8]) {
    let show = || String::from_utf8_lossy(json);
    assert!(!json.iter().any(u8::is_ascii_control), "a control character stands in {}", show());
    if let Err(error) = serde_json::from_slice::<T>(json) {
        panic!("{error}: {}", show());
    }
}
