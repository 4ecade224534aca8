//! One device: its socket on one side, a number in the tunnel on the other.
//!
//! The device's own task reads, and writes what its socket did not take at once. The first try to write is made in the tunnel's turn, so
//! that a message usually crosses the relay without a task being woken for it.
//!
//! ```text
//!   open ──the tab closes, or goes──▶ flushing ──all written──▶ lingering ──the device closes its half──▶ gone
//!     └────────the device closes, or breaks the rules────────────────▲  (a broken socket is gone at once)
//! ```

pub(crate) mod tcp;
pub(crate) mod wire;
pub(crate) mod ws;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::BufMut as _;
use contract::tunnel::{ConnNo, WINDOW};
use tokio::io::AsyncReadExt as _;
use tokio::net::tcp::OwnedReadHalf;

use crate::config::DEVICE_READ;
use crate::frames::code;
use crate::hub::{Hub, Seat};
use crate::outbox::Outbox;
use wire::{Got, Wire, goodbye};

/// A device that has been announced to the tab.
pub(crate) struct Device {
    conn: ConnNo,
    outbox: Rc<Outbox>,
    wire: RefCell<Wire>,
    /// Bytes that the tab still takes from us.
    window: Cell<u32>,
    /// Bytes that the tab has sent and for which it has no credit back.
    outstanding: Cell<u32>,
    /// Those of them that are written to the socket.
    due: Cell<u32>,
    /// The outbox knows that credit is due.
    listed: Cell<bool>,
    /// The tunnel's turn has something new for the socket.
    touched: Cell<bool>,
    leave: RefCell<Option<(u16, Box<str>)>>,
    /// The last record about it is written or meaningless; nothing more may be said.
    over: Cell<bool>,
    task: RefCell<Option<Waker>>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("conn", &self.conn).finish_non_exhaustive()
    }
}

/// Why the conversation with a device is over.
enum End {
    /// The relay or the tab wants it: flush, then close with this code and text.
    Left(u16, Box<str>),
    /// The device broke the rules or said goodbye: tell the tab why, and close with this code.
    Gone(u16, String),
    /// The socket is of no use any more.
    Broken(String),
}

impl Device {
    pub(crate) fn new(conn: ConnNo, outbox: Rc<Outbox>, wire: Wire) -> Self {
        Self {
            conn,
            outbox,
            wire: RefCell::new(wire),
            window: Cell::new(WINDOW),
            outstanding: Cell::new(0),
            due: Cell::new(0),
            listed: Cell::new(false),
            touched: Cell::new(false),
            leave: RefCell::default(),
            over: Cell::new(false),
            task: RefCell::default(),
        }
    }

    pub(crate) fn conn(&self) -> ConnNo {
        self.conn
    }

    /// Takes bytes from the tab; `false` when they are more than its window.
    pub(crate) fn push(&self, bytes: &[u8]) -> bool {
        let outstanding = u32::try_from(bytes.len()).ok().and_then(|length| self.outstanding.get().checked_add(length));
        let Some(outstanding) = outstanding.filter(|all| *all <= WINDOW) else { return false };
        self.outstanding.set(outstanding);
        self.wire.borrow_mut().push(bytes);
        true
    }

    /// Marks the device for [`Self::write_now`]; `false` when it was marked before.
    pub(crate) fn touch(&self) -> bool {
        !self.touched.replace(true)
    }

    /// Writes what the socket takes at once; the rest is for the device's task.
    pub(crate) fn write_now(self: &Rc<Self>) {
        self.touched.set(false);
        let (written, result) = self.wire.borrow_mut().write_at_once();
        self.has_written(written);
        if result.is_pending() {
            self.wake();
        }
    }

    /// The tab takes so many bytes more; `false` when that is more than was outstanding.
    pub(crate) fn add_credit(&self, bytes: u32) -> bool {
        let before = self.window.get();
        let Some(window) = before.checked_add(bytes).filter(|window| *window <= WINDOW) else { return false };
        self.window.set(window);
        if before == 0 {
            self.wake();
        }
        true
    }

    /// What the tab gets back, once.
    pub(crate) fn take_credit(&self) -> Option<u32> {
        self.listed.set(false);
        let due = self.due.take();
        self.outstanding.set(self.outstanding.get().saturating_sub(due));
        (due > 0 && !self.over.get()).then_some(due)
    }

    /// Asks the device's task to flush and close. The hub has forgotten the device already.
    pub(crate) fn leave(&self, code: u16, why: &str) {
        self.over.set(true);
        self.leave.borrow_mut().get_or_insert_with(|| (code, why.into()));
        self.wake();
    }

    fn has_written(self: &Rc<Self>, bytes: usize) {
        if bytes == 0 || self.over.get() {
            return;
        }
        let due = self.due.get().saturating_add(u32::try_from(bytes).unwrap_or(WINDOW));
        self.due.set(due);
        if !self.listed.replace(true) {
            self.outbox.credit(self.clone());
        }
        self.outbox.credit_grows(due);
    }

