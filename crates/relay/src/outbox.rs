//! What waits to go to one tab: the batch that is being gathered while the one before is on its way.
//!
//! Devices read their sockets straight into it. There is no timer for data: whenever the tunnel's socket takes bytes, the tunnel takes
//! all that waits. Credit is written down only then, so that each device has at most one record of it in a batch.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

use contract::tunnel::{ConnNo, Record, data_with};

use crate::config::{BATCH_FULL, CREDIT_URGENT, WHY};
use crate::device::Device;
use crate::frames;

/// Room before a batch for the longest header of the WebSocket frame that will carry it.
const FRAME_ROOM: usize = 10;

/// The batch of one tunnel. The number of its connections is counted here too, for it must never come twice in a tunnel.
#[derive(Debug)]
pub(crate) struct Outbox {
    batch: RefCell<Vec<u8>>,
    /// Devices that have credit to give back.
    credits: RefCell<Vec<Rc<Device>>>,
    credit_is_urgent: Cell<bool>,
    /// The tunnel's own task.
    tunnel: RefCell<Option<Waker>>,
    /// Devices that found the batch full.
    waiting: RefCell<Vec<Waker>>,
    last_conn: Cell<ConnNo>,
    end: RefCell<Option<(u16, String)>>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            batch: RefCell::new(vec![0; FRAME_ROOM]),
            credits: RefCell::default(),
            credit_is_urgent: Cell::new(false),
            tunnel: RefCell::default(),
            waiting: RefCell::default(),
            last_conn: Cell::new(0),
            end: RefCell::default(),
        }
    }

    /// A number for a new connection; `None` when all four billion are used up.
    pub(crate) fn next_conn(&self) -> Option<ConnNo> {
        let next = self.last_conn.get().checked_add(1)?;
        self.last_conn.set(next);
        Some(next)
    }

    /// Whether data and new devices may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.batch.borrow().len() < BATCH_FULL
    }

    /// Wakes this device when there is room.
    pub(crate) fn wait_for_room(&self, device: &Waker) {
        self.waiting.borrow_mut().push(device.clone());
    }

    /// Adds a record that is no data.
    pub(crate) fn say(&self, record: &Record<'_>) {
        record.write(&mut self.batch.borrow_mut());
        self.wake();
    }

    /// Adds the closing of a connection.
    pub(crate) fn close(&self, conn: ConnNo, why: &str) {
        self.say(&Record::Close { conn, why: frames::cut(why, WHY) });
    }

    /// Adds what `fill` appends as data of a connection.
    pub(crate) fn data<R>(&self, conn: ConnNo, fill: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut batch = self.batch.borrow_mut();
        let before = batch.len();
        let result = data_with(conn, &mut batch, fill);
        let grown = batch.len() > before;
        drop(batch);
        if grown {
            self.wake();
        }
        result
    }

    /// Remembers that a device has credit to give back; the device asks once until it is [taken](Self::take).
    pub(crate) fn credit(&self, device: Rc<Device>) {
        let mut credits = self.credits.borrow_mut();
        if credits.is_empty() {
            // Its task begins to count the time.
            self.wake();
        }
        credits.push(device);
    }

    /// Credit has waited long enough.
    pub(crate) fn hurry(&self) {
        self.credit_is_urgent.set(true);
        self.wake();
    }

    /// A device's credit has grown to so much that its sender may soon have to wait.
    pub(crate) fn credit_grows(&self, due: u32) {
        if due >= CREDIT_URGENT && !self.credit_is_urgent.replace(true) {
            self.wake();
        }
    }

    /// Whether anything should go out now.
    pub(crate) fn is_urgent(&self) -> bool {
        self.credit_is_urgent.get() || self.batch.borrow().len() > FRAME_ROOM
    }

    /// Whether there is credit that may wait a little.
    pub(crate) fn has_credit(&self) -> bool {
        !self.credits.borrow().is_empty()
    }

    /// Exchanges `sent`, whose bytes are done with, for the batch as a WebSocket message; returns where the message begins in it.
    /// `None` when nothing waits.
    pub(crate) fn take(&self, sent: &mut Vec<u8>) -> Option<usize> {
        let mut batch = self.batch.borrow_mut();
        self.credit_is_urgent.set(false);
        for device in self.credits.borrow_mut().drain(..) {
            if let Some(bytes) = device.take_credit() {
                Record::Credit { conn: device.conn(), bytes }.write(&mut batch);
            }
        }
        let length = batch.len().checked_sub(FRAME_ROOM).filter(|length| *length > 0)?;
        sent.clear();
        sent.resize(FRAME_ROOM, 0);
        std::mem::swap(&mut *batch, sent);
        drop(batch);
        self.waiting.borrow_mut().drain(..).for_each(Waker::wake);
        let mut header = Vec::with_capacity(FRAME_ROOM);
        frames::binary_header(length, &mut header);
        let begin = FRAME_ROOM.saturating_sub(header.len());
        sent.iter_mut().skip(begin).zip(header).for_each(|(place, byte)| *place = byte);
        Some(begin)
    }

    /// The tunnel has lost the broker: what waited for it means nothing any more.
    pub(crate) fn clear(&self) {
        self.batch.borrow_mut().truncate(FRAME_ROOM);
        self.credits.borrow_mut().clear();
        self.waiting.borrow_mut().drain(..).for_each(Waker::wake);
    }

    /// Asks the tunnel's task to close its socket.
    pub(crate) fn end(&self, code: u16, why: String) {
        self.end.borrow_mut().get_or_insert((code, why));
        self.wake();
    }

    /// What [`Self::end`] asked for.
    pub(crate) fn take_end(&self) -> Option<(u16, String)> {
        self.end.borrow_mut().take()
    }

    /// The tunnel's task is woken by this from now on.
    pub(crate) fn set_tunnel(&self, task: &Waker) {
        let mut tunnel = self.tunnel.borrow_mut();
        match &mut *tunnel {
            Some(known) => known.clone_from(task),
            None => *tunnel = Some(task.clone()),
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(tunnel) = &*self.tunnel.borrow() {
            tunnel.wake_by_ref();
        }
    }
}
