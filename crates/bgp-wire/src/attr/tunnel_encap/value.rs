//! Values that segments and binding SIDs share: a label, and what an SRv6 SID does.

use std::fmt::{self, Write as _};

use super::number;
use crate::attr::number::{decimal, hex_digits};
use crate::emit::{Emit, Spacing};
use crate::text::{TextError, Word, Words};

/// The word before a SID's behavior and structure, and the key in events.
pub(super) const BEHAVIOR: &str = "endpoint-behavior";

/// A label stack entry (RFC 3032 section 2.1): label, traffic class, bottom of stack, time to live.
#[derive(Clone, Copy, Default)]
pub(super) struct Label(pub(super) u32);

impl Label {
    /// What the last entry of a stack has set.
    pub(super) const BOTTOM: Self = Self(0x100);

    /// The label of this with the other fields of `entry`.
    pub(super) const fn with(self, entry: Self) -> Self {
        Self((self.0 & !0xFFF) | (entry.0 & 0xFFF))
    }

    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(|octets| Self(u32::from_be_bytes(octets)))
    }

    pub(super) fn parse(words: &mut Words<'_>) -> Result<Self, TextError> {
        let word = words.expect("a label")?;
        let label: Option<u32> = decimal(word.text).filter(|n| *n < 1 << 20);
        label.map(|n| Self(n << 12)).ok_or_else(|| TextError::new(word, "invalid label").hint("0 to 1048575"))
    }

    /// Reads `tc 0` to `tc 7`, `s 0`, `s 1`, `ttl 0` to `ttl 255`; false, and nothing read, when `name` is none of them.
    pub(super) fn field(&mut self, name: Word<'_>, words: &mut Words<'_>) -> Result<bool, TextError> {
        let (shift, most, hint) = match name.text {
            _ if name.quoted => return Ok(false),
            "tc" => (9, 7, "0 to 7"),
            "s" => (8, 1, "0 or 1"),
            "ttl" => (0, 255, "0 to 255"),
            _ => return Ok(false),
        };
        words.next_word();
        let at = words.peek();
        let value: u32 = number(words, hint)?;
        if value > most {
            return Err(TextError::new(at.unwrap_or(name), "invalid number").hint(hint));
        }
        self.0 = (self.0 & !(most << shift)) | (value << shift);
        Ok(true)
    }

    pub(super) const fn octets(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    pub(super) const fn number(self) -> u32 {
        self.0 >> 12
    }

    const fn traffic_class(self) -> u32 {
        (self.0 >> 9) & 7
    }

    const fn is_bottom(self) -> bool {
        self.0 & 0x100 != 0
    }

    const fn time_to_live(self) -> u32 {
        self.0 & 0xFF
    }

    pub(super) fn emit<E: Emit>(self, key: &str, out: &mut E) {
        out.key(key);
        out.number(self.number().into());
        out.key("tc");
        out.number(self.traffic_class().into());
        out.key("s");
        out.boolean(self.is_bottom());
        out.key("ttl");
        out.number(self.time_to_live().into());
    }

    /// As text; the fields that are zero, or at the bottom of the stack as `bottom` says, are left out.
    pub(super) fn text(self, bottom: bool) -> String {
        let mut text = self.number().to_string();
        if self.traffic_class() != 0 {
            let _ = write!(text, " tc {}", self.traffic_class());
        }
        if self.is_bottom() != bottom {
            let _ = write!(text, " s {}", u8::from(self.is_bottom()));
        }
        if self.time_to_live() != 0 {
            let _ = write!(text, " ttl {}", self.time_to_live());
        }
        text
    }
}

/// Behavior of an SRv6 SID and the lengths in bits of its parts (RFC 9830 section 2.4.4.2.4).
#[derive(Clone, Copy)]
pub(super) struct Behavior {
    behavior: u16,
    /// Locator block, locator node, function, argument.
    bits: [u8; 4],
}

impl Behavior {
    /// Reads eight octets, of which two are reserved.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let [a, b, _, _, bits @ ..] = <[u8; 8]>::try_from(octets).ok()?;
        Some(Self { behavior: u16::from_be_bytes([a, b]), bits })
    }

    /// Reads `65 32 16 16 0`, the behavior in hexadecimal too.
    pub(super) fn parse(words: &mut Words<'_>) -> Result<Self, TextError> {
        let word = words.expect("an endpoint behavior")?;
        let behavior = match hex_digits(word.text) {
            Some(digits) => u16::from_str_radix(digits, 16).ok(),
            None => decimal(word.text),
        };
        let behavior = behavior.ok_or_else(|| {
            TextError::new(word, "invalid endpoint behavior").hint(
                "a number up to 65535, then the bits of block, node, function and argument: 0x30 32 16 16 0",
            )
        })?;
        let mut bits = [0; 4];
        for length in &mut bits {
            *length = number(words, "a length of 0 to 255 bits")?;
        }
        Ok(Self { behavior, bits })
    }

    pub(super) fn octets(self) -> [u8; 8] {
        let ([high, low], [block, node, function, argument]) = (self.behavior.to_be_bytes(), self.bits);
        [high, low, 0, 0, block, node, function, argument]
    }

    pub(super) fn emit<E: Emit>(self, out: &mut E) {
        out.key(BEHAVIOR);
        out.begin_object(Spacing::Tight);
        out.key("behavior");
        out.number(self.behavior.into());
        for (key, bits) in ["lb-length", "ln-length", "fun-length", "arg-length"].into_iter().zip(self.bits) {
            out.key(key);
            out.number(bits.into());
        }
        out.end_object();
    }
}

impl fmt::Display for Behavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BEHAVIOR} {}", self.behavior)?;
        self.bits.iter().try_for_each(|bits| write!(f, " {bits}"))
    }
}
