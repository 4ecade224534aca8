//! The port for MQTT over WebSocket.

use std::cell::RefCell;
use std::rc::Rc;

use contract::tunnel::Transport;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::wire::{Wire, goodbye};
use crate::frames::code;
use crate::hub::{Hub, Seat};
use crate::upgrade::{self, Answer, sentence};

/// The sub-protocols of MQTT: 3.1.1 and 5.0 \[MQTT-6.0.0-3\], and what clients of 3.1 say.
const SUB_PROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];

/// Serves one device. Its upgrade waits for the grace while no tab holds the broker, and is then refused.
pub(crate) async fn serve(hub: Rc<Hub>, stream: TcpStream, seat: Seat) {
    let Ok(peer) = stream.peer_addr() else { return };
    let limit = hub.limits().handshake;
    let handshake = upgrade::serve(stream, limit, async |request| match answer(&hub, request).await {
        Ok(answer) => answer,
        Err(answer) => last(*answer),
    });
    let Ok(Some((stream, early))) = timeout(limit, handshake).await else { return };
    let (read, write) = stream.into_split();
    match hub.open(Transport::Ws, &peer.to_string(), Wire::ws(write)) {
        Ok(device) => {
            tokio::task::spawn_local(super::run(hub, device, read, early, seat));
        }
        Err(mut wire) => {
            wire.close(code::TRY_AGAIN, "the tab that holds the broker has gone or does not keep up", true);
            let _ = timeout(hub.limits().linger, goodbye(&RefCell::new(wire), read)).await;
        }
    }
}

async fn answer(hub: &Hub, request: &Request<Incoming>) -> Result<Answer, Box<Answer>> {
    if !matches!(request.uri().path(), "/" | "/mqtt") {
        return Err(Box::new(sentence(StatusCode::NOT_FOUND, "MQTT is at the path /mqtt or / here.")));
    }
    let key = upgrade::key(request)?;
    let mut offered = upgrade::list(request.headers(), &header::SEC_WEBSOCKET_PROTOCOL);
    let Some(chosen) = offered.find_map(|offer| SUB_PROTOCOLS.into_iter().find(|known| *known == offer)) else {
        let text = "Offer the WebSocket sub-protocol mqtt (or mqttv3.1) [MQTT-6.0.0-3].";
        return Err(Box::new(sentence(StatusCode::BAD_REQUEST, text)));
    };
    if !hub.wait_for_tab().await {
        return Err(Box::new(no_tab()));
    }
    let mut answer = upgrade::switching(key);
    answer.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(chosen));
    Ok(answer)
}

/// A refused device keeps no connection.
fn last(answer: Answer) -> Answer {
    upgrade::with(answer, header::CONNECTION, "close")
}

/// The answer to a device that the relay cannot take now.
fn no_tab() -> Answer {
    let answer = sentence(StatusCode::SERVICE_UNAVAILABLE, "No tab holds the broker. Open the page of this relay in a browser.");
    upgrade::with(answer, header::RETRY_AFTER, "3")
}

/// Answers a connection for which there is no seat.
pub(crate) async fn refuse(hub: Rc<Hub>, stream: TcpStream) {
    let limit = hub.limits().handshake;
    let full = async |_: &Request<Incoming>| {
        let answer = sentence(StatusCode::SERVICE_UNAVAILABLE, "This relay has as many devices as it bears.");
        last(upgrade::with(answer, header::RETRY_AFTER, "10"))
    };
    let _ = timeout(limit, upgrade::serve(stream, limit, full)).await;
}
