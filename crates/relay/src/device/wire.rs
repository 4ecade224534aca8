//! What stands between a device's bytes and its socket: nothing for TCP, frames for WebSocket.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWrite as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::config::IDLE_BUFFER;
use crate::frames::{self, Fault, Reader, Step};

/// The writing half of a device's socket with what waits for it. What waits is bounded by whoever calls [`Wire::push`].
pub(crate) struct Wire {
    pub(crate) half: OwnedWriteHalf,
    /// The device's bytes, without frames.
    out: BytesMut,
    frames: Option<Box<Frames>>,
    /// The other end takes nothing any more. What it has sent before is still worth reading, so this is no end yet.
    deaf: bool,
}

/// What a WebSocket needs beyond a TCP connection.
struct Frames {
    reader: Reader,
    /// Headers and control frames; they go before `left`.
    ahead: Vec<u8>,
    /// Bytes of `out` that belong to the message begun.
    left: usize,
    /// The pong that is owed. RFC 6455, 5.5.3: only the last ping needs one.
    pong: Option<Vec<u8>>,
    /// The close frame, to go behind everything.
    close: Option<Vec<u8>>,
}

/// What reading has brought.
pub(crate) enum Got {
    /// Bytes, perhaps none that are payload.
    Bytes,
    /// The other end has closed its half.
    End,
    /// A WebSocket close frame with this code.
    Closed(u16),
    /// Frames that are not right.
    Fault(Fault),
    /// The socket is of no use any more.
    Broken(io::Error),
}

impl Wire {
    pub(crate) fn tcp(half: OwnedWriteHalf) -> Self {
        Self { half, out: BytesMut::new(), frames: None, deaf: false }
    }

    pub(crate) fn ws(half: OwnedWriteHalf) -> Self {
        let reader = Reader::new(u64::MAX);
        Self { frames: Some(Box::new(Frames { reader, ahead: Vec::new(), left: 0, pong: None, close: None })), ..Self::tcp(half) }
    }

    /// Makes payload, in place, of what was read to `begin..`.
    pub(crate) fn unwrap(&mut self, batch: &mut Vec<u8>, begin: usize) -> Got {
        let Some(frames) = &mut self.frames else { return Got::Bytes };
        let (mut at, mut to) = (0, 0);
        let got = loop {
            let step = frames.reader.step(batch.get_mut(begin..).unwrap_or_default(), &mut at, &mut to);
            match step {
                Ok(Step::More) => break Got::Bytes,
                Ok(Step::MessageEnd | Step::Pong) => (),
                Ok(Step::Ping(payload)) => frames.pong = Some(payload),
                Ok(Step::Close(code)) => break Got::Closed(code),
                Err(fault) => break Got::Fault(fault),
            }
        };
        batch.truncate(begin + to);
        got
    }

    /// Appends bytes for the device.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// The last thing to be written. Without `flush`, bytes that no message was begun for are not sent any more.
    pub(crate) fn close(&mut self, code: u16, why: &str, flush: bool) {
        let begun = self.frames.as_ref().map_or(0, |frames| frames.left);
        if !flush {
            self.out.truncate(begun);
        }
        if let Some(frames) = &mut self.frames {
            let mut close = Vec::new();
            frames::close(code, why, &mut close);
            frames.close = Some(close);
        }
    }

    /// Writes what the socket takes, and lets the task of `cx` be woken for the rest. Returns how many of the device's bytes are done
    /// with, and `Ready` when nothing waits. A socket that takes nothing any more is done with everything.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> (usize, Poll<()>) {
        self.write(|half, slices| Pin::new(half).poll_write_vectored(cx, slices))
    }

    /// The same without a task.
    pub(crate) fn write_at_once(&mut self) -> (usize, Poll<()>) {
        self.write(|half, slices| match half.try_write_vectored(slices) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result),
        })
    }

    fn write(&mut self, mut send: impl FnMut(&mut OwnedWriteHalf, &[IoSlice<'_>]) -> Poll<io::Result<usize>>) -> (usize, Poll<()>) {
        let mut written = 0;
        loop {
            if self.deaf {
                written += self.out.len();
                self.out.clear();
                self.rest();
                return (written, Poll::Ready(()));
            }
            let (ahead, body) = match &mut self.frames {
                None => (&[][..], self.out.len()),
                Some(frames) => {
                    frames.begin(self.out.len());
                    (&frames.ahead[..], frames.left)
                }
            };
            if ahead.is_empty() && body == 0 {
                self.rest();
                return (written, Poll::Ready(()));
            }
            let slices = [IoSlice::new(ahead), IoSlice::new(self.out.get(..body).unwrap_or_default())];
            let sent = match send(&mut self.half, if ahead.is_empty() { &slices[1..] } else { &slices }) {
                Poll::Ready(Ok(0) | Err(_)) => {
                    self.deaf = true;
                    continue;
                }
                Poll::Ready(Ok(sent)) => sent,
                Poll::Pending => return (written, Poll::Pending),
            };
            let of_ahead = sent.min(ahead.len());
            let of_body = sent - of_ahead;
            if let Some(frames) = &mut self.frames {
                frames.ahead.drain(..of_ahead);
                frames.left = frames.left.saturating_sub(of_body);
            }
            self.out.advance(of_body.min(self.out.len()));
            written += of_body;
        }
    }

    /// Nothing waits: a connection at rest keeps no buffer.
    fn rest(&mut self) {
        if self.out.capacity() > IDLE_BUFFER {
            self.out = BytesMut::new();
        }
    }
}

/// Writes the rest, closes our half, and waits for the device to close its own: closing a socket with unread bytes resets it, and the
/// device could lose what was flushed. The wire is only borrowed within a turn.
pub(crate) async fn goodbye(wire: &RefCell<Wire>, mut read: OwnedReadHalf) -> io::Result<()> {
    poll_fn(|cx| wire.borrow_mut().poll_write(cx).1).await;
    poll_fn(|cx| Pin::new(&mut wire.borrow_mut().half).poll_shutdown(cx)).await?;
    let mut unread = [0; 1024];
    while read.read(&mut unread).await? > 0 {}
    Ok(())
}

impl Frames {
    /// Between two messages, decides what comes next: all that waits is one message.
    fn begin(&mut self, waits: usize) {
        if self.left > 0 || !self.ahead.is_empty() {
            return;
        }
        if let Some(ping) = self.pong.take() {
            frames::pong(&ping, &mut self.ahead);
        }
        if waits > 0 {
            frames::binary_header(waits, &mut self.ahead);
            self.left = waits;
        } else if let Some(close) = self.close.take() {
            self.ahead.extend_from_slice(&close);
        }
    }
}
