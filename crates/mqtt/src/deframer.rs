//! A stream of bytes cut into control packets.

use alloc::vec::Vec;

use crate::fault::{Fault, Guess, Malformed};
use crate::frame::{Frame, Header, MAX_PACKET_SIZE};
use crate::{PacketType, Version};

/// An empty buffer with more room than this gives it back.
const KEEP: usize = 16 * 1024;

/// Cuts a stream of bytes into control packets: [`push`](Deframer::push) what has arrived, then take frames with
/// [`next`](Deframer::next) until it has none. Where the pieces were cut does not matter [MQTT-6.0.0-2].
///
/// It holds at most one unfinished packet beyond what was pushed, and a packet over the limit is refused from its header.
#[derive(Clone, Debug)]
pub struct Deframer {
    buffer: Vec<u8>,
    /// How much of the buffer was given out already. It is dropped when the next bytes come, not per packet.
    taken: usize,
    limit: u32,
    /// Only CONNECT may come, as nothing was taken yet.
    wants_connect: bool,
    failed: Option<Malformed>,
}

impl Default for Deframer {
    /// With the limit of the protocol.
    fn default() -> Deframer {
        Deframer::new(MAX_PACKET_SIZE)
    }
}

impl Deframer {
    /// `limit`: the largest packet, whole, in bytes (Maximum Packet Size).
    pub const fn new(limit: u32) -> Deframer {
        Deframer { buffer: Vec::new(), taken: 0, limit, wants_connect: false, failed: None }
    }

    /// The same for the server's end, where the first packet must be a CONNECT [MQTT-3.1.0-1]: until it was taken, the first byte is
    /// judged as soon as it is there, and whoever speaks another protocol is told which one it looks like ([`Guess`]).
    pub const fn for_server(limit: u32) -> Deframer {
        Deframer { buffer: Vec::new(), taken: 0, limit, wants_connect: true, failed: None }
    }

    /// Another limit for all packets from the next on, in bytes.
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// More bytes of the stream. After an error they are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        // What was taken is dropped when it is at least as much as what stays, so each byte is moved at most once on the average,
        // also when the owner takes its packets more slowly than they come.
        if self.taken > 0 && self.taken >= self.pending() {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole packet; `None` until more bytes come. After an error every call gives the same error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, Malformed> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        if self.taken >= self.buffer.len() {
            self.give_back();
            return Ok(None);
        }
        let rest = self.buffer.get(self.taken..).unwrap_or_default();
        let checked = if self.wants_connect { expect_connect(rest) } else { Ok(()) };
        let header = match checked.and_then(|()| Header::read(rest, self.limit)) {
            Ok(Some(header)) if header.size() <= rest.len() => header,
            Ok(_) => return Ok(None),
            Err(error) => {
                self.failed = Some(error);
                self.buffer = Vec::new();
                self.taken = 0;
                return Err(error);
            }
        };
        self.wants_connect = false;
        let at = self.taken;
        self.taken = at.saturating_add(header.size());
        Ok(self.buffer.get(at..).and_then(|rest| header.frame(rest)).map(|(frame, _)| frame))
    }

    /// [`push`](Deframer::push) and [`next`](Deframer::next) in one: the next whole packet of what is left and then of `input`, of which it
    /// takes away what is done. Packets that are whole in `input` are not copied. `None`: all of `input` is taken, more must come.
    pub fn next_of<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Result<Option<Frame<'a>>, Malformed> {
        let bytes = core::mem::take(input);
        // The usual end of a read: nothing is left, here and there.
        if bytes.is_empty() && self.buffer.is_empty() && self.failed.is_none() {
            return Ok(None);
        }
        if self.pending() > 0 || self.wants_connect || self.failed.is_some() || bytes.is_empty() {
            self.push(bytes);
            return self.next();
        }
        match Header::read(bytes, self.limit) {
            Ok(header) => match header.and_then(|header| header.frame(bytes)) {
                Some((frame, rest)) => {
                    *input = rest;
                    Ok(Some(frame))
                }
                None => {
                    self.push(bytes);
                    Ok(None)
                }
            },
            Err(error) => {
                self.failed = Some(error);
                self.give_back();
                Err(error)
            }
        }
    }

    /// Bytes that came and were not yet taken as part of a packet.
    pub fn pending(&self) -> usize {
        self.buffer.len().saturating_sub(self.taken)
    }

    fn give_back(&mut self) {
        self.buffer.clear();
        self.taken = 0;
        if self.buffer.capacity() > KEEP {
            self.buffer.shrink_to(KEEP);
        }
    }
}

