//! The RFC 4271 state machine of one peer, sans-IO.
