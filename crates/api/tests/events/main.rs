//! Events, from octets to what a helper reads.

mod common;
mod golden;
mod slot;
mod unforgeable;
