//! The event loop joining helpers, peers, sockets and clocks.
