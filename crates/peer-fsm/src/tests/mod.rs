//! Tests of the whole peer: alone ([`bench`]), in pairs, and under random faults.

mod bench;
mod collisions;
mod commands;
mod messages;
mod opens;
mod pairs;
mod random;
mod timers;
