//! The `exabgp-rs` command.
fn main() {}
