//! WebSocket frames without a buffer of their own: [`Reader`] takes the bytes of a socket where they lie and moves the payload together,
//! so that a message is handed on as it comes and a connection at rest costs a few dozen bytes.
//!
//! Drive it so: append what was read to a buffer, then call [`Reader::step`] on what was appended until it says [`Step::More`]. The
//! payload stands then at the front, `to` bytes of it.

use std::io::Cursor;

use tungstenite::error::{Error, ProtocolError};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// Close codes of RFC 6455, 7.4.1, that the relay sends.
pub(crate) mod code {
    pub(crate) const NORMAL: u16 = 1000;
    pub(crate) const GOING_AWAY: u16 = 1001;
    pub(crate) const PROTOCOL: u16 = 1002;
    pub(crate) const UNSUPPORTED: u16 = 1003;
    pub(crate) const NO_CODE: u16 = 1005;
    pub(crate) const POLICY: u16 = 1008;
    pub(crate) const TOO_LONG: u16 = 1009;
    pub(crate) const TRY_AGAIN: u16 = 1013;
}

/// The longest header of a frame that a client sends, bytes.
const LONGEST_HEADER: usize = 14;

/// RFC 6455, 5.5: the longest payload of a control frame, bytes.
const LONGEST_CONTROL: usize = 125;

/// What [`Reader::step`] came upon.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// All is read.
    More,
    /// The payload up to here is the rest of a message.
    MessageEnd,
    /// A ping; a pong with these bytes is owed.
    Ping(Vec<u8>),
    /// The other end is there.
    Pong,
    /// The other end closes, with this code.
    Close(u16),
}

/// Why the connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A text message, where only binary ones have a meaning \[MQTT-6.0.0-1\].
    Text,
    /// A message longer than its limit.
    TooLong,
    /// It is no WebSocket frame of a client.
    Protocol(&'static str),
}

impl Fault {
    /// The close code that says so.
    pub(crate) fn code(self) -> u16 {
        match self {
            Fault::Text => code::UNSUPPORTED,
            Fault::TooLong => code::TOO_LONG,
            Fault::Protocol(_) => code::PROTOCOL,
        }
    }

    /// The same for people.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Fault::Text => "a WebSocket text frame came; MQTT takes binary frames only",
            Fault::TooLong => "a WebSocket message was longer than its limit",
            Fault::Protocol(what) => what,
        }
    }
}

/// Reads the frames of one client.
#[derive(Debug)]
pub(crate) struct Reader {
    /// A header of which not all has come.
    cut: [u8; LONGEST_HEADER],
    cut_length: usize,
    /// The frame whose payload is being read.
    frame: Frame,
    /// Payload bytes of it still to come.
    left: u64,
    mask: [u8; 4],
    /// A message has begun and its last frame has not.
    in_message: bool,
    message_length: u64,
    longest_message: u64,
    control: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    None,
    Data { last: bool },
    Control(Control),
}

impl Reader {
    /// Messages may be this long, bytes.
    pub(crate) fn new(longest_message: u64) -> Self {
        Self {
            cut: [0; LONGEST_HEADER],
            cut_length: 0,
            frame: Frame::None,
            left: 0,
            mask: [0; 4],
            in_message: false,
            message_length: 0,
            longest_message,
            control: Vec::new(),
        }
    }

    /// Reads `raw` from `at` on and moves payload of data frames to `to`, advancing both; `to` never overtakes `at`.
    pub(crate) fn step(&mut self, raw: &mut [u8], at: &mut usize, to: &mut usize) -> Result<Step, Fault> {
        loop {
            if self.frame == Frame::None && !self.header(raw, at)? {
                return Ok(Step::More);
            }
            let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(raw.len().saturating_sub(*at));
            let place = if matches!(self.frame, Frame::Data { .. }) { *to } else { *at };
            raw.copy_within(*at..*at + here, place);
            let Some(payload) = raw.get_mut(place..place + here) else { return Ok(Step::More) };
            unmask(payload, &mut self.mask);
            *at += here;
            self.left -= here as u64;
            match self.frame {
                Frame::Data { .. } => *to += here,
                _ => self.control.extend_from_slice(payload),
            }
            if self.left > 0 {
                return Ok(Step::More);
            }
            if let Some(step) = self.end_of_frame()? {
                return Ok(step);
            }
        }
    }

    fn end_of_frame(&mut self) -> Result<Option<Step>, Fault> {
        match std::mem::replace(&mut self.frame, Frame::None) {
            Frame::None | Frame::Data { last: false } => Ok(None),
            Frame::Data { last: true } => {
                (self.in_message, self.message_length) = (false, 0);
                Ok(Some(Step::MessageEnd))
            }
            Frame::Control(control) => {
                let payload = std::mem::take(&mut self.control);
                match (control, payload.as_slice()) {
                    (Control::Ping, _) => Ok(Some(Step::Ping(payload))),
                    (Control::Close, []) => Ok(Some(Step::Close(code::NO_CODE))),
                    (Control::Close, [a, b, ..]) => Ok(Some(Step::Close(u16::from_be_bytes([*a, *b])))),
                    (Control::Close, _) => Err(Fault::Protocol("a close frame had half a code")),
                    _ => Ok(Some(Step::Pong)),
                }
            }
        }
    }