/// Judges the first bytes of a connection. One byte that is not 0x10 is enough to refuse; further bytes, if there, help to guess.
fn expect_connect(bytes: &[u8]) -> Result<(), Malformed> {
    let Some(&first) = bytes.first() else { return Ok(()) };
    if first == 0x10 {
        return Ok(());
    }
    // A lone byte that is a flawless first byte of another packet is that sooner than the first letter of POST.
    let lone_packet = bytes.len() == 1 && PacketType::from_first_byte(first).is_some_and(|kind| kind.flags() == first & 0x0F);
    let guess = if lone_packet {
        packet(first)
    } else if HTTP.iter().any(|word| alike(bytes, word)) {
        Guess::Http
    } else if alike(bytes, &[0x16, 0x03]) {
        Guess::Tls
    } else if alike(bytes, b"SSH-") {
        Guess::Ssh
    } else if alike(bytes, b"PROXY ") || alike(bytes, b"\r\n\r\n\0\r\nQUIT\n") {
        Guess::Proxy
    } else {
        packet(first)
    };
    Err(Malformed::new(0, Version::V5, Fault::NotConnect(guess)))
}

fn packet(first: u8) -> Guess {
    match PacketType::from_first_byte(first) {
        Some(PacketType::Connect) => Guess::ConnectFlags(first),
        Some(kind) => Guess::Packet(kind, first),
        None => Guess::Byte(first),
    }
}

const HTTP: [&[u8]; 10] = [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"CONNECT ", b"TRACE ", b"PRI * HTTP"];

/// Whether the bytes that are there are how `word` begins.
fn alike(bytes: &[u8], word: &[u8]) -> bool {
    bytes.iter().zip(word).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn packets_taken_from_the_input_are_those_taken_from_the_buffer() {
        let stream: Vec<u8> =
            (0..40u8).flat_map(|n| [&[0x30, n + 2, 0, 0][..], &vec![n; usize::from(n)]].concat()).chain([0xC0, 0x80, 0]).collect();
        let mut seed = 1u32;
        for _ in 0..500 {
            let (mut copying, mut taking) = (Deframer::new(1_000), Deframer::new(1_000));
            let mut rest = &stream[..];
            while !rest.is_empty() {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (mut piece, more) = rest.split_at((seed >> 24) as usize % rest.len().min(90) + 1);
                rest = more;
                copying.push(piece);
                loop {
                    let expected = copying.next().map(|frame| frame.map(|frame| frame.bytes().to_vec()));
                    let found = taking.next_of(&mut piece).map(|frame| frame.map(|frame| frame.bytes().to_vec()));
                    assert_eq!(found, expected);
                    if !matches!(expected, Ok(Some(_))) {
                        break;
                    }
                }
                assert!(piece.is_empty());
                assert_eq!(taking.pending(), copying.pending());
            }
            assert!(copying.next().is_err(), "the stream ends with a fault");
        }
    }

    #[test]
    fn the_buffer_neither_grows_with_the_stream_nor_keeps_what_one_large_packet_needed() {
        let mut deframer = Deframer::new(MAX_PACKET_SIZE);
        for _ in 0..10_000 {
            deframer.push(&[0xC0, 0, 0xC0, 0, 0xC0]);
            deframer.push(&[0]);
            for _ in 0..3 {
                assert!(matches!(deframer.next(), Ok(Some(_))));
            }
        }
        assert!(deframer.buffer.capacity() < 64, "{}", deframer.buffer.capacity());
        let mut large = vec![0x30, 0xC0, 0x84, 0x3D];
        large.resize(1_000_004, 0);
        deframer.push(&large);
        assert_eq!(deframer.next().map(|frame| frame.map(|frame| frame.bytes().len())), Ok(Some(1_000_004)));
        assert_eq!(deframer.next(), Ok(None));
        assert!(deframer.buffer.capacity() <= KEEP, "{}", deframer.buffer.capacity());
    }

    #[test]
    fn a_reader_slower_than_its_stream_does_not_move_the_backlog_every_time() {
        let mut deframer = Deframer::new(MAX_PACKET_SIZE);
        let mut moved = 0;
        for _ in 0..10_000 {
            let before = deframer.taken;
            deframer.push(&[0xC0, 0, 0xC0, 0]);
            moved += if deframer.taken < before { deframer.pending() } else { 0 };
            assert!(matches!(deframer.next(), Ok(Some(_))));
            assert!(deframer.buffer.len() <= 2 * deframer.pending() + 4);
        }
        assert!(moved <= 40_000, "{moved} bytes were moved");
    }
}
