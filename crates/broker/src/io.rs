//! What goes into the broker and what comes out.

use alloc::sync::Arc;
use alloc::vec::Vec;

use mqtt::{Frame, Malformed, ReasonCode};

use crate::access::Access;
use crate::event::{Event, GoneWhy};
use crate::ids::{ConnId, MessageNo};

/// One thing that happens to the broker.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A transport connection was opened.
    Open {
        /// Its number.
        conn: ConnId,
    },
    /// A whole control packet came in.
    Frame {
        /// On this connection.
        conn: ConnId,
        /// The packet.
        frame: Frame<'a>,
    },
    /// The deframer of a connection can go no further.
    Malformed {
        /// The connection.
        conn: ConnId,
        /// What was wrong.
        error: Malformed,
    },
    /// The transport ended.
    Gone {
        /// The connection.
        conn: ConnId,
        /// How.
        why: GoneWhy,
    },
    /// Bytes of earlier frames have left for the client.
    Drained {
        /// The connection.
        conn: ConnId,
        /// How many.
        bytes: u32,
    },
    /// The operator ends a connection.
    End {
        /// The connection.
        conn: ConnId,
        /// What a v5 client is told.
        reason: ReasonCode,
    },
    /// From now on other users and rights count. Whoever could not log in now as it did is ended.
    Access(Arc<Access>),
    /// [`crate::Broker::next_timeout`] is due.
    Timeout,
}

/// Where a frame lies in its outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

/// One thing the broker wants done, or tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send a frame. Several sends of one turn may share a span: the same bytes to many connections.
    Send {
        /// To this connection.
        conn: ConnId,
        /// The frame, see [`Outbox::frame`].
        frame: Span,
        /// The message of a PUBLISH; 0 for other packets.
        message: MessageNo,
    },
    /// Close the connection after what was sent before. The broker has forgotten it.
    Close {
        /// The connection.
        conn: ConnId,
    },
    /// Something happened.
    Event(Event),
}

/// What came of one turn or several, in causal order, with the bytes of all frames in one buffer.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// What is to be done, in order.
    pub outputs: Vec<Output>,
    /// Leave events out: nobody looks. What a driver must know to keep its own books is told all the same: that a session began or was
    /// resumed, that a connection ended.
    pub quiet: bool,
    bytes: Vec<u8>,
    /// Messages dropped since it was last cleared, also when nobody looks.
    dropped: u64,
}

impl Outbox {
    /// The bytes of a frame; empty when the span is of another outbox.
    pub fn frame(&self, span: Span) -> &[u8] {
        self.bytes.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Messages that were dropped, whether events were told or not.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets everything but the memory it has.
    pub fn clear(&mut self) {
        self.outputs.clear();
        self.bytes.clear();
        self.dropped = 0;
    }

    /// Writes a frame and gives its place.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        // A driver empties the outbox each turn and a turn writes far less than 4 GiB: Config::max_packet_size bounds one frame and
        // equal frames share one span.
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        write(&mut self.bytes);
        Span { start, end: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX) }
    }

    /// Tells of a message that is not delivered.
    pub(crate) fn tell_dropped(&mut self, event: impl FnOnce() -> Event) {
        self.dropped = self.dropped.saturating_add(1);
        self.tell(event);
    }

    /// Tells an event, unless nobody looks.
    pub(crate) fn tell(&mut self, event: impl FnOnce() -> Event) {
        if !self.quiet {
            self.outputs.push(Output::Event(event()));
        }
    }

    /// Tells an event that a driver needs for its own books.
    pub(crate) fn tell_always(&mut self, event: Event) {
        self.outputs.push(Output::Event(event));
    }
}

impl Span {
    /// Length in bytes.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Nothing in it.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}
