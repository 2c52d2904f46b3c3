//! A helper's lines into steps, in the helper's own task.

use std::sync::Arc;

use api::batch::Batch;
use api::parser::Parser;
use api_process::{Consumer, Fill, Notice, Outbox};
use rib::Interner;
use tracing::warn;

/// Effort that a batch may cost: enough to make the hop to the reactor cost nothing, little enough to be under way early.
const EFFORT: usize = 1024;

/// Parses what one helper writes.
#[derive(Debug)]
pub(crate) struct Ingest {
    name: String,
    parser: Parser,
}

impl Ingest {
    pub(crate) fn new(name: &str, interner: &Arc<Interner>) -> Self {
        Self { name: name.to_owned(), parser: Parser::new(Arc::clone(interner)) }
    }
}

impl Consumer for Ingest {
    type Batch = Batch;

    fn started(&mut self, _: u32, _: &Outbox) {
        self.parser.clear();
    }

    fn line(&mut self, line: &[u8]) -> Fill {
        self.parser.line(line);
        if self.parser.effort() < EFFORT { Fill::More } else { Fill::Full }
    }

    fn notice(&mut self, notice: Notice<'_>) {
        match notice {
            // It is answered, as every line is.
            Notice::Oversized { head } => self.parser.oversized(head.len()),
            Notice::HalfLine { piece } => {
                let octets = piece.len();
                warn!(target: "api", "{}: it ended in the middle of a line; {octets} octets are dropped", self.name);
            }
        }
    }

    fn take(&mut self) -> Option<Batch> {
        self.parser.take()
    }
}
