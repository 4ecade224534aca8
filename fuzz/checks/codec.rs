//! What the fuzz targets of the codec hold of any bytes. The tests replay the corpus through the same functions.
#![allow(dead_code)]

use mqtt::{Deframer, Frame, Malformed, Packet, TopicFilter, TopicName, Version};

use crate::check;

/// More than this adds nothing but time.
const LONGEST: usize = 4096;

/// First byte: version; the rest: one frame.
pub(crate) fn decode(data: &[u8]) {
    let Some((version, bytes)) = versioned(data) else { return };
    match Frame::parse(bytes).and_then(|frame| Packet::decode(frame, version)) {
        Ok(Packet::Publish(publish)) => {
            assert!(publish.payload.len() + publish.topic.len() < bytes.len());
            let _ = TopicName::parse(publish.topic.as_str());
        }
        Ok(Packet::Subscribe(subscribe)) => {
            assert!(subscribe.filters.len() * 3 < bytes.len(), "memory follows what came, not what it says");
            for subscription in &subscribe.filters {
                let _ = TopicFilter::parse(subscription.filter.as_str()).map(|filter| filter.pattern().len());
            }
        }
        Ok(packet) => assert!(packet.encoded_len(version) <= bytes.len() + 4),
        Err(fault) => {
            assert!(fault.at() as usize <= bytes.len(), "{fault}");
            assert!(fault.to_string().ends_with('.'), "{fault}");
        }
    }
}

/// First byte: version; the rest: one frame. Everything that must hold of it in that version.
pub(crate) fn decode_encode_decode(data: &[u8]) {
    let Some((version, bytes)) = versioned(data) else { return };
    if let Ok(canonical) = check::any(bytes, version) {
        assert_eq!(check::any(&canonical, version).as_ref(), Ok(&canonical), "what the encoder writes is canonical");
    }
}

/// First byte: which end and which limit; second: how many cuts; then the lengths of the pieces, over and over; then the stream.
pub(crate) fn deframer_cuts(data: &[u8]) {
    let [kind, count, rest @ ..] = data else { return };
    let Some((lengths, stream)) = rest.split_at_checked(usize::from(*count % 16)) else { return };
    if stream.len() > LONGEST {
        return;
    }
    let limit = if kind & 2 == 0 { 1 << 20 } else { 60 };
    let deframer = if kind & 1 == 0 { Deframer::new(limit) } else { Deframer::for_server(limit) };
    let whole = run(deframer.clone(), stream, &[]);
    let pieces = run(deframer.clone(), stream, lengths);
    let bytes = run(deframer, stream, &[1]);
    // A guess at what someone speaks who speaks no MQTT may differ with the bytes at hand; that they are refused may not.
    let plain = |(frames, fault): &(Vec<Vec<u8>>, Option<Malformed>)| (frames.clone(), fault.map(|fault| (fault.at(), kind_of(&fault))));
    assert_eq!(plain(&whole), plain(&pieces));
    assert_eq!(plain(&whole), plain(&bytes));
    assert!(whole.0.iter().all(|frame| frame.len() <= limit as usize));
    assert!(stream.starts_with(&whole.0.concat()), "frames are the stream, cut");
}

fn kind_of(fault: &Malformed) -> String {
    let said = format!("{:?}", fault.fault());
    if said.starts_with("NotConnect") { "NotConnect".to_owned() } else { said }
}

/// All frames of a stream that comes in pieces, and the error that ended it.
fn run(mut deframer: Deframer, stream: &[u8], lengths: &[u8]) -> (Vec<Vec<u8>>, Option<Malformed>) {
    let mut frames = Vec::new();
    let mut rest = stream;
    let mut at = 0;
    while !rest.is_empty() {
        let len = lengths.get(at % lengths.len().max(1)).map_or(rest.len(), |len| usize::from(*len).clamp(1, rest.len()));
        at += 1;
        let (now, later) = rest.split_at(len);
        rest = later;
        deframer.push(now);
        loop {
            match deframer.next() {
                Ok(Some(frame)) => frames.push(frame.bytes().to_vec()),
                Ok(None) => break,
                Err(fault) => return (frames, Some(fault)),
            }
        }
    }
    (frames, None)
}

fn versioned(data: &[u8]) -> Option<(Version, &[u8])> {
    let (first, bytes) = data.split_first()?;
    let version = Version::ALL[usize::from(*first) % Version::ALL.len()];
    (bytes.len() <= LONGEST).then_some((version, bytes))
}
