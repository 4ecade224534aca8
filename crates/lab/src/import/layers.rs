//! From a captured packet to what TCP carries, or to an exported PDU. What is neither is passed over: a capture holds all sorts of things.

use super::file::Captured;

/// Address and port; an IPv4 address as IPv6 maps it.
pub(super) type End = ([u8; 16], u16);

/// What a captured packet was found to hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) from: End,
    pub(super) to: End,
    /// None: the bytes are one MQTT packet.
    pub(super) tcp: Option<Tcp>,
    pub(super) bytes: &'a [u8],
    /// Bytes that stood behind these and were not captured.
    pub(super) missing: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tcp {
    pub(super) sequence: u32,
    pub(super) syn: bool,
    pub(super) ack: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
}

pub(super) fn find<'a>(captured: &Captured<'a>) -> Option<Found<'a>> {
    let data = captured.data;
    let cut = captured.original.saturating_sub(data.len());
    match captured.link {
        1 => ethernet(data, 12, cut),
        // Raw IP, under all its numbers.
        12 | 14 | 101 | 228 | 229 => ip(data, cut),
        // Linux "cooked", first and second version.
        113 => ethernet(data, 14, cut),
        276 => ip(data.get(20..)?, cut),
        // Loopback of the BSDs: an address family before IP.
        0 | 108 => ip(data.get(4..)?, cut),
        252 => pdu(data, cut),
        _ => None,
    }
}

/// `at`: where the type of what follows stands. VLAN tags move it on.
fn ethernet(data: &[u8], mut at: usize, cut: usize) -> Option<Found<'_>> {
    loop {
        let kind = two(data, at)?;
        at = at.checked_add(2)?;
        match kind {
            0x8100 | 0x88A8 | 0x9100 => at = at.checked_add(2)?,
            0x0800 | 0x86DD => return ip(data.get(at..)?, cut),
            _ => return None,
        }
    }
}

fn ip(data: &[u8], cut: usize) -> Option<Found<'_>> {
    match data.first()? >> 4 {
        4 => {
            let header = usize::from(data.first()? & 0x0F).saturating_mul(4).max(20);
            let fragmented = two(data, 6)? & 0x3FFF != 0;
            if *data.get(9)? != 6 || fragmented {
                return None;
            }
            let mapped = |at: usize| {
                let mut address = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0];
                let from = data.get(at..at.saturating_add(4))?;
                address.iter_mut().skip(12).zip(from).for_each(|(to, from)| *to = *from);
                Some(address)
            };
            // A network card that cuts segments by itself lets the length be 0.
            let total = match usize::from(two(data, 2)?) {
                0 => data.len().saturating_add(cut),
                total => total,
            };
            tcp(data, header, total, (mapped(12)?, mapped(16)?))
        }
        6 => {
            let total = usize::from(two(data, 4)?).checked_add(40)?;
            let (mut next, mut at) = (*data.get(6)?, 40usize);
            // Headers that may stand between.
            while matches!(next, 0 | 43 | 60) {
                let length = usize::from(*data.get(at.checked_add(1)?)?).saturating_add(1).saturating_mul(8);
                next = *data.get(at)?;
                at = at.checked_add(length)?;
            }
            let address = |at: usize| data.get(at..at.saturating_add(16))?.try_into().ok();
            if next == 6 { tcp(data, at, total, (address(8)?, address(24)?)) } else { None }
        }
        _ => None,
    }
}

/// `total`: length of the IP packet, which may be longer than what was captured, or shorter than a frame that was padded.
fn tcp(data: &[u8], at: usize, total: usize, (from, to): ([u8; 16], [u8; 16])) -> Option<Found<'_>> {
    let header = data.get(at..)?;
    let flags = *header.get(13)?;
    let begin = at.checked_add(usize::from(header.get(12)? >> 4).saturating_mul(4).max(20))?;
    let captured = data.len().min(total);
    let bytes = data.get(begin..captured).unwrap_or_default();
    let sequence = header.get(4..8)?.try_into().map(u32::from_be_bytes).ok()?;
    let [fin, syn, rst, ack] = [0x01, 0x02, 0x04, 0x10].map(|flag| flags & flag != 0);
    Some(Found {
        from: (from, two(header, 0)?),
        to: (to, two(header, 2)?),
        tcp: Some(Tcp { sequence, syn, ack, fin, rst }),
        bytes,
        missing: total.saturating_sub(begin).saturating_sub(bytes.len()),
    })
}

/// Tags, then the packet.
fn pdu(data: &[u8], cut: usize) -> Option<Found<'_>> {
    let (mut at, mut is_mqtt) = (0usize, false);
    let mut ends: [End; 2] = Default::default();
    let [from, to] = &mut ends;
    loop {
        let (code, length) = (two(data, at)?, usize::from(two(data, at.checked_add(2)?)?));
        let begin = at.checked_add(4)?;
        at = begin.checked_add(length)?;
        let value = data.get(begin..at)?;
        let end = if matches!(code, 20 | 22 | 25) { &mut *from } else { &mut *to };
        match code {
            0 => break,
            12 => is_mqtt = value.split(|byte| *byte == 0).next() == Some(b"mqtt"),
            20 | 21 => end.0.iter_mut().skip(12).zip(value).for_each(|(to, from)| *to = *from),
            22 | 23 => end.0.iter_mut().zip(value).for_each(|(to, from)| *to = *from),
            25 | 26 => end.1 = two(value, 2)?,
            _ => {}
        }
    }
    is_mqtt.then_some(Found { from: *from, to: *to, tcp: None, bytes: data.get(at..)?, missing: cut })
}

fn two(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*data.get(at)?, *data.get(at.checked_add(1)?)?]))
}
