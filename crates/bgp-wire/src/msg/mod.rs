//! Messages (RFC 4271 section 4).

pub mod update;
