//! Sets of peers as bits.

use smallvec::SmallVec;

use crate::PeerId;

/// A set of peers: bit `n` of the words is peer `n`. No trailing zero words, so equal sets have equal words.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Bits(SmallVec<[u64; 2]>);

impl Bits {
    pub(crate) fn insert(&mut self, peer: PeerId) {
        let (word, mask) = place(peer);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= mask;
        }
    }

    #[inline]
    pub(crate) fn contains(&self, peer: PeerId) -> bool {
        let (word, mask) = place(peer);
        self.0.get(word).is_some_and(|bits| bits & mask != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn is_subset(&self, of: &Self) -> bool {
        let words = self.0.iter().enumerate();
        words.into_iter().all(|(i, word)| word & !of.0.get(i).copied().unwrap_or(0) == 0)
    }

    pub(crate) fn is_disjoint(&self, from: &Self) -> bool {
        self.0.iter().zip(&from.0).all(|(a, b)| a & b == 0)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        let words = self.0.iter().enumerate();
        Self::trimmed(words.map(|(i, word)| word & !other.0.get(i).copied().unwrap_or(0)).collect())
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        Self::trimmed(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    /// The members, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.0.iter().zip(0u32..).flat_map(|(word, i)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(PeerId(i * 64 + bit))
            })
        })
    }

    fn trimmed(mut words: SmallVec<[u64; 2]>) -> Self {
        while words.last() == Some(&0) {
            words.pop();
        }
        Self(words)
    }
}

impl FromIterator<PeerId> for Bits {
    fn from_iter<I: IntoIterator<Item = PeerId>>(peers: I) -> Self {
        let mut bits = Self::default();
        peers.into_iter().for_each(|p| bits.insert(p));
        bits
    }
}

const fn place(peer: PeerId) -> (usize, u64) {
    ((peer.0 / 64) as usize, 1 << (peer.0 % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(peers: &[u32]) -> Bits {
        peers.iter().map(|p| PeerId(*p)).collect()
    }

    #[test]
    fn set_algebra() {
        let (a, b) = (set(&[1, 63, 64, 200]), set(&[1, 200]));
        assert_eq!(a.iter().map(|p| p.0).collect::<Vec<_>>(), [1, 63, 64, 200]);
        assert_eq!(a.len(), 4);
        assert!(b.is_subset(&a) && !a.is_subset(&b) && !a.is_disjoint(&b));
        assert_eq!(a.minus(&b), set(&[63, 64]), "trailing zero words are cut off");
        assert_eq!(a.and(&b), b);
        assert!(a.minus(&a).is_empty());
        assert!(set(&[1]).is_disjoint(&set(&[2, 500])));
        assert!(a.contains(PeerId(200)) && !a.contains(PeerId(201)) && !a.contains(PeerId(9000)));
    }
}