    fn wake(&self) {
        if let Some(task) = &*self.task.borrow() {
            task.wake_by_ref();
        }
    }

    fn poll(self: &Rc<Self>, read: &mut OwnedReadHalf, cx: &mut Context<'_>) -> Poll<End> {
        {
            let mut task = self.task.borrow_mut();
            match &mut *task {
                Some(known) => known.clone_from(cx.waker()),
                None => *task = Some(cx.waker().clone()),
            }
        }
        if let Some((code, why)) = self.leave.take() {
            return Poll::Ready(End::Left(code, why));
        }
        self.poll_write(cx);
        while self.window.get() > 0 {
            if !self.outbox.has_room() {
                self.outbox.wait_for_room(cx.waker());
                return Poll::Pending;
            }
            let got = std::task::ready!(self.poll_read(read, cx));
            if let Some(end) = end_of(got) {
                return Poll::Ready(end);
            }
            // A ping may have been read; its pong goes out in this turn.
            self.poll_write(cx);
        }
        Poll::Pending
    }

    fn poll_write(self: &Rc<Self>, cx: &mut Context<'_>) {
        // That something waits is no reason to stop: the task is woken when the socket takes more.
        let (written, _) = self.wire.borrow_mut().poll_write(cx);
        self.has_written(written);
    }

    /// Reads once, into the batch.
    fn poll_read(&self, read: &mut OwnedReadHalf, cx: &mut Context<'_>) -> Poll<Got> {
        let window = self.window.get();
        let most = DEVICE_READ.min(window as usize);
        let mut wire = self.wire.borrow_mut();
        let (got, payload) = self.outbox.data(self.conn, |batch| {
            let begin = batch.len();
            batch.reserve(most);
            let mut room = batch.limit(most);
            let result = pin!(read.read_buf(&mut room)).poll(cx);
            let batch = room.into_inner();
            let got = match result {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(0)) => Poll::Ready(Got::End),
                Poll::Ready(Ok(_)) => Poll::Ready(wire.unwrap(batch, begin)),
                Poll::Ready(Err(error)) => Poll::Ready(Got::Broken(error)),
            };
            (got, batch.len() - begin)
        });
        self.window.set(window.saturating_sub(u32::try_from(payload).unwrap_or(window)));
        got
    }

    /// Hands on what had been read before the device was announced. It is never more than a window.
    fn early(&self, early: &[u8]) -> Got {
        let mut wire = self.wire.borrow_mut();
        let (got, payload) = self.outbox.data(self.conn, |batch| {
            let begin = batch.len();
            batch.extend_from_slice(early);
            (wire.unwrap(batch, begin), batch.len() - begin)
        });
        self.window.set(self.window.get().saturating_sub(u32::try_from(payload).unwrap_or(WINDOW)));
        got
    }
}

/// Serves a device until it is gone. `early` are bytes that came behind the WebSocket handshake.
pub(crate) async fn run(hub: Rc<Hub>, device: Rc<Device>, mut read: OwnedReadHalf, early: bytes::Bytes, seat: Seat) {
    let early_end = end_of(device.early(&early));
    // Even when there were none, they keep the handshake's whole buffer.
    drop(early);
    let end = match early_end {
        Some(end) => end,
        None => poll_fn(|cx| device.poll(&mut read, cx)).await,
    };
    // Boxed, so that the many devices that are not ending need no place for it.
    Box::pin(finish(hub, device, read, end)).await;
    drop(seat);
}

async fn finish(hub: Rc<Hub>, device: Rc<Device>, read: OwnedReadHalf, end: End) {
    device.over.set(true);
    match &end {
        End::Left(code, why) => device.wire.borrow_mut().close(*code, why, true),
        End::Gone(code, why) => {
            hub.forget(&device.outbox, device.conn, why);
            device.wire.borrow_mut().close(*code, why, false);
        }
        End::Broken(why) => return hub.forget(&device.outbox, device.conn, why),
    }
    // Whoever does not take the last bytes in time loses them.
    let _ = tokio::time::timeout(hub.limits().linger, goodbye(&device.wire, read)).await;
}

fn end_of(got: Got) -> Option<End> {
    match got {
        Got::Bytes => None,
        Got::End => Some(End::Gone(code::NORMAL, "the device closed the connection".to_owned())),
        Got::Closed(code) => {
            let why = match code {
                code::NO_CODE => "the device closed its WebSocket".to_owned(),
                code => format!("the device closed its WebSocket with code {code}"),
            };
            Some(End::Gone(code, why))
        }
        Got::Fault(fault) => Some(End::Gone(fault.code(), fault.why().to_owned())),
        Got::Broken(error) => Some(End::Broken(broken(&error))),
    }
}

fn broken(error: &io::Error) -> String {
    format!("the connection broke: {error}")
}
