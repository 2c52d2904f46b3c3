//! What can go wrong with the store itself.

use thiserror::Error;

use crate::TargetId;

/// Why the store did not take an operation. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The target set was released or belongs to another store.
    #[error("{0:?} is not (or no longer) a set of peers")]
    UnknownTargets(TargetId),
    /// Callers hold too many different target sets at once.
    #[error("more than {max} different sets of peers are in use")]
    TooManyTargetSets {
        /// How many may be held.
        max: usize,
    },
    /// All entry numbers are taken.
    #[error("the route store is full ({max} routes)")]
    Full {
        /// How many entries there can be.
        max: usize,
    },
}
