//! Octets of one NLRI, inline up to 22: every IPv4 and IPv6 prefix, so that a route store allocates nothing for it.

use std::fmt;
use std::hash::{Hash, Hasher};

const INLINE: usize = 22;

/// A short, immutable octet string.
#[derive(Clone)]
pub struct WireBytes(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<[u8]>),
}

impl WireBytes {
    /// Copies `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut inline = [0; INLINE];
        match (inline.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(bytes);
                Self(Repr::Inline { len, bytes: inline })
            }
            _ => Self(Repr::Heap(bytes.into())),
        }
    }

    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Repr::Heap(bytes) => bytes,
        }
    }
}

impl PartialEq for WireBytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for WireBytes {}

impl Hash for WireBytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl fmt::Debug for WireBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_compare_by_content() {
        for n in [0, 1, 22, 23, 300] {
            let bytes: Vec<u8> = (0..n).map(|i| u8::try_from(i % 251).unwrap()).collect();
            assert_eq!(WireBytes::new(&bytes).as_slice(), bytes);
        }
        assert_ne!(WireBytes::new(&[1, 2]), WireBytes::new(&[1, 2, 0]));
    }

    #[test]
    fn a_route_takes_32_octets() {
        assert_eq!(size_of::<WireBytes>(), 24);
        assert!(size_of::<crate::nlri::Nlri>() <= 40);
    }
}
