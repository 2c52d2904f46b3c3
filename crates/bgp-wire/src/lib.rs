//! BGP messages, attributes, capabilities and NLRI: bytes, text and emitted form.
