//! The tunnel: what the relay and the tab say to each other over one WebSocket.
//!
//! A binary WebSocket message is a batch: records one after another, each `kind (1) · conn (4, little endian) · length (4, little
//! endian) · body`. The tab opens the tunnel and sends [`Record::Claim`]; the relay answers with [`Record::Held`] or
//! [`Record::Welcome`]. From then on connections come and go by number. A number is never used twice in the life of a tunnel.
//!
//! Credit. Each direction of each connection begins with [`WINDOW`] bytes. A sender may have at most that many bytes of `Data` bodies
//! outstanding; the receiver returns them with [`Record::Credit`] once it has passed them on (the relay: written to the device's
//! socket; the tab: taken up by the world). So a paused world or a slow device pushes back to the other end, and no side must hold
//! more than a window per connection.

use alloc::string::String;
use alloc::vec::Vec;

/// Version of this protocol; sent in `Claim`, refused by the relay when it differs.
pub const PROTOCOL: u8 = 1;

/// Bytes of `Data` that may be outstanding per connection and direction.
pub const WINDOW: u32 = 128 * 1024;

/// A sender splits what it has to say so that no batch is longer than this.
pub const MAX_BATCH: usize = 4 * 1024 * 1024;

/// Number of a connection in its tunnel.
pub type ConnNo = u32;

/// How a device reached the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// MQTT over TCP.
    Tcp,
    /// MQTT over WebSocket.
    Ws,
}

/// One record of a batch, borrowing from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// Tab → relay, first of all: I want to hold the broker.
    Claim {
        /// [`PROTOCOL`].
        protocol: u8,
        /// Also if another tab holds it.
        take_over: bool,
    },
    /// Relay → tab: the broker is yours; devices may now come.
    Welcome {
        /// The relay's [`crate::BUILD`].
        build: &'a str,
        /// Addresses, one a line: `ws ws://127.0.0.1:8083/mqtt` or `tcp 127.0.0.1:1883`.
        listens: &'a str,
    },
    /// Relay → tab: another tab holds the broker. The tunnel stays open; the tab may `Claim` again with `take_over`.
    Held,
    /// Relay → tab: another tab has taken the broker's place. All connections of this tunnel are gone. The tunnel stays open as after
    /// `Held`.
    Taken,
    /// Relay → tab: the relay speaks another [`PROTOCOL`] than was claimed; the relay closes after it.
    OtherProtocol {
        /// The relay's [`crate::BUILD`].
        build: &'a str,
    },
    /// Relay → tab: a device has connected.
    Open {
        /// Its number.
        conn: ConnNo,
        /// How.
        transport: Transport,
        /// Address of the other end, `ip:port`.
        peer: &'a str,
    },
    /// Bytes of a device, or for it. In order, with no regard to packet borders.
    Data {
        /// Whose.
        conn: ConnNo,
        /// The bytes, at least one.
        bytes: &'a [u8],
    },
    /// The sender of `Data` may send this many bytes more.
    Credit {
        /// Whose.
        conn: ConnNo,
        /// How many.
        bytes: u32,
    },
    /// Tab → relay: flush what was sent, then close. Relay → tab: the device is gone; the text says how. Last record of a connection
    /// in its direction; whoever gets it first needs not answer with one of its own.
    Close {
        /// Whose.
        conn: ConnNo,
        /// How or why, for people; at most 200 bytes.
        why: &'a str,
    },
}

/// A batch that cannot be read; the tunnel is closed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadBatch {
    /// Offset of the record in the batch.
    pub at: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl core::fmt::Display for BadBatch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "tunnel record at byte {}: {}", self.at, self.what)
    }
}

const HEADER: usize = 9;

impl Record<'_> {
    /// Appends the record to a batch.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Record::Claim { protocol, take_over } => put(out, 1, 0, &[*protocol, u8::from(*take_over)]),
            Record::Welcome { build, listens } => {
                let mut body = String::with_capacity(build.len() + listens.len() + 1);
                body.push_str(build);
                body.push('\n');
                body.push_str(listens);
                put(out, 2, 0, body.as_bytes());
            }
            Record::Held => put(out, 3, 0, &[]),
            Record::Taken => put(out, 4, 0, &[]),
            Record::OtherProtocol { build } => put(out, 5, 0, build.as_bytes()),
            Record::Open { conn, transport, peer } => {
                let mut body = Vec::with_capacity(peer.len() + 1);
                body.push(matches!(transport, Transport::Ws) as u8);
                body.extend_from_slice(peer.as_bytes());
                put(out, 6, *conn, &body);
            }
            Record::Data { conn, bytes } => put(out, 7, *conn, bytes),
            Record::Credit { conn, bytes } => put(out, 8, *conn, &bytes.to_le_bytes()),
            Record::Close { conn, why } => put(out, 9, *conn, why.as_bytes()),
        }
    }
}

/// Appends a `Data` record whose body `fill` appends to the batch itself, so that what a socket has to say is read into the batch
/// without a copy. Appends nothing when `fill` appends nothing. `fill` must not touch what stands in the batch already.
pub fn data_with<R>(conn: ConnNo, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let start = out.len();
    Record::Data { conn, bytes: &[] }.write(out);
    let body = out.len();
    let result = fill(out);
    match out.len().saturating_sub(body) {
        0 => out.truncate(start),
        length => {
            if let Some(place) = out.get_mut(body - 4..body) {
                place.copy_from_slice(&(length as u32).to_le_bytes());
            }
        }
    }
    result
}

