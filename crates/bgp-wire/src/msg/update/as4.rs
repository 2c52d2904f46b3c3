//! Four-octet AS numbers over two-octet sessions (RFC 6793).
