//! The port for MQTT over TCP.

use std::rc::Rc;

use bytes::Bytes;
use contract::tunnel::Transport;
use tokio::net::TcpStream;

use super::wire::Wire;
use crate::hub::{Hub, Seat};

/// Serves one device. While no tab holds the broker it is held, unread, for the grace, and then closed.
pub(crate) async fn serve(hub: Rc<Hub>, stream: TcpStream, seat: Seat) {
    let Ok(peer) = stream.peer_addr() else { return };
    if !hub.wait_for_tab().await {
        return;
    }
    let (read, write) = stream.into_split();
    if let Ok(device) = hub.open(Transport::Tcp, &peer.to_string(), Wire::tcp(write)) {
        // A task of its own, so that this one's place for the waiting is given back.
        tokio::task::spawn_local(super::run(hub, device, read, Bytes::new(), seat));
    }
}
