//! Dialects: how events are written.

mod address;
mod writer;

pub use writer::JsonWriter;
