//! OPEN (RFC 4271 section 4.2), with capabilities (RFC 5492) and extended optional parameters (RFC 9072).

mod validate;

use std::net::Ipv4Addr;

use bytes::Bytes;

use super::frame::{HEADER, MAX_MESSAGE, write_header};
use crate::cap::{self, KeyStyle, RawCapability, asn4, graceful_restart::GracefulRestart, multiprotocol};
use crate::code::{Asn, CapCode, MessageType};
use crate::cursor::{Reader, Writer};
use crate::emit::{Emit, Spacing};
use crate::error::{DecodeError, EncodeError};
use crate::family::Family;
pub use validate::Expect;

/// The only version of BGP there is.
pub const VERSION: u8 = 4;

/// The optional parameter that carries capabilities (RFC 5492 section 4).
const PARAMETER_CAPABILITIES: u8 = 2;
/// In place of a parameter's type: the parameters are in the extended format (RFC 9072 section 2).
const EXTENDED: u8 = 255;

/// The content of an OPEN message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// The field "My Autonomous System": AS_TRANS when the number has four octets. See [`Open::four_octet_asn`].
    pub asn: u16,
    /// Proposed hold time in seconds; 0 for no keepalives.
    pub hold_time: u16,
    /// BGP identifier.
    pub router_id: Ipv4Addr,
    /// Every capability in the order of the message, unknown, repeated and malformed ones too.
    pub capabilities: Vec<RawCapability>,
}

impl Open {
    /// An OPEN of a speaker in `asn`. The four-octet AS capability is the caller's to add.
    pub fn new(asn: Asn, hold_time: u16, router_id: Ipv4Addr, capabilities: Vec<RawCapability>) -> Self {
        Self { asn: asn.as2(), hold_time, router_id, capabilities }
    }

    /// Reads a body. What its values mean for a session is judged by [`Open::validate`].
    ///
    /// Errors: 2/1 with the version that would do, 2/4 for a parameter that is no capability (RFC 4271 section 6.2),
    /// 2/0 when lengths do not agree, 1/2 for a body without the fixed fields. What is wrong inside a capability is
    /// no error (RFC 5492 section 3).
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::at(body, HEADER);
        let short = |_| {
            let length = u16::try_from(body.len().saturating_add(HEADER)).unwrap_or(u16::MAX);
            DecodeError::MessageLength { kind: MessageType::OPEN.0, length }
        };
        let version = r.u8("version").map_err(short)?;
        if version != VERSION {
            // RFC 4271 section 6.2: "a 2-octet unsigned integer, which indicates the largest, locally-supported
            // version number less than the version the remote BGP peer bid".
            let reason = format!("version {version} is not supported");
            return Err(DecodeError::Open { subcode: 1, data: Bytes::from_static(&[0, VERSION]), reason });
        }
        let asn = r.u16("my autonomous system").map_err(short)?;
        let hold_time = r.u16("hold time").map_err(short)?;
        let router_id = Ipv4Addr::from(r.array("BGP identifier").map_err(short)?);
        let length = r.u8("optional parameters length").map_err(short)?;
        let capabilities = parameters(r, length)?;
        Ok(Self { asn, hold_time, router_id, capabilities })
    }

    /// Appends the whole message.
    ///
    /// Each capability gets an optional parameter of its own; the parameters are in the extended format of RFC 9072
    /// when they do not fit in 254 octets. Errors: a value of more than 255 octets, more than 4,096 octets in all
    /// (RFC 8654 section 4); nothing was written then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        let result = self.write(out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let total =
            self.capabilities.iter().fold(0_usize, |n, c| n.saturating_add(c.value.len()).saturating_add(4));
        let extended = total >= usize::from(EXTENDED);
        let fixed = HEADER.saturating_add(10);
        let message = fixed.saturating_add(total).saturating_add(if extended {
            // Type and length in front, and one more octet of length per parameter.
            self.capabilities.len().saturating_add(3)
        } else {
            0
        });
        let max = usize::from(MAX_MESSAGE);
        let length = u16::try_from(message).ok().filter(|length| *length <= MAX_MESSAGE);
        let length = length.ok_or(EncodeError::TooLong { what: "OPEN", actual: message, max })?;
        write_header(MessageType::OPEN, length, out);
        let mut w = Writer::new(out, max);
        w.u8(VERSION);
        w.u16(self.asn);
        w.u16(self.hold_time);
        w.bytes(&self.router_id.octets());
        let whole = if extended {
            w.u8(EXTENDED);
            w.u8(EXTENDED);
            w.len16()
        } else {
            w.len8()
        };
        for capability in &self.capabilities {
            w.u8(PARAMETER_CAPABILITIES);
            let parameter = if extended { w.len16() } else { w.len8() };
            w.u8(capability.code.0);
            let value = w.len8();
            w.bytes(&capability.value);
            w.close(value, "capability")?;
            w.close(parameter, "optional parameter")?;
        }
        w.close(whole, "optional parameters")
    }

    /// The well-formed values of one capability, in the order of the message.
    pub fn values(&self, code: CapCode) -> impl Iterator<Item = &[u8]> {
        cap::values(&self.capabilities, code)
    }

    /// Whether there is a well-formed instance of a capability.
    pub fn has(&self, code: CapCode) -> bool {
        self.values(code).next().is_some()
    }

    /// Instances that are malformed and so ignored, with what is wrong with each, for the log.
    pub fn malformed(&self) -> impl Iterator<Item = (CapCode, &'static str)> {
        self.capabilities
            .iter()
            .filter_map(|c| cap::check(c.code, &c.value).err().map(|reason| (c.code, reason)))
    }

    /// The AS number of the four-octet AS capability, of the first one if there are several.
    pub fn asn4(&self) -> Option<Asn> {
        self.values(CapCode::ASN4).find_map(asn4::asn)
    }

    /// The speaker's AS number: that of the capability, or else the field's (RFC 6793 section 4.1).
    pub fn four_octet_asn(&self) -> Asn {
        self.asn4().unwrap_or(Asn(u32::from(self.asn)))
    }

    /// The families of the multiprotocol capabilities, each once, in the order of the message.
    pub fn families(&self) -> Vec<Family> {
        multiprotocol::families(self.values(CapCode::MULTIPROTOCOL))
    }

    /// The last graceful restart capability (RFC 4724 section 3).
    pub fn graceful_restart(&self) -> Option<GracefulRestart> {
        self.values(CapCode::GRACEFUL_RESTART).last().and_then(GracefulRestart::decode)
    }

    /// Emits the object of the `open` event.
    pub fn emit<E: Emit>(&self, keys: KeyStyle, out: &mut E) {
        out.begin_object(Spacing::Wide);
        out.key("version");
        out.number(u64::from(VERSION));
        out.key("asn");
        out.number(u64::from(self.asn));
        out.key("hold_time");
        out.number(u64::from(self.hold_time));
        out.key("router_id");
        out.address(self.router_id.into());
        out.key("capabilities");
        cap::emit_capabilities(&self.capabilities, keys, out);
        out.end_object();
    }

    /// Prints what follows the word `open` of the text event.
    pub fn print(&self, out: &mut String) {
        use std::fmt::Write as _;
        // Writing to a String never fails.
        let _ = write!(
            out,
            "version {VERSION} asn {} hold_time {} router_id {} capabilities ",
            self.asn, self.hold_time, self.router_id
        );
        cap::print_capabilities(&self.capabilities, out);
    }
}

