//! Blocks of a pcapng file, in the byte order of this format's other writers on small machines: little endian.

use alloc::vec::Vec;

use super::moments::Side;

/// An option holds at most 65,535 bytes.
const MOST_COMMENT: usize = 60_000;

/// A file with one interface for each side.
pub(super) struct Pcapng {
    pub(super) out: Vec<u8>,
}

/// What a packet block says.
pub(super) struct Captured<'a> {
    pub(super) at: u64,
    pub(super) side: Side,
    /// The bytes that are there.
    pub(super) data: &'a [u8],
    /// Bytes that there were.
    pub(super) original: usize,
    /// It came in at its side, else it went out; none: neither.
    pub(super) inbound: Option<bool>,
    pub(super) comment: &'a str,
}

impl Pcapng {
    pub(super) fn new(link_type: u16) -> Pcapng {
        let mut file = Pcapng { out: Vec::new() };
        // Byte order, version 1.0, length of the section not said.
        let mut section = Vec::from([0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0]);
        section.extend([0xFF; 8]);
        option(&mut section, 4, alloc::format!("GlassMQ {}", contract::BUILD).as_bytes());
        file.block(0x0A0D_0D0A, section, true);
        for name in ["device side", "broker side"] {
            // Link type, no limit of length; times are microseconds unless another unit is said.
            let mut interface = Vec::from(link_type.to_le_bytes());
            interface.extend([0; 6]);
            option(&mut interface, 2, name.as_bytes());
            file.block(1, interface, true);
        }
        file
    }

    pub(super) fn packet(&mut self, captured: &Captured<'_>) {
        let Captured { at, side, data, original, inbound, comment } = *captured;
        let mut body = Vec::with_capacity(data.len().saturating_add(64));
        body.extend(u32::from(side == Side::Broker).to_le_bytes());
        body.extend(((at >> 32) as u32).to_le_bytes());
        body.extend((at as u32).to_le_bytes());
        body.extend(number(data.len()));
        body.extend(number(original));
        body.extend_from_slice(data);
        pad(&mut body);
        if let Some(inbound) = inbound {
            option(&mut body, 2, &(if inbound { 1u32 } else { 2 }).to_le_bytes());
        }
        if !comment.is_empty() {
            option(&mut body, 1, comment.get(..comment.floor_char_boundary(MOST_COMMENT)).unwrap_or_default().as_bytes());
        }
        let options = inbound.is_some() || !comment.is_empty();
        self.block(6, body, options);
    }

    fn block(&mut self, kind: u32, mut body: Vec<u8>, options: bool) {
        if options {
            option(&mut body, 0, &[]);
        }
        let length = number(body.len().saturating_add(12));
        self.out.extend(kind.to_le_bytes());
        self.out.extend(length);
        self.out.append(&mut body);
        self.out.extend(length);
    }
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend(code.to_le_bytes());
    out.extend((value.len() as u16).to_le_bytes());
    out.extend_from_slice(value);
    pad(out);
}

/// Blocks, packets and options begin at multiples of four.
fn pad(out: &mut Vec<u8>) {
    while !out.len().is_multiple_of(4) {
        out.push(0);
    }
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

/// Addresses of a connection's two ends, device first. The sides are apart, so that one file tells their conversations from each other.
pub(super) fn addresses(side: Side, device: contract::DeviceId) -> [[u8; 4]; 2] {
    let [.., high, low] = device.to_be_bytes();
    let side = u8::from(side == Side::Broker);
    [[10, side, high, low], [192, 168, side, 1]]
}

/// The port of a device's end: each connection has its own, above all ports that mean something beside the broker's.
pub(super) fn port(conn: broker::ConnId) -> u16 {
    const FIRST: u32 = 10_000;
    u16::try_from((conn.0 % 50_000).saturating_add(FIRST)).unwrap_or(u16::MAX)
}
