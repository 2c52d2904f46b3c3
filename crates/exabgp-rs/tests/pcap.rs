//! `decode --pcap`: a capture of dumpcap's, and captures made here with loss, reordering and wrong octets.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn decode(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_exabgp-rs"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// The events of a capture, what was said on standard error, and whether all was well.
fn events(capture: &[u8]) -> (Vec<Value>, String, bool) {
    let output = decode(&["--pcap", "-"], capture);
    let text = String::from_utf8(output.stdout).unwrap();
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect();
    (events, String::from_utf8(output.stderr).unwrap(), output.status.success())
}

/// Sender and type of each event.
fn summary(events: &[Value]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| {
            let text = |at: &str| event.pointer(at).and_then(Value::as_str).unwrap_or("?");
            (text("/neighbor/address/peer"), text("/type"))
        })
        .collect()
}

const SESSION: &[u8] = include_bytes!("pcap/session.pcapng");
const OURS: &str = "127.0.0.1";
const BIRD: &str = "127.0.0.2";

/// What tshark says of `session.pcapng`, a capture of exabgp-rs and BIRD 2 by dumpcap.
const DISSECTED: [(&str, &str); 16] = [
    (OURS, "open"),
    (BIRD, "open"),
    (OURS, "keepalive"),
    (BIRD, "keepalive"),
    (OURS, "update"),
    (OURS, "update"),
    (OURS, "update"),
    (OURS, "update"),
    (OURS, "update"),
    (BIRD, "update"),
    (BIRD, "update"),
    (BIRD, "update"),
    (BIRD, "update"),
    (BIRD, "keepalive"),
    (OURS, "keepalive"),
    (OURS, "notification"),
];

#[test]
fn a_capture_of_dumpcap() {
    let (events, told, right) = events(SESSION);
    assert!(right && told.is_empty(), "{told}");
    assert_eq!(summary(&events), DISSECTED);
    // The OPENs tell that NLRI have path identifiers one way, and AS numbers four octets.
    let announced = &events[4]["neighbor"]["message"]["update"]["announce"]["ipv4 unicast"]["127.0.0.1"][0];
    assert_eq!(announced["path-information"], "0.0.0.1");
    let path = &events[9]["neighbor"]["message"]["update"]["attribute"]["as-path"]["0"]["value"];
    assert_eq!(*path, serde_json::json!([4_200_000_001_u32]));
    assert_eq!(events[4]["neighbor"]["asn"], serde_json::json!({"local": 4_200_000_001_u32, "peer": 65000}));
    let time = events[0]["time"].as_f64().unwrap();
    assert!((1.7e9..4e9).contains(&time), "{time}");
    assert_eq!(events[15]["counter"], 9);
}

#[test]
fn from_a_file_and_packed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture");
    std::fs::write(&file, SESSION).unwrap();
    let named = decode(&["-m", "--pcap", file.to_str().unwrap()], b"");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(SESSION).unwrap();
    let packed = decode(&["-m", "--pcap", "-"], &packed.finish().unwrap());
    let commands = |output: &Output| -> Vec<String> {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        text.lines().filter(|line| line.starts_with("announce")).map(str::to_owned).collect()
    };
    assert_eq!(
        commands(&named)[..2],
        [
            "announce route 10.1.0.0/24 path-information 0.0.0.1 next-hop 127.0.0.1 origin igp as-path [ 65000 ] \
             community 65000:1",
            "announce route 10.1.0.0/24 path-information 0.0.0.2 next-hop 127.0.0.1 origin igp as-path [ 65000 ] med 5",
        ]
    );
    assert_eq!(commands(&named), commands(&packed));
    let other = decode(&["--pcap", "-", "--port", "180"], SESSION);
    assert!(other.status.success() && other.stdout.is_empty());
}

/// A message.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 19).unwrap().to_be_bytes();
    [&[0xFF; 16][..], &length, &[kind], body].concat()
}

/// An OPEN of an AS, with a capability for four-octet numbers or without.
fn open(asn: u16, asn4: bool) -> Vec<u8> {
    let mut body = vec![4, 0, 0, 0, 180, 10, 0, 0, 1, 0];
    body[1..3].copy_from_slice(&asn.to_be_bytes());
    if asn4 {
        let [high, low] = asn.to_be_bytes();
        body[9] = 8;
        body.extend([2, 6, 65, 4, 0, 0, high, low]);
    }
    message(1, &body)
}