/// Reads the optional parameters, whose length field held `length`.
fn parameters(mut r: Reader<'_>, length: u8) -> Result<Vec<RawCapability>, DecodeError> {
    // RFC 9072 section 2: the extended format is known by the type octet; the length field, which is not 0 then,
    // "MUST be ignored on receipt".
    let extended = length != 0 && r.rest().first() == Some(&EXTENDED);
    let whole = if extended {
        r.u8("extended type").map_err(malformed)?;
        usize::from(r.u16("extended optional parameters length").map_err(malformed)?)
    } else {
        usize::from(length)
    };
    let mut parameters = r.sub(whole, "optional parameters").map_err(malformed)?;
    if !r.is_empty() {
        return Err(error(0, format!("{} octets after the optional parameters", r.remaining())));
    }
    let mut capabilities = Vec::new();
    while !parameters.is_empty() {
        let kind = parameters.u8("parameter type").map_err(malformed)?;
        let length = if extended {
            usize::from(parameters.u16("parameter length").map_err(malformed)?)
        } else {
            usize::from(parameters.u8("parameter length").map_err(malformed)?)
        };
        let mut value = parameters.sub(length, "optional parameter").map_err(malformed)?;
        if kind != PARAMETER_CAPABILITIES {
            // Type 1, authentication, is deprecated; it is as unknown as any other (RFC 5492 section 4).
            return Err(error(4, format!("optional parameter {kind} is not supported")));
        }
        while !value.is_empty() {
            let code = CapCode(value.u8("capability code").map_err(malformed)?);
            let length = value.u8("capability length").map_err(malformed)?;
            let octets = value.take(usize::from(length), "capability").map_err(malformed)?;
            capabilities.push(RawCapability::new(code, octets));
        }
    }
    Ok(capabilities)
}

/// RFC 4271 section 6.2: a recognised parameter that is malformed is "Unspecific".
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn malformed(cause: DecodeError) -> DecodeError {
    error(0, cause.to_string())
}

/// An error whose text is for the peer too.
#[cold]
fn error(subcode: u8, reason: String) -> DecodeError {
    DecodeError::Open { subcode, data: Bytes::copy_from_slice(reason.as_bytes()), reason }
}

#[cfg(test)]
mod tests;
