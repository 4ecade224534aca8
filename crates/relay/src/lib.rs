//! The relay of GlassMQ: a program beside the browser that carries the bytes of devices to the broker in a tab, and serves the page.
//!
//! It never reads a byte that it carries. All of it runs on one thread: its work is moving bytes between sockets, and what a second
//! thread would win, locks around the one batch would lose.

mod config;
mod device;
mod frames;
mod http;
mod hub;
mod listen;
mod outbox;
mod page;
mod tunnel;
mod upgrade;

pub mod args;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::oneshot;

pub use config::{Config, Limits, MAX_DEVICES};

/// Starts relays.
#[derive(Clone, Copy, Debug)]
pub struct Relay;

impl Relay {
    /// Listens and serves, on a thread of its own, until the [`Running`] is stopped or dropped.
    ///
    /// # Errors
    /// When an address cannot be listened on, or the page's folder cannot be read.
    pub fn start(config: Config) -> Result<Running, StartError> {
        let (ready, started) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("relay".to_owned()).spawn(move || {
            // Polling the sockets every few turns keeps devices and tunnel fair to each other when there is always work.
            let runtime = Builder::new_current_thread().enable_all().event_interval(16).build_local(LocalOptions::default());
            match runtime {
                Ok(runtime) => runtime.block_on(listen::serve(config, ready, stopped)),
                Err(error) => {
                    let _ = ready.send(Err(StartError::System(error)));
                }
            }
        });
        let thread = thread.map_err(StartError::System)?;
        // The thread sends exactly once; that it ends without is a defect that should be seen.
        let addresses = started.recv().map_err(|_| StartError::System(io::ErrorKind::Other.into()))??;
        Ok(Running { addresses, stop: Some(stop), thread: Some(thread) })
    }
}

/// The addresses that a relay listens on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) http: SocketAddr,
    pub(crate) ws: SocketAddr,
    pub(crate) tcp: SocketAddr,
}

impl Addresses {
    pub(crate) fn page_url(&self) -> String {
        format!("http://{}", reachable(self.http))
    }

    pub(crate) fn ws_url(&self) -> String {
        format!("ws://{}/mqtt", reachable(self.ws))
    }

    pub(crate) fn tcp_text(&self) -> String {
        reachable(self.tcp).to_string()
    }
}

/// "All addresses" is none that one can connect to; this machine's own is one of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (std::net::Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (std::net::Ipv6Addr::LOCALHOST, v6.port()).into(),
        _ => address,
    }
}

/// A relay that runs. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    addresses: Addresses,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Where the page is.
    pub fn http(&self) -> SocketAddr {
        self.addresses.http
    }

    /// Where devices speak MQTT over WebSocket.
    pub fn ws(&self) -> SocketAddr {
        self.addresses.ws
    }

    /// Where devices speak MQTT over TCP.
    pub fn tcp(&self) -> SocketAddr {
        self.addresses.tcp
    }

    /// The page's address, such as `http://127.0.0.1:8080`.
    pub fn page_url(&self) -> String {
        self.addresses.page_url()
    }

    /// The address for devices, such as `ws://127.0.0.1:8083/mqtt`.
    pub fn ws_url(&self) -> String {
        self.addresses.ws_url()
    }

    /// The address for devices, such as `127.0.0.1:1883`.
    pub fn tcp_text(&self) -> String {
        self.addresses.tcp_text()
    }

    /// Closes all devices and tunnels cleanly; returns when that is done, after three seconds at most.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Why a relay does not start.
#[derive(Debug)]
pub enum StartError {
    /// An address cannot be listened on.
    Listen {
        /// The command line's name for it, with its dashes.
        flag: &'static str,
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The system lacks something.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Listen { flag, address, error } if error.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "port {} on {ip} is taken; stop what listens there or choose another with {flag} {free}",
                address.port(),
                ip = address.ip(),
                free = SocketAddr::from((address.ip(), 0)),
            ),
            StartError::Listen { flag, address, error } => {
                write!(f, "cannot listen on {address} ({error}); choose another address with {flag}")
            }
            StartError::System(error) => write!(f, "the relay cannot start: {error}"),
        }
    }
}

impl std::error::Error for StartError {}
