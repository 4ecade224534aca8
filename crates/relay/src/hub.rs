//! The one owner of who holds the broker, of that tab's devices, and of what may still come.
//!
//! Everything here runs on one thread, so a turn is never interrupted by another.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use contract::BUILD;
use contract::tunnel::{ConnNo, PROTOCOL, Record, Transport, records};
use foldhash::fast::FixedState;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::config::Limits;
use crate::device::Device;
use crate::device::wire::Wire;
use crate::frames::code;
use crate::outbox::Outbox;

/// The middle of the relay.
pub(crate) struct Hub {
    limits: Limits,
    /// Addresses for `Welcome`.
    listens: String,
    holder: RefCell<Option<Holder>>,
    tunnels: RefCell<Vec<Rc<Outbox>>>,
    seats: Cell<usize>,
    stopping: Cell<bool>,
    /// A tab has come to hold the broker.
    held: Notify,
    /// A device or a tunnel has left.
    left: Notify,
    /// Devices for which the batch being read has brought bytes; kept for its memory.
    touched: RefCell<Vec<Rc<Device>>>,
}

/// The tab that holds the broker. A conn number in the map means that both sides may still speak of it.
struct Holder {
    outbox: Rc<Outbox>,
    devices: HashMap<ConnNo, Rc<Device>, FixedState>,
}

