//! Commands, events and their encoders: what helpers write and read.
