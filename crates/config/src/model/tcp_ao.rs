//! TCP-AO keys (RFC 5925).

use crate::secret::Secret;

/// A key, for both directions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TcpAo {
    /// `SendID` and `RecvID` of the key.
    pub id: u8,
    /// How segments are authenticated.
    pub algorithm: AoAlgorithm,
    /// The key.
    pub key: Secret,
}

/// Algorithms: the two of RFC 5926, and one that kernels offer beside them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AoAlgorithm {
    /// HMAC-SHA-1-96.
    HmacSha1,
    /// AES-128-CMAC-96.
    AesCmac,
    /// HMAC-SHA-256, cut to 96 bits.
    HmacSha256,
}

impl AoAlgorithm {
    /// All of them, as configurations write them.
    pub const ALL: [(&'static str, Self); 3] = [
        ("hmac-sha-1-96", Self::HmacSha1),
        ("aes-128-cmac-96", Self::AesCmac),
        ("hmac-sha-256", Self::HmacSha256),
    ];

    /// What Linux calls it.
    pub const fn kernel(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmac(sha1)",
            Self::AesCmac => "cmac(aes128)",
            Self::HmacSha256 => "hmac(sha256)",
        }
    }
}
