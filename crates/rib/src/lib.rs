//! The shared route store, attribute interner, per-peer cursors and UPDATE packing.
