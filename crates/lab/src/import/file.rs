//! pcap and pcapng: from the file to captured packets.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A captured packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Captured<'a> {
    /// Microseconds since whenever the file counts from.
    pub(super) at: u64,
    /// How its first bytes are to be read, by the number of tcpdump.org.
    pub(super) link: u32,
    /// Number of its interface.
    pub(super) interface: u32,
    /// The file is an export of GlassMQ: interface 0 is the devices' end of the links, 1 the broker's.
    pub(super) own: bool,
    pub(super) data: &'a [u8],
    /// Bytes that there were, of which the capture may have kept fewer.
    pub(super) original: usize,
}

type Each<'e, 'a> = &'e mut dyn FnMut(Captured<'a>);

/// Gives each captured packet to `each`, in the order of the file.
pub(super) fn read<'a>(bytes: &'a [u8], each: Each<'_, 'a>) -> Result<(), String> {
    let mut reader = Reader { bytes, at: 0, big: false };
    let magic = reader.array::<4>("the beginning of a capture")?;
    reader.big = magic.first().is_some_and(|first| *first == 0xA1);
    match magic {
        [0xA1, 0xB2, 0xC3, 0xD4] | [0xD4, 0xC3, 0xB2, 0xA1] => pcap(reader, 1, each),
        // Nanoseconds.
        [0xA1, 0xB2, 0x3C, 0x4D] | [0x4D, 0x3C, 0xB2, 0xA1] => pcap(reader, 1_000, each),
        [0x0A, 0x0D, 0x0D, 0x0A] => Pcapng { interfaces: Vec::new(), own: false, last_at: 0, begun: false }.read(bytes, each),
        [0x1F, 0x8B, ..] => Err(String::from("At byte 0: the file is compressed with gzip; unpack it first.")),
        [a, b, c, d] => Err(format!(
            "At byte 0: {a:02x} {b:02x} {c:02x} {d:02x} is not how a pcap (a1 b2 c3 d4, or d4 c3 b2 a1) or a pcapng (0a 0d 0d 0a) begins."
        )),
    }
}

/// Times are seconds and a fraction, of which `unit` make a microsecond.
fn pcap<'a>(mut reader: Reader<'a>, unit: u32, each: Each<'_, 'a>) -> Result<(), String> {
    reader.take(16, "the header of a pcap")?;
    // The upper bits say what is behind the frames, which nobody here reads.
    let link = reader.u32("the link type")? & 0x0FFF_FFFF;
    while !reader.is_done() {
        let begin = reader.at;
        let (seconds, fraction) = (reader.u32("a time")?, reader.u32("a time")?);
        let (length, original) = (reader.u32("a length")?, reader.u32("a length")?);
        let data = reader.take(length as usize, "a captured packet").map_err(|why| format!("{why} The packet begins at byte {begin}."))?;
        let at = u64::from(seconds).saturating_mul(1_000_000).saturating_add(u64::from(fraction.checked_div(unit).unwrap_or(0)));
        each(Captured { at, link, interface: 0, own: false, data, original: (original as usize).max(data.len()) });
    }
    Ok(())
}

/// A file of blocks.
struct Pcapng {
    interfaces: Vec<Interface>,
    own: bool,
    last_at: u64,
    begun: bool,
}

#[derive(Clone, Copy)]
struct Interface {
    link: u32,
    snap: usize,
    /// Units of its times in a second.
    units: u128,
}