/// Appends to the body of a `Data` record that is the last of its batch; `body`: where that begins.
#[inline]
pub fn more_data(body: usize, out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
    let length = out.len().saturating_sub(body) as u32;
    if let Some(place) = body.checked_sub(4).and_then(|start| out.get_mut(start..body)) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

#[inline]
fn put(out: &mut Vec<u8>, kind: u8, conn: ConnNo, body: &[u8]) {
    let ([c0, c1, c2, c3], [l0, l1, l2, l3]) = (conn.to_le_bytes(), (body.len() as u32).to_le_bytes());
    out.reserve(HEADER + body.len());
    out.extend_from_slice(&[kind, c0, c1, c2, c3, l0, l1, l2, l3]);
    out.extend_from_slice(body);
}

/// The records of a batch, in order; ends after the first that cannot be read.
#[inline]
pub fn records(batch: &[u8]) -> Records<'_> {
    Records { batch, at: 0 }
}

/// Iterator over a batch.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    batch: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BadBatch>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = self.batch.get(at..).filter(|rest| !rest.is_empty())?;
        let read = read(rest);
        self.at = match &read {
            Ok((_, used)) => at + used,
            Err(_) => self.batch.len(),
        };
        Some(read.map(|(record, _)| record).map_err(|what| BadBatch { at, what }))
    }
}

#[inline]
fn read(rest: &[u8]) -> Result<(Record<'_>, usize), &'static str> {
    let (header, after) = rest.split_at_checked(HEADER).ok_or("the header is cut")?;
    let &[kind, c0, c1, c2, c3, l0, l1, l2, l3] = header else { return Err("the header is cut") };
    let conn = u32::from_le_bytes([c0, c1, c2, c3]);
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let body = after.get(..length).ok_or("the body is cut")?;
    let text = || core::str::from_utf8(body).map_err(|_| "the text is no UTF-8");
    let record = match kind {
        1 => match *body {
            [protocol, take_over] => Record::Claim { protocol, take_over: take_over != 0 },
            _ => return Err("a claim has two bytes"),
        },
        2 => {
            let (build, listens) = text()?.split_once('\n').ok_or("a welcome has two parts")?;
            Record::Welcome { build, listens }
        }
        3 => Record::Held,
        4 => Record::Taken,
        5 => Record::OtherProtocol { build: text()? },
        6 => {
            let (&transport, peer) = body.split_first().ok_or("an opening has a transport")?;
            let transport = if transport == 0 { Transport::Tcp } else { Transport::Ws };
            Record::Open { conn, transport, peer: core::str::from_utf8(peer).map_err(|_| "the address is no UTF-8")? }
        }
        7 => Record::Data { conn, bytes: body },
        8 => match *body {
            [a, b, c, d] => Record::Credit { conn, bytes: u32::from_le_bytes([a, b, c, d]) },
            _ => return Err("credit has four bytes"),
        },
        9 => Record::Close { conn, why: text()? },
        _ => return Err("the kind is unknown"),
    };
    Ok((record, HEADER + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Record<'static>> {
        alloc::vec![
            Record::Claim { protocol: PROTOCOL, take_over: true },
            Record::Welcome { build: "b", listens: "ws ws://h/mqtt\ntcp h:1" },
            Record::Held,
            Record::Taken,
            Record::OtherProtocol { build: "c" },
            Record::Open { conn: 7, transport: Transport::Ws, peer: "127.0.0.1:9" },
            Record::Data { conn: 7, bytes: &[0, 1, 255] },
            Record::Credit { conn: 7, bytes: u32::MAX },
            Record::Close { conn: u32::MAX, why: "gone" },
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        let mut batch = Vec::new();
        all().iter().for_each(|record| record.write(&mut batch));
        let read: Result<Vec<_>, _> = records(&batch).collect();
        assert_eq!(read.as_deref(), Ok(&all()[..]));
    }

    #[test]
    fn data_read_into_the_batch_is_the_same_as_data_copied_into_it() {
        let (mut copied, mut filled) = (alloc::vec![9], alloc::vec![9]);
        Record::Data { conn: 3, bytes: b"abc" }.write(&mut copied);
        data_with(3, &mut filled, |out| out.extend_from_slice(b"abc"));
        data_with(4, &mut filled, |_| ());
        assert_eq!(filled, copied);
    }

    #[test]
    fn data_that_is_continued_is_the_same_as_data_written_at_once() {
        let (mut once, mut twice) = (alloc::vec![9], alloc::vec![9]);
        Record::Data { conn: 3, bytes: b"abcdef" }.write(&mut once);
        Record::Data { conn: 3, bytes: b"ab" }.write(&mut twice);
        let body = twice.len() - 2;
        more_data(body, &mut twice, b"cd");
        more_data(body, &mut twice, b"ef");
        assert_eq!(twice, once);
    }

    #[test]
    fn a_cut_batch_is_an_error_and_ends() {
        let mut batch = Vec::new();
        all().iter().for_each(|record| record.write(&mut batch));
        let borders: Vec<usize> = (0..=all().len())
            .map(|n| {
                let mut part = Vec::new();
                all().iter().take(n).for_each(|record| record.write(&mut part));
                part.len()
            })
            .collect();
        for cut in 0..batch.len() {
            let bad = records(&batch[..cut]).filter(Result::is_err).count();
            assert_eq!(bad, usize::from(!borders.contains(&cut)), "cut at {cut}");
        }
    }
}