impl Hub {
    /// `listens`: the addresses for devices, one a line.
    pub(crate) fn new(limits: Limits, listens: String) -> Self {
        Self {
            limits,
            listens,
            holder: RefCell::default(),
            tunnels: RefCell::default(),
            seats: Cell::new(0),
            stopping: Cell::new(false),
            held: Notify::new(),
            left: Notify::new(),
            touched: RefCell::default(),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn is_held(&self) -> bool {
        self.holder.borrow().is_some()
    }

    /// Devices of the tab that holds the broker.
    pub(crate) fn device_count(&self) -> usize {
        self.holder.borrow().as_ref().map_or(0, |holder| holder.devices.len())
    }

    /// A place for one device more, if there is one.
    pub(crate) fn seat(self: &Rc<Self>) -> Option<Seat> {
        let most = self.limits.devices.min(crate::config::MAX_DEVICES);
        (self.seats.get() < most && !self.stopping.get()).then(|| {
            self.seats.set(self.seats.get() + 1);
            Seat(self.clone())
        })
    }

    /// Waits for a tab to hold the broker; `false` when none has come in time.
    pub(crate) async fn wait_for_tab(&self) -> bool {
        let wait = async {
            loop {
                let held = self.held.notified();
                if self.is_held() {
                    return;
                }
                held.await;
            }
        };
        timeout(self.limits.grace, wait).await.is_ok() && !self.stopping.get()
    }

    /// Announces a device to the tab. Gives the wire back when no tab holds the broker or it does not keep up.
    pub(crate) fn open(&self, transport: Transport, peer: &str, wire: Wire) -> Result<Rc<Device>, Wire> {
        let mut holder = self.holder.borrow_mut();
        let Some(holder) = holder.as_mut().filter(|holder| holder.outbox.has_room()) else { return Err(wire) };
        let Some(conn) = holder.outbox.next_conn() else {
            holder.outbox.end(code::GOING_AWAY, "this tunnel has used up its connection numbers; open another".to_owned());
            return Err(wire);
        };
        let device = Rc::new(Device::new(conn, holder.outbox.clone(), wire));
        holder.devices.insert(conn, device.clone());
        holder.outbox.say(&Record::Open { conn, transport, peer });
        Ok(device)
    }

    /// A device is gone of itself; its tab is told, unless it knows.
    pub(crate) fn forget(&self, outbox: &Rc<Outbox>, conn: ConnNo, why: &str) {
        if let Some(holder) = &mut *self.holder.borrow_mut()
            && Rc::ptr_eq(&holder.outbox, outbox)
            && holder.devices.remove(&conn).is_some()
        {
            outbox.close(conn, why);
        }
    }

    /// Whether one tunnel more may come, to wait or to claim.
    pub(crate) fn has_room_for_tunnel(&self) -> bool {
        let waiting = self.tunnels.borrow().len().saturating_sub(usize::from(self.is_held()));
        waiting < self.limits.waiting_tunnels && !self.stopping.get()
    }

    /// A tunnel has been opened. It has no say before it claims.
    pub(crate) fn join(&self, outbox: &Rc<Outbox>) {
        self.tunnels.borrow_mut().push(outbox.clone());
    }

    /// A tunnel is gone.
    pub(crate) fn part(&self, outbox: &Rc<Outbox>) {
        self.tunnels.borrow_mut().retain(|other| !Rc::ptr_eq(other, outbox));
        if self.holds(outbox) {
            self.evict(code::GOING_AWAY, "the tab that holds the broker is gone");
        }
        outbox.clear();
        self.left.notify_waiters();
    }

    /// Reads a batch of a tab: bytes and credit for its devices, closings, a claim.
    ///
    /// # Errors
    /// What broke the protocol; the tunnel must be closed then.
    pub(crate) fn take_batch(&self, outbox: &Rc<Outbox>, batch: &[u8]) -> Result<(), String> {
        let mut result = Ok(());
        for record in records(batch) {
            result = record.map_err(|bad| bad.to_string()).and_then(|record| self.take(outbox, &record));
            if result.is_err() {
                break;
            }
        }
        for device in self.touched.borrow_mut().drain(..) {
            device.write_now();
        }
        result
    }

    /// Closes everything and waits for it, but not for long.
    pub(crate) async fn stop(&self) {
        self.stopping.set(true);
        self.evict(code::GOING_AWAY, "the relay stops");
        self.held.notify_waiters();
        for tunnel in self.tunnels.borrow().iter() {
            tunnel.end(code::GOING_AWAY, "the relay stops".to_owned());
        }
        let all_gone = async {
            loop {
                let left = self.left.notified();
                if self.seats.get() == 0 && self.tunnels.borrow().is_empty() {
                    return;
                }
                left.await;
            }
        };
        let _ = timeout(self.limits.linger + Duration::from_millis(500), all_gone).await;
    }

    fn take(&self, outbox: &Rc<Outbox>, record: &Record<'_>) -> Result<(), String> {
        match *record {
            Record::Claim { protocol, take_over } => self.claim(outbox, protocol, take_over),
            Record::Data { conn, bytes } => self.with(outbox, conn, |device| {
                if !device.push(bytes) {
                    return Err(format!("{} bytes for connection {conn} are more than its window", bytes.len()));
                }
                if device.touch() {
                    self.touched.borrow_mut().push(device.clone());
                }
                Ok(())
            }),
            Record::Credit { conn, bytes } => self.with(outbox, conn, |device| match device.add_credit(bytes) {
                true => Ok(()),
                false => Err(format!("credit of {bytes} bytes for connection {conn} is more than was outstanding")),
            }),
            Record::Close { conn, why } => {
                if let Some(holder) = &mut *self.holder.borrow_mut()
                    && Rc::ptr_eq(&holder.outbox, outbox)
                    && let Some(device) = holder.devices.remove(&conn)
                {
                    device.leave(code::NORMAL, why);
                }
                Ok(())
            }
            _ => Err("a record came that only the relay may send".to_owned()),
        }
    }

    /// Does something with a device of this tab. One that is gone is passed over: the tab may not know it yet.
    fn with(&self, outbox: &Rc<Outbox>, conn: ConnNo, act: impl FnOnce(&Rc<Device>) -> Result<(), String>) -> Result<(), String> {
        match &*self.holder.borrow() {
            Some(holder) if Rc::ptr_eq(&holder.outbox, outbox) => holder.devices.get(&conn).map_or(Ok(()), act),
            _ => Ok(()),
        }
    }

    fn claim(&self, outbox: &Rc<Outbox>, protocol: u8, take_over: bool) -> Result<(), String> {
        if protocol != PROTOCOL {
            outbox.say(&Record::OtherProtocol { build: BUILD });
            outbox.end(code::NORMAL, format!("the relay speaks tunnel protocol {PROTOCOL}, the page {protocol}"));
            return Ok(());
        }
        // A claim that was on its way while an earlier one was granted.
        if self.holds(outbox) || self.stopping.get() {
            return Ok(());
        }
        if self.is_held() {
            if !take_over {
                // Each claim has an answer, so whoever only claims and never reads must be stopped somewhere.
                if !outbox.has_room() {
                    return Err("the tab claims without reading the answers".to_owned());
                }
                outbox.say(&Record::Held);
                return Ok(());
            }
            let before = self.holder.borrow().as_ref().map(|holder| holder.outbox.clone());
            self.evict(code::GOING_AWAY, "another tab has taken the broker's place");
            if let Some(before) = before {
                before.say(&Record::Taken);
            }
        }
        *self.holder.borrow_mut() = Some(Holder { outbox: outbox.clone(), devices: HashMap::default() });
        outbox.say(&Record::Welcome { build: BUILD, listens: &self.listens });
        self.held.notify_waiters();
        Ok(())
    }

    fn holds(&self, outbox: &Rc<Outbox>) -> bool {
        self.holder.borrow().as_ref().is_some_and(|holder| Rc::ptr_eq(&holder.outbox, outbox))
    }

    /// Takes the broker from whoever holds it and closes the devices.
    fn evict(&self, code: u16, why: &str) {
        let Some(holder) = self.holder.take() else { return };
        for device in holder.devices.values() {
            device.leave(code, why);
        }
        holder.outbox.clear();
    }
}

/// The right to be a device; it ends with the socket.
pub(crate) struct Seat(Rc<Hub>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.seats.set(self.0.seats.get().saturating_sub(1));
        self.0.left.notify_waiters();
    }
}
