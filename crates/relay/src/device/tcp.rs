//! The port for MQTT over TCP.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use contract::tunnel::Transport;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::wire::{Wire, goodbye};
use crate::hub::{Hub, Seat};

/// Serves one device. While no tab holds the broker it is held, unread, for the grace, and then closed.
pub(crate) async fn serve(hub: Rc<Hub>, stream: TcpStream, seat: Seat) {
    let Ok(peer) = stream.peer_addr() else { return };
    let held = hub.wait_for_tab().await;
    let (read, write) = stream.into_split();
    let wire = match held {
        true => hub.open(Transport::Tcp, &peer.to_string(), Wire::tcp(write)),
        false => Err(Wire::tcp(write)),
    };
    match wire {
        Ok(device) => {
            // A task of its own, so that this one's place for the waiting is given back.
            tokio::task::spawn_local(super::run(hub, device, read, Bytes::new(), seat));
        }
        Err(wire) => {
            let _ = timeout(hub.limits().linger, goodbye(&RefCell::new(wire), read)).await;
        }
    }
}
