//! Supervision of helper processes: pipes, queues, respawn, shutdown.