    /// Reads a header; `false` when not all of it is there.
    fn header(&mut self, raw: &[u8], at: &mut usize) -> Result<bool, Fault> {
        let rest = raw.get(*at..).unwrap_or_default();
        let (known, used) = if self.cut_length == 0 {
            parse(rest)?
        } else {
            let free = self.cut.get_mut(self.cut_length..).unwrap_or_default();
            let taken = free.len().min(rest.len());
            free.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
            let (known, used) = parse(self.cut.get(..self.cut_length + taken).unwrap_or_default())?;
            (known, used.saturating_sub(self.cut_length))
        };
        let Some((header, length)) = known else {
            // Less than a header is less than fits: a whole one is at most as long as the place for it.
            if self.cut_length == 0 {
                self.cut.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
            }
            self.cut_length = (self.cut_length + rest.len()).min(LONGEST_HEADER);
            *at = raw.len();
            return Ok(false);
        };
        *at += used;
        self.cut_length = 0;
        self.begin(&header, length)?;
        Ok(true)
    }

    fn begin(&mut self, header: &FrameHeader, length: u64) -> Result<(), Fault> {
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Fault::Protocol("a WebSocket frame used an extension that was not agreed on"));
        }
        self.mask = header.mask.ok_or(Fault::Protocol("a WebSocket frame of a client was not masked"))?;
        self.left = length;
        self.frame = match header.opcode {
            OpCode::Control(_) if !header.is_final || length > LONGEST_CONTROL as u64 => {
                return Err(Fault::Protocol("a WebSocket control frame was in parts or longer than 125 bytes"));
            }
            OpCode::Control(control) => Frame::Control(control),
            OpCode::Data(data) => {
                match (data, self.in_message) {
                    (Data::Continue, true) | (Data::Binary, false) => (),
                    (Data::Text, false) => return Err(Fault::Text),
                    (Data::Continue, false) => return Err(Fault::Protocol("a WebSocket message began with its continuation")),
                    _ => return Err(Fault::Protocol("a WebSocket message began within another")),
                }
                self.in_message = true;
                self.message_length = self.message_length.saturating_add(length);
                if self.message_length > self.longest_message {
                    return Err(Fault::TooLong);
                }
                Frame::Data { last: header.is_final }
            }
        };
        Ok(())
    }
}

/// The header at the front of `raw` with the length of its payload, if all of it is there, and its own length.
#[allow(clippy::type_complexity, reason = "the pair is the library's")]
fn parse(raw: &[u8]) -> Result<(Option<(FrameHeader, u64)>, usize), Fault> {
    let mut cursor = Cursor::new(raw);
    match FrameHeader::parse(&mut cursor) {
        Ok(header) => Ok((header, usize::try_from(cursor.position()).unwrap_or(raw.len()))),
        Err(Error::Protocol(ProtocolError::InvalidOpcode(_))) => Err(Fault::Protocol("a WebSocket frame had an unknown kind")),
        Err(_) => Err(Fault::Protocol("a WebSocket frame had a wrong header")),
    }
}

/// Takes the mask off, and turns the mask so that it fits what comes next.
fn unmask(payload: &mut [u8], mask: &mut [u8; 4]) {
    let [a, b, c, d] = *mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip([a, b, c, d, a, b, c]) {
        *byte ^= key;
    }
    mask.rotate_left(rest.len() % 4);
}

/// Appends the header of a binary message of one frame.
pub(crate) fn binary_header(length: usize, out: &mut Vec<u8>) {
    header(OpCode::Data(Data::Binary), length, out);
}

/// Appends a ping.
pub(crate) fn ping(out: &mut Vec<u8>) {
    header(OpCode::Control(Control::Ping), 0, out);
}

/// Appends a pong to this ping.
pub(crate) fn pong(ping: &[u8], out: &mut Vec<u8>) {
    header(OpCode::Control(Control::Pong), ping.len(), out);
    out.extend_from_slice(ping);
}

/// Appends a close frame; the text is cut to what fits.
pub(crate) fn close(code: u16, why: &str, out: &mut Vec<u8>) {
    // 1005 means "there was no code" and may not be sent itself.
    if code == code::NO_CODE {
        return header(OpCode::Control(Control::Close), 0, out);
    }
    let why = cut(why, LONGEST_CONTROL - 2);
    header(OpCode::Control(Control::Close), 2 + why.len(), out);
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(why.as_bytes());
}

/// The longest beginning of a text that has at most this many bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

fn header(opcode: OpCode, length: usize, out: &mut Vec<u8>) {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    // Writing to memory does not fail.
    let _ = header.format(length as u64, out);
}

#[cfg(test)]
mod tests;