/// An announcement of 10.N.0.0/16 with an AS_PATH of one number in two octets.
fn update(n: u8, asn: u16) -> Vec<u8> {
    let [high, low] = asn.to_be_bytes();
    let attributes = [&[0x40, 1, 1, 0, 0x40, 2, 4, 2, 1, high, low][..], &[0x40, 3, 4, 10, 0, 0, 1]].concat();
    let length = u8::try_from(attributes.len()).unwrap();
    message(2, &[&[0, 0, 0, length][..], &attributes, &[16, 10, n]].concat())
}

/// A pcap file that is written packet by packet: raw IPv4, in microseconds and the order of this machine's octets.
struct Capture {
    file: Vec<u8>,
    seconds: u32,
}

impl Capture {
    fn new() -> Self {
        let mut file = Vec::new();
        file.extend(0xA1B2_C3D4_u32.to_le_bytes());
        file.extend([2, 0, 4, 0]);
        file.extend([0; 8]);
        file.extend(65535_u32.to_le_bytes());
        file.extend(101_u32.to_le_bytes());
        Self { file, seconds: 1_000_000_000 }
    }

    /// A segment between 10.0.0.`from` and 10.0.0.`to`; the one of 1 has port 179. `cut` octets are not captured.
    fn segment(&mut self, (from, to): (u8, u8), flags: u8, sequence: u32, payload: &[u8], cut: usize) {
        let port = |end: u8| if end == 1 { 179_u16 } else { 40_000 }.to_be_bytes();
        let total = u16::try_from(40 + payload.len()).unwrap().to_be_bytes();
        let mut packet =
            vec![0x45, 0, total[0], total[1], 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to];
        packet.extend(port(from).into_iter().chain(port(to)));
        packet.extend(sequence.to_be_bytes());
        packet.extend([0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        packet.extend(payload);
        let (sent, captured) = (packet.len(), packet.len() - cut);
        self.seconds += 1;
        for field in [self.seconds, 500_000, u32::try_from(captured).unwrap(), u32::try_from(sent).unwrap()] {
            self.file.extend(field.to_le_bytes());
        }
        self.file.extend(&packet[..captured]);
    }
}

const SYN: u8 = 2;
const ACK: u8 = 16;
const RST: u8 = 4;

/// Both SYNs and OPENs; the numbers of the next octets of 1 and 2.
fn established(capture: &mut Capture, asn4: (bool, bool)) -> (u32, u32) {
    let (one, two) = (open(65001, asn4.0), open(65002, asn4.1));
    // The first one's wrap within the OPEN; those of a later connection are others.
    let (a, b) = (u32::MAX - 20, capture.seconds);
    capture.segment((2, 1), SYN, b, &[], 0);
    capture.segment((1, 2), SYN | ACK, a, &[], 0);
    // A SYN without an answer is sent again.
    capture.segment((1, 2), SYN | ACK, a, &[], 0);
    let (a, b) = (a.wrapping_add(1), b + 1);
    capture.segment((1, 2), ACK, a, &one, 0);
    capture.segment((2, 1), ACK, b, &two, 0);
    (a.wrapping_add(u32::try_from(one.len()).unwrap()), b + u32::try_from(two.len()).unwrap())
}

fn prefixes(events: &[Value]) -> Vec<String> {
    let update = |event: &Value| {
        let routes = event.pointer("/neighbor/message/update/announce/ipv4 unicast/10.0.0.1")?;
        Some(routes[0]["nlri"].as_str()?.to_owned())
    };
    events.iter().filter_map(update).collect()
}

#[test]
fn reordered_and_sent_again() {
    let mut capture = Capture::new();
    let (a, _) = established(&mut capture, (true, false));
    let octets: Vec<u8> = (1..=4).flat_map(|n| update(n, 65001)).collect();
    let send = |capture: &mut Capture, from: usize, to: usize| {
        let sequence = a.wrapping_add(u32::try_from(from).unwrap());
        capture.segment((1, 2), ACK, sequence, &octets[from..to], 0);
    };
    for (from, to) in [(0, 10), (60, 120), (60, 120), (5, 70), (120, octets.len()), (0, 60)] {
        send(&mut capture, from, to);
    }
    let (events, told, right) = events(&capture.file);
    assert!(right && told.is_empty(), "{told}");
    assert_eq!(prefixes(&events), ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"]);
    // One side has no four-octet numbers: AS_PATHs have two octets.
    let path = &events[2]["neighbor"]["message"]["update"]["attribute"]["as-path"]["0"]["value"];
    assert_eq!(*path, serde_json::json!([65001]));
    // The time is that of the packet that completes the message, which for the first one is the fourth of six.
    assert_eq!(events[2]["time"].as_f64(), Some(1_000_000_009.5));
}

#[test]
fn lost_octets_are_told_and_reading_goes_on() {
    let mut capture = Capture::new();
    let (a, b) = established(&mut capture, (true, false));
    let octets: Vec<u8> = (1..=4).flat_map(|n| update(n, 65001)).collect();
    let each = octets.len() / 4;
    let at = |place: usize| a.wrapping_add(u32::try_from(place).unwrap());
    capture.segment((1, 2), ACK, a, &octets[..each + 5], 0);
    // Ten octets of the second are missing; the other direction is not disturbed.
    capture.segment((1, 2), ACK, at(each + 15), &octets[each + 15..3 * each], 0);
    capture.segment((2, 1), ACK, b, &message(4, &[]), 0);
    // Of the next packet only the headers and the first octets are captured.
    capture.segment((1, 2), RST | ACK, at(3 * each), &octets[3 * each..], 8);
    let (events, told, right) = events(&capture.file);
    assert!(!right);
    assert_eq!(prefixes(&events), ["10.1.0.0/16", "10.3.0.0/16"]);
    assert_eq!(summary(&events)[3], ("10.0.0.2", "keepalive"));
    let passed = each - 10;
    let cut = each - 8;
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "10.0.0.1:179 > 10.0.0.2:40000: 10 octets are not in the capture".to_owned(),
            format!(
                "10.0.0.1:179 > 10.0.0.2:40000: {passed} octets that make no whole message are passed over"
            ),
            "10.0.0.1:179 > 10.0.0.2:40000: 8 octets are not in the capture".to_owned(),
            format!("10.0.0.1:179 > 10.0.0.2:40000: {cut} octets that make no whole message are passed over"),
        ]
    );
}

#[test]
fn a_capture_that_begins_late_or_is_of_one_direction() {
    let mut capture = Capture::new();
    let octets = [update(1, 65001), update(2, 65001)].concat();
    capture.segment((1, 2), ACK, 7000, &octets[20..], 0);
    let (seen, told, right) = events(&capture.file);
    // Without an OPEN AS numbers are taken to have four octets: this UPDATE then makes no sense, and is withdrawn.
    assert_eq!((seen.len(), right), (1, true), "{told}");
    assert!(told.contains("octets that make no whole message are passed over"), "{told}");

    let mut capture = Capture::new();
    capture.segment((1, 2), ACK, 7000, &[open(65001, false), octets].concat(), 0);
    let (seen, told, right) = events(&capture.file);
    assert!(right && told.is_empty(), "{told}");
    assert_eq!(prefixes(&seen), ["10.1.0.0/16", "10.2.0.0/16"]);
    assert_eq!(seen[1]["neighbor"]["asn"]["peer"], 65001);
}

#[test]
fn a_second_connection_between_the_same_ends() {
    let mut capture = Capture::new();
    let (a, _) = established(&mut capture, (true, false));
    capture.segment((1, 2), ACK, a, &update(1, 65001), 0);
    let ends = |from: u8| if from == 1 { (1, 2) } else { (2, 1) };
    for (from, first) in [(2, 70_000), (1, 80_000)] {
        capture.segment(ends(from), SYN, first, &[], 0);
        capture.segment(ends(from), ACK, first + 1, &open(65000, false), 0);
    }
    let (events, told, right) = events(&capture.file);
    assert!(right && told.is_empty(), "{told}");
    let kinds: Vec<_> = summary(&events).iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, ["open", "open", "update", "open", "open"]);
    assert_eq!((&events[3]["counter"], &events[4]["counter"]), (&1.into(), &1.into()));
}

#[test]
fn what_is_no_capture_or_no_message() {
    let output = decode(&["--pcap", "-"], b"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no capture"), "{output:?}");
    let (seen, told, right) = events(&SESSION[..SESSION.len() - 700]);
    assert!(!right && told.contains("ends within a packet") && !seen.is_empty(), "{told}");

    let mut capture = Capture::new();
    let (a, _) = established(&mut capture, (true, true));
    // A header that is right, and an UPDATE whose attributes are longer than it.
    capture.segment((1, 2), ACK, a, &message(2, &[0, 0, 0, 99]), 0);
    let output = decode(&["--pcap", "-"], &capture.file);
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("invalid payload\n"));
    assert_eq!(output.status.code(), Some(1));
}
