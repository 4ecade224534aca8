//! What must hold for any bytes at all, in any version. Every test sends its bytes through here.

use mqtt::{Dissection, Fault, Field, Frame, KEYS, Malformed, Packet, Version, dissect};

use crate::facts;

/// Decodes and holds the result against encoder, dissection and itself. Gives the result and the canonical bytes.
pub(crate) fn any(bytes: &[u8], version: Version) -> Result<Vec<u8>, Malformed> {
    let dissection = dissect(bytes, version);
    covers(&dissection.fields, bytes);
    let decoded = Frame::parse(bytes).map_err(|fault| fault.in_version(version)).and_then(|frame| Packet::decode(frame, version));
    assert_eq!(dissection.fault, decoded.as_ref().err().copied(), "{bytes:02X?}");
    match decoded {
        Ok(packet) => Ok(legal(&packet, &dissection, bytes, version)),
        Err(fault) => {
            illegal(&fault, &dissection, bytes);
            Err(fault)
        }
    }
}

fn legal(packet: &Packet<'_>, dissection: &Dissection, bytes: &[u8], version: Version) -> Vec<u8> {
    let spoken = if let Packet::Connect(connect) = packet { connect.version } else { version };
    let unread = dissection.fields.iter().find(|field| field.key == "unread");
    assert_eq!(unread, None, "a legal packet is read to the end: {bytes:02X?}");
    let (said, decoded) = (facts::of_fields(&dissection.fields, spoken), facts::of_packet(packet, spoken));
    assert_eq!(said.len(), decoded.len(), "{said:?}\n{decoded:?}\n{bytes:02X?}");
    for (said, decoded) in said.iter().zip(&decoded) {
        assert_eq!(said.0, decoded.0, "{bytes:02X?}");
        assert!(same(&said.1, &decoded.1), "{said:?} {decoded:?}");
    }
    let mut canonical = vec![0xEE];
    packet.encode(version, &mut canonical);
    assert_eq!(canonical.remove(0), 0xEE, "encode appends");
    assert_eq!(canonical.len(), packet.encoded_len(version), "{packet:?}");
    let again = Packet::decode(Frame::parse(&canonical).expect("a frame"), version).expect("encoded packets are legal");
    assert_eq!(&again, packet, "{bytes:02X?} {canonical:02X?}");
    assert_eq!(again.kind(), packet.kind());
    canonical
}

/// Clipped values are compared as far as they go.
fn same(said: &str, decoded: &str) -> bool {
    match said.strip_suffix('…') {
        Some(begin) => decoded.starts_with(begin),
        None => said == decoded,
    }
}

fn illegal(fault: &Malformed, dissection: &Dissection, bytes: &[u8]) {
    let sentence = fault.to_string();
    assert!(sentence.starts_with(&format!("Byte {}: ", fault.at())), "{sentence}");
    assert!(sentence.ends_with('.') && sentence != format!("Byte {}: the packet is malformed.", fault.at()), "{sentence}");
    assert!(fault.at() as usize <= bytes.len(), "{sentence} {bytes:02X?}");
    assert!(fault.reason().is_error(), "{sentence}");
    let unread = dissection.fields.iter().any(|field| field.key == "unread");
    // Where the decoder cannot go on, the walk cannot either, and leaves something unread if something is left. Only a frame that is
    // cut short may still end exactly behind a field.
    if let Fault::Trailing { .. } | Fault::VarIntTooLong { .. } | Fault::VarIntNotShortest { .. } = fault.fault() {
        assert!(unread, "{sentence} {bytes:02X?} {dissection:?}");
    }
    if let Fault::Cut { what, left, .. } = fault.fault() {
        assert!(unread || left == 0 || what == "control packet", "{sentence} {bytes:02X?} {dissection:?}");
    }
}

/// Every byte lies in exactly one innermost field, in order; every field lies in the one it belongs to; every key is known.
fn covers(fields: &[Field], bytes: &[u8]) {
    let mut open: Vec<&Field> = Vec::new();
    let mut at = 0;
    for (index, field) in fields.iter().enumerate() {
        assert!(KEYS.contains(&field.key), "{} is not in KEYS", field.key);
        assert!(field.start < field.end && field.end <= bytes.len(), "{field:?}");
        open.truncate(usize::from(field.depth));
        assert_eq!(open.len(), usize::from(field.depth), "{field:?} skips a depth");
        if let Some(outer) = open.last() {
            assert!(outer.start <= field.start && field.end <= outer.end, "{field:?} is not within {outer:?}");
        }
        let is_bits = open.last().is_some_and(|outer| outer.end - outer.start == 1 && outer.start < at);
        let has_inner = fields.get(index + 1).is_some_and(|next| next.depth > field.depth);
        let has_bits = has_inner && field.end - field.start == 1;
        if is_bits {
            assert_eq!((field.start, field.end), (at - 1, at), "{field:?} is not the byte it is a part of");
        } else if !has_inner || has_bits {
            assert_eq!(field.start, at, "{field:?} leaves a gap or overlaps: {fields:?}");
            at = field.end;
        }
        open.push(field);
    }
    assert_eq!(at, bytes.len(), "the last bytes have no name: {fields:?}");
}