impl Pcapng {
    fn read<'a>(mut self, bytes: &'a [u8], each: Each<'_, 'a>) -> Result<(), String> {
        let mut reader = Reader { bytes, at: 0, big: false };
        while !reader.is_done() {
            let begin = reader.at;
            let first = reader.array::<4>("the type of a block")?;
            if first == [0x0A, 0x0D, 0x0D, 0x0A] {
                // The order of bytes is said behind the length.
                let mark = bytes.get(begin.saturating_add(8)..begin.saturating_add(12));
                reader.big = match mark {
                    Some([0x1A, 0x2B, 0x3C, 0x4D]) => true,
                    Some([0x4D, 0x3C, 0x2B, 0x1A]) => false,
                    Some(_) => {
                        return Err(format!("At byte {}: the mark of the byte order, 1a 2b 3c 4d, is not there.", begin.saturating_add(8)));
                    }
                    None => return reader.take(8, "the header of a section").map(drop),
                };
            }
            let kind = if reader.big { u32::from_be_bytes(first) } else { u32::from_le_bytes(first) };
            let length = reader.u32("the length of a block")? as usize;
            let Some(inner) = length.checked_sub(12).filter(|_| length.is_multiple_of(4)) else {
                return Err(format!(
                    "At byte {}: a block of {length} bytes; it must be 12 or more, and a multiple of 4.",
                    begin.saturating_add(4)
                ));
            };
            let body_at = reader.at;
            let body = reader.take(inner, "a block").map_err(|why| format!("{why} The block begins at byte {begin}."))?;
            let at = reader.at;
            let again = reader.u32("the length of a block")? as usize;
            if again != length {
                return Err(format!("At byte {at}: the block ends with the length {again}, but began with {length}."));
            }
            // Within a block places are counted from the beginning of the file, too.
            let end = body_at.saturating_add(body.len());
            let body = Reader { bytes: bytes.get(..end).unwrap_or_default(), at: body_at, big: reader.big };
            self.block(kind, body, each)?;
        }
        Ok(())
    }

    fn block<'a>(&mut self, kind: u32, mut body: Reader<'a>, each: Each<'_, 'a>) -> Result<(), String> {
        match kind {
            0x0A0D_0D0A => {
                body.take(16, "the header of a section")?;
                self.interfaces.clear();
                self.own = false;
                self.begun = true;
                self.own = body.option(4)?.is_some_and(|writer| writer.starts_with(b"GlassMQ"));
            }
            1 => {
                let link = u32::from(body.u16("the link type")?);
                body.take(2, "an interface")?;
                let snap = body.u32("the longest packet")? as usize;
                let at = body.at;
                let units = match body.option(9)? {
                    None => Some(1_000_000),
                    Some([exponent, ..]) if exponent & 0x80 != 0 => 1u128.checked_shl(u32::from(exponent & 0x7F)),
                    Some([exponent, ..]) => 10u128.checked_pow(u32::from(*exponent)),
                    Some([]) => None,
                };
                let units = units.filter(|units| *units > 0 && *units <= 1 << 64);
                let units = units.ok_or_else(|| format!("At byte {at}: the resolution of the interface's times is not legal."))?;
                self.interfaces.push(Interface { link, snap, units });
            }
            // An enhanced packet, and its forerunner.
            6 | 2 => {
                let at = body.at;
                let number = if kind == 6 { body.u32("an interface")? } else { u32::from(body.u16("an interface")?) };
                if kind == 2 {
                    body.take(2, "the count of drops")?;
                }
                let interface = self.interface(number, at)?;
                let ticks = u64::from(body.u32("a time")?) << 32 | u64::from(body.u32("a time")?);
                let (length, original) = (body.u32("a length")? as usize, body.u32("a length")? as usize);
                let data = body.take(length, "a captured packet")?;
                let micros = u128::from(ticks).saturating_mul(1_000_000).checked_div(interface.units).unwrap_or(0);
                self.last_at = u64::try_from(micros).unwrap_or(u64::MAX);
                self.give(number, interface, (data, original), each);
            }
            // A simple packet has no time of its own and is of the first interface.
            3 => {
                let interface = self.interface(0, body.at)?;
                let original = body.u32("a length")? as usize;
                let limit = if interface.snap == 0 { usize::MAX } else { interface.snap };
                let length = original.min(limit);
                let data = body.take(length, "a captured packet")?;
                self.give(0, interface, (data, original), each);
            }
            _ => {}
        }
        Ok(())
    }

    fn interface(&self, number: u32, at: usize) -> Result<Interface, String> {
        let known = self.interfaces.len();
        let found = self.interfaces.get(number as usize).copied();
        found.ok_or_else(|| format!("At byte {at}: a packet of interface {number}, but only {known} are described before it."))
    }

    fn give<'a>(&self, interface: u32, of: Interface, (data, original): (&'a [u8], usize), each: Each<'_, 'a>) {
        each(Captured { at: self.last_at, link: of.link, interface, own: self.own, data, original: original.max(data.len()) });
    }
}

/// Reads numbers, and tells where the file ends too soon.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    big: bool,
}

impl<'a> Reader<'a> {
    fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(length);
        let Some(found) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            let left = self.bytes.len().saturating_sub(self.at);
            return Err(format!("At byte {}: {what} needs {length} bytes, and there are {left}: the file is cut or damaged.", self.at));
        };
        self.at = self.at.saturating_add(length);
        Ok(found)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], String> {
        self.take(N, what).map(|bytes| bytes.try_into().unwrap_or([0; N]))
    }

    fn u32(&mut self, what: &str) -> Result<u32, String> {
        let big = self.big;
        self.array(what).map(|bytes| if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn u16(&mut self, what: &str) -> Result<u16, String> {
        let big = self.big;
        self.array(what).map(|bytes| if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// The first option of this code among those that the rest of the block is.
    fn option(&mut self, wanted: u16) -> Result<Option<&'a [u8]>, String> {
        while !self.is_done() {
            let (code, length) = (self.u16("an option")?, self.u16("an option")?);
            let value = self.take(length.into(), "an option")?;
            // A block's length is a multiple of four, so what pads its last option is there.
            self.take((4usize.wrapping_sub(length.into())) & 3, "an option")?;
            if code == wanted {
                return Ok(Some(value));
            }
            if code == 0 {
                break;
            }
        }
        Ok(None)
    }
}
