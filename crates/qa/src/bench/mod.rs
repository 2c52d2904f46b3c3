//! The workloads of the benchmarks and of the endurance tests: a generated table, a fast peer that checks what it receives
//! exactly, helper processes that write and count as fast as a pipe allows, and the runs themselves.
//!
//! Everything here is plain threads and large buffers: what measures must cost much less than what is measured.

pub mod clock;
pub mod contender;
pub mod control;
pub mod floor;
pub mod helper;
pub mod hops;
pub mod peer;
pub mod plan;
pub mod quiet;
pub mod report;
pub mod run;
pub mod shape;
pub mod sink;
pub mod table;
pub mod toml;
pub mod work;
pub mod workload;
