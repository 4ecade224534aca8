//! Every limit of the relay, and what it is told at the start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use contract::tunnel::{MAX_BATCH, WINDOW};

/// Where the relay listens, what it serves, and how much it bears.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the page and the tab's tunnel are. Port 0 takes any free one; so for the others.
    pub http: SocketAddr,
    /// Where devices speak MQTT over WebSocket.
    pub ws: SocketAddr,
    /// Where devices speak MQTT over TCP.
    pub tcp: SocketAddr,
    /// A folder to serve the page from, read anew at each request; without it the page that the executable carries.
    pub dist: Option<PathBuf>,
    /// How much the relay bears and how long it waits.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { http: local(8080), ws: local(8083), tcp: local(1883), dist: None, limits: Limits::default() }
    }
}

/// Bounds of everything that others can make the relay hold or wait for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Devices at once, with those that still wait for a tab. One more is refused: TCP closed, WebSocket 503. At most
    /// [`MAX_DEVICES`], above which a batch of their closings could be longer than the tunnel allows.
    pub devices: usize,
    /// Tunnels at once that do not hold the broker. One more is refused with 503.
    pub waiting_tunnels: usize,
    /// Connections to the page's port at once, without tunnels. One more is closed.
    pub page_connections: usize,
    /// How long a device may take for its WebSocket upgrade, the wait for a tab included; and a browser for the head of a request.
    pub handshake: Duration,
    /// How long a new device is held, unread, while no tab holds the broker: a tab that reloads is back within it.
    pub grace: Duration,
    /// How often the tab is pinged.
    pub ping: Duration,
    /// A tab from which nothing has come for this long, not even a pong, is gone.
    pub silence: Duration,
    /// How long a closing connection may take to accept its last bytes and to close its own half.
    pub linger: Duration,
    /// How long credit too small to be urgent may wait for a batch to ride with.
    pub credit_delay: Duration,
    /// Whether the carried page gets a compressed twin; it is made beside the serving, once.
    pub compress: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            devices: MAX_DEVICES,
            waiting_tunnels: 16,
            page_connections: 256,
            handshake: Duration::from_secs(10),
            grace: Duration::from_secs(3),
            ping: Duration::from_secs(5),
            silence: Duration::from_secs(15),
            linger: Duration::from_secs(2),
            credit_delay: Duration::from_millis(20),
            compress: true,
        }
    }
}

/// The most devices that can be allowed.
pub const MAX_DEVICES: usize = 10_000;

/// Bytes read from one device at a time, so that a batch is shared fairly.
pub(crate) const DEVICE_READ: usize = 64 * 1024;

/// Bytes read from the tab at a time.
pub(crate) const TUNNEL_READ: usize = 256 * 1024;

/// A batch that waits for the tunnel's socket takes no more data, and no more devices, from this length on: devices are not read then,
/// and TCP pushes back. Only closings and credit may still be added, of which each device has one.
pub(crate) const BATCH_FULL: usize = 1024 * 1024;

/// The tab's longest message, a batch. A longer one closes the tunnel with 1009. A message of a device has no bound, for it is never
/// held: its bytes go on as they come, in pieces of at most a window, and how long an MQTT packet may be is for the broker to say.
pub(crate) const TUNNEL_MESSAGE: u64 = MAX_BATCH as u64;

/// Credit of at least this many bytes is sent at once; less waits up to [`Limits::credit_delay`] for a batch to ride with.
pub(crate) const CREDIT_URGENT: u32 = WINDOW / 4;

/// Connections that the system keeps until they are taken. All devices may come back at once when a tab does; one for which there is
/// no place comes again a second later. The system may allow less.
pub(crate) const BACKLOG: u32 = 4096;

/// Head of an HTTP request, bytes.
pub(crate) const HTTP_HEAD: usize = 16 * 1024;

/// Buffers above this are given back when they are empty: most devices are idle most of the time.
pub(crate) const IDLE_BUFFER: usize = 512;

/// Text of a `Close`, bytes; from the tunnel's definition.
pub(crate) const WHY: usize = 200;

/// The header of a tunnel record, bytes.
const RECORD: usize = 9;

// Each device can add one closing and one credit to a batch that is full already.
const _: () = assert!(BATCH_FULL + DEVICE_READ + MAX_DEVICES * (RECORD + WHY + RECORD + 4) <= MAX_BATCH);

/// The path of the tunnel; the page learns it from its own `meta` element.
pub(crate) const TUNNEL: &str = "/tunnel";
