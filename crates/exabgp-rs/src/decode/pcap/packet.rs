//! From a captured packet to the TCP segment in it.

use std::net::SocketAddr;

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;
use pcap_parser::data::{ETHERTYPE_IPV4, ETHERTYPE_IPV6, PacketData, get_packetdata};

/// A TCP segment as far as it was captured.
pub(super) struct Segment<'a> {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    /// Number of its first octet, or of its SYN.
    pub(super) sequence: u32,
    pub(super) syn: bool,
    pub(super) rst: bool,
    pub(super) payload: &'a [u8],
    /// Octets at its end that were sent and not captured.
    pub(super) missing: usize,
}

/// What a packet holds.
pub(super) enum Found<'a> {
    Segment(Segment<'a>),
    /// Part of an IP packet.
    Fragment,
    /// A link layer that is not read.
    OtherLink,
    /// No TCP.
    Nothing,
}

/// Raw IP, as BSD and others number it.
const RAW: [i32; 2] = [12, 14];

/// The segment in a packet.
pub(super) fn segment(link: Linktype, data: &[u8]) -> Found<'_> {
    let link = if RAW.contains(&link.0) { Linktype::RAW } else { link };
    let packet = match get_packetdata(data, link, data.len()) {
        Some(PacketData::L2(frame)) => LaxSlicedPacket::from_ethernet(frame).ok(),
        Some(PacketData::L3(ETHERTYPE_IPV4 | ETHERTYPE_IPV6, packet)) => {
            LaxSlicedPacket::from_ip(packet).ok()
        }
        Some(PacketData::L3(..)) | None => None,
        Some(_) => return Found::OtherLink,
    };
    let Some(packet) = packet else { return Found::Nothing };
    let (source, destination, declared, payload) = match &packet.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let declared = usize::from(header.total_len()).saturating_sub(header.slice().len());
            (header.source_addr().into(), header.destination_addr().into(), declared, ip.payload())
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            let declared = usize::from(header.payload_length());
            (header.source_addr().into(), header.destination_addr().into(), declared, ip.payload())
        }
        _ => return Found::Nothing,
    };
    if payload.fragmented {
        return Found::Fragment;
    }
    let Some(TransportSlice::Tcp(tcp)) = &packet.transport else { return Found::Nothing };
    Found::Segment(Segment {
        source: SocketAddr::new(source, tcp.source_port()),
        destination: SocketAddr::new(destination, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        syn: tcp.syn(),
        rst: tcp.rst(),
        payload: tcp_payload(tcp),
        missing: if payload.incomplete { declared.saturating_sub(payload.payload.len()) } else { 0 },
    })
}

/// The payload, which lives as long as the packet.
fn tcp_payload<'a>(tcp: &etherparse::TcpSlice<'a>) -> &'a [u8] {
    tcp.slice().get(tcp.header_len()..).unwrap_or_default()
}
