//! Bytes go both ways, whole and in order, with no more held than the windows allow.

mod common;
#[path = "../../broker/tests/rules/harness/rule.rs"]
mod rule;
/// Where the macro looks for it.
mod harness {
    pub(crate) use crate::rule;
}

use std::time::Duration;

use common::*;
use contract::tunnel::{MAX_BATCH, Record, Transport, WINDOW};
use futures_util::{SinkExt as _, StreamExt as _};
use rule::rule;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, client_async};

#[tokio::test]
async fn bytes_go_both_ways_and_the_tab_closes() {
    let relay = start();
    let mut tab = Tab::hold(&relay).await;

    let mut plain = tcp(&relay).await;
    let (one, transport) = tab.opened().await;
    assert_eq!(transport, Transport::Tcp);
    let mut framed = ws(&relay).await;
    let (two, transport) = tab.opened().await;
    assert_eq!(transport, Transport::Ws);
    assert_ne!(one, two);

    plain.write_all(b"from tcp").await.expect("open");
    assert_eq!(tab.data(one, 8).await, b"from tcp");
    framed.send(Message::binary("from ws")).await.expect("open");
    assert_eq!(tab.data(two, 7).await, b"from ws");

    tab.say(&[
        Record::Data { conn: one, bytes: b"to " },
        Record::Data { conn: two, bytes: b"to " },
        Record::Data { conn: one, bytes: b"tcp" },
        Record::Data { conn: two, bytes: b"ws" },
    ])
    .await;
    assert_eq!(read(&mut plain, 6).await, b"to tcp");
    let message = timeout(PATIENCE, framed.next()).await.expect("in time").expect("open").expect("right");
    assert_eq!(message, Message::binary("to ws"), "all of a turn is one message");

    tab.say(&[Record::Data { conn: one, bytes: b"bye" }, Record::Close { conn: one, why: "enough" }]).await;
    assert_eq!(read_all(&mut plain).await, b"bye", "flushed, then closed");
    tab.say(&[Record::Data { conn: two, bytes: b"bye" }, Record::Close { conn: two, why: "enough" }]).await;
    let message = timeout(PATIENCE, framed.next()).await.expect("in time").expect("open").expect("right");
    assert_eq!(message, Message::binary("bye"));
    let message = timeout(PATIENCE, framed.next()).await.expect("in time").expect("open").expect("right");
    let Message::Close(Some(frame)) = message else { panic!("a close frame was due, not {message:?}") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1000, "enough"));

    // Neither a closing nor credit comes back for what the tab has closed itself, but for credit that was due before.
    while let Ok(Ok(heard)) = timeout(Duration::from_millis(100), tab.try_next()).await {
        assert!(matches!(heard, Heard::Credit(..)), "{heard:?}");
    }
}

#[tokio::test]
async fn the_tab_hears_how_a_device_goes() {
    let relay = start();
    let mut tab = Tab::hold(&relay).await;

    let mut plain = tcp(&relay).await;
    let (conn, _) = tab.opened().await;
    plain.write_all(b"last words").await.expect("open");
    drop(plain);
    assert_eq!(tab.data(conn, 10).await, b"last words");
    assert_eq!(tab.closed(conn).await, "the device closed the connection");

    let mut framed = ws(&relay).await;
    let (conn, _) = tab.opened().await;
    framed.close(None).await.expect("open");
    assert_eq!(tab.closed(conn).await, "the device closed its WebSocket");
    // Data for one that is gone is no fault: the tab could not know.
    tab.say(&[Record::Data { conn, bytes: b"late" }, Record::Credit { conn, bytes: 1 }, Record::Close { conn, why: "" }]).await;
    tab.is_silent().await;
}

#[tokio::test]
async fn what_a_device_has_said_is_heard_although_it_does_not_listen_any_more() {
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let mut plain = tcp(&relay).await;
    let (conn, _) = tab.opened().await;
    let all = pattern(WINDOW as usize + 50_000, 3);
    plain.write_all(&all).await.expect("the system keeps what the window does not let through");
    let mut got = Vec::new();
    while got.len() < WINDOW as usize {
        let Heard::Data(_, bytes) = tab.next().await else { panic!("data was due") };
        got.extend(bytes);
    }
    // Closing with unread bytes resets the connection, and writing to it fails from then on.
    tab.say(&[Record::Data { conn, bytes: b"unread" }]).await;
    plain.readable().await.expect("open");
    drop(plain);
    for _ in 0..3 {
        sleep(Duration::from_millis(20)).await;
        tab.say(&[Record::Data { conn, bytes: &[0; 1000] }]).await;
    }
    tab.credit(conn, 3006).await;
    tab.say(&[Record::Credit { conn, bytes: WINDOW }]).await;
    got.extend(tab.data(conn, all.len() - got.len()).await);
    assert!(got == all, "whole and in order");
    tab.closed(conn).await;
}

#[tokio::test]
async fn packets_may_span_or_share_frames_and_empty_frames_mean_nothing() {
    rule!("MQTT-6.0.0-2", "MQTT311-6.0.0-2", "B-27");
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let mut framed = ws(&relay).await;
    let (conn, _) = tab.opened().await;
    for part in ["", "a", "", "bc", ""] {
        framed.send(Message::binary(part)).await.expect("open");
    }
    framed.send(Message::Ping("still there".into())).await.expect("open");
    assert_eq!(tab.data(conn, 3).await, b"abc");
    let pong = timeout(PATIENCE, framed.next()).await.expect("in time").expect("open").expect("right");
    assert_eq!(pong, Message::Pong("still there".into()));
    tab.is_silent().await;
}

#[tokio::test]
async fn a_text_frame_closes_that_device_and_no_other() {
    rule!("MQTT-6.0.0-1", "MQTT311-6.0.0-1", "B-27");
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let mut other = ws(&relay).await;
    let (bystander, _) = tab.opened().await;
    let mut framed = ws(&relay).await;
    let (conn, _) = tab.opened().await;
    framed.send(Message::text("hello")).await.expect("open");
    assert_eq!(tab.closed(conn).await, "a WebSocket text frame came; MQTT takes binary frames only");
    assert_eq!(close_code(&mut framed).await, 1003);
    other.send(Message::binary("on")).await.expect("open");
    assert_eq!(tab.data(bystander, 2).await, b"on");
}

#[tokio::test]
async fn a_tab_that_does_not_give_credit_gets_no_more_than_a_window() {
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let mut plain = tcp(&relay).await;
    let (conn, _) = tab.opened().await;
    let all = pattern(10_000_000, 1);
    let (copy, taken) = (all.clone(), std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let count = taken.clone();
    let device = tokio::spawn(async move {
        for part in copy.chunks(50_000) {
            plain.write_all(part).await.expect("open");
            count.fetch_add(part.len(), std::sync::atomic::Ordering::Relaxed);
        }
        plain
    });

    let mut got = Vec::new();
    while got.len() < WINDOW as usize {
        let Heard::Data(_, bytes) = tab.next().await else { panic!("data was due") };
        got.extend(bytes);
    }
    assert_eq!(got.len(), WINDOW as usize, "a window and no byte more");
    tab.is_silent().await;
    let before = taken.load(std::sync::atomic::Ordering::Relaxed);
    sleep(Duration::from_millis(50)).await;
    assert_eq!(taken.load(std::sync::atomic::Ordering::Relaxed), before, "the device is held back");
    assert!(before < all.len());

    tab.say(&[Record::Credit { conn, bytes: 3 }]).await;
    let Heard::Data(_, bytes) = tab.next().await else { panic!("data was due") };
    assert_eq!(bytes.len(), 3, "as much as the credit");
    got.extend(bytes);
    tab.say(&[Record::Credit { conn, bytes: WINDOW }]).await;
    got.extend(tab.data(conn, all.len() - got.len()).await);
    assert!(got == all, "whole and in order");
    drop(device.await.expect("the device is content"));
    tab.closed(conn).await;
}

#[tokio::test]
async fn a_slow_device_is_sent_no_more_than_a_window_ahead() {
    const ALL: usize = 10_000_000;
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let all = pattern(ALL, 7);
    for framed in [false, true] {
        let mut device = SlowDevice::connect(&relay, framed).await;
        let (conn, _) = tab.opened().await;
        let (mut ledger, mut sent) = (Ledger::new(), 0);
        // While the device does not read, credit comes to an end as soon as the system's own buffers are full.
        loop {
            let length = (ALL - sent).min(ledger.room(conn) as usize).min(30_000);
            if length > 0 {
                tab.say(&[Record::Data { conn, bytes: &all[sent..sent + length] }]).await;
                ledger.sent(conn, length as u32);
                sent += length;
                continue;
            }
            match timeout(Duration::from_millis(200), tab.next()).await {
                Ok(Heard::Credit(_, bytes)) => ledger.returned(conn, bytes),
                Ok(other) => panic!("credit was due, not {other:?}"),
                Err(_) => break,
            }
        }
        assert!(sent < ALL, "the system's buffers took all of it");
        assert_eq!(ledger.room(conn), 0);
        let reader = tokio::spawn(async move {
            let mut got = Vec::new();
            while got.len() < ALL {
                device.read(&mut got).await;
            }
            (got, device)
        });
        while sent < ALL || ledger.room(conn) < WINDOW {
            let length = (ALL - sent).min(ledger.room(conn) as usize);
            if length > 0 {
                tab.say(&[Record::Data { conn, bytes: &all[sent..sent + length] }]).await;
                ledger.sent(conn, length as u32);
                sent += length;
            }
            match tab.next().await {
                Heard::Credit(_, bytes) => ledger.returned(conn, bytes),
                other => panic!("credit was due, not {other:?}"),
            }
        }
        let (got, _device) = reader.await.expect("the device is content");
        assert!(got == all, "whole and in order");
        drop(_device);
        tab.closed(conn).await;
    }
}

/// A device for which the system keeps little, so that it is felt when it does not read.
enum SlowDevice {
    Tcp(TcpStream),
    Ws(Box<Socket>),
}

impl SlowDevice {
    async fn connect(relay: &relay::Running, framed: bool) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(16 * 1024).expect("it can be set");
        if !framed {
            return Self::Tcp(socket.connect(relay.tcp()).await.expect("the port is open"));
        }
        let stream = socket.connect(relay.ws()).await.expect("the port is open");
        let request = ws_request(relay, "/mqtt", "mqtt");
        let (socket, _) = client_async(request, MaybeTlsStream::Plain(stream)).await.expect("the relay takes a device");
        Self::Ws(Box::new(socket))
    }

    async fn read(&mut self, got: &mut Vec<u8>) {
        match self {
            Self::Tcp(socket) => {
                let length = timeout(PATIENCE, socket.read_buf(got)).await.expect("in time").expect("open");
                assert!(length > 0);
            }
            Self::Ws(socket) => match timeout(PATIENCE, socket.next()).await.expect("in time") {
                Some(Ok(Message::Binary(part))) => {
                    assert!(part.len() <= WINDOW as usize);
                    got.extend_from_slice(&part);
                }
                other => panic!("data was due, not {other:?}"),
            },
        }
    }
}

#[tokio::test]
async fn credit_for_little_comes_soon_and_not_for_each_packet() {
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let mut plain = tcp(&relay).await;
    let (conn, _) = tab.opened().await;
    let before = tab.batches;
    for _ in 0..200 {
        tab.say(&[Record::Data { conn, bytes: &[7; 64] }]).await;
    }
    read(&mut plain, 200 * 64).await;
    tab.credit(conn, 200 * 64).await;
    assert!(tab.batches - before < 100, "{} batches", tab.batches - before);
}

#[tokio::test]
async fn many_devices_interleave_without_a_byte_in_the_wrong_place() {
    const EACH: usize = 200_000;
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let (mut sockets, mut devices) = (Vec::new(), Vec::new());
    for n in 0..24_u32 {
        let (mut plain, mut framed) = (None, None);
        match n % 2 {
            0 => plain = Some(tcp(&relay).await),
            _ => framed = Some(ws(&relay).await),
        }
        let (conn, _) = tab.opened().await;
        sockets.push((conn, plain, framed));
    }
    for (conn, mut plain, mut framed) in sockets {
        devices.push(tokio::spawn(async move {
            let all = pattern(EACH, conn);
            let mut got = Vec::new();
            if let Some(socket) = &mut plain {
                let (mut from, mut to) = socket.split();
                let write = async { to.write_all(&all).await.expect("open") };
                let read = async {
                    got = vec![0; EACH];
                    from.read_exact(&mut got).await.expect("open");
                };
                tokio::join!(write, read);
            }
            if let Some(socket) = framed.take() {
                let (mut to, mut from) = socket.split();
                let write = async {
                    for part in all.chunks(1 + conn as usize * 997) {
                        to.send(Message::binary(part.to_vec())).await.expect("open");
                    }
                };
                let read = async {
                    while got.len() < EACH {
                        got.extend_from_slice(&from.next().await.expect("open").expect("right").into_data());
                    }
                };
                tokio::join!(write, read);
            }
            assert!(got == all, "device {conn}");
        }));
    }
    // The tab is an echo that keeps to the windows.
    let (mut ledger, mut waiting) = (Ledger::new(), std::collections::HashMap::<u32, Vec<u8>>::new());
    let mut open = devices.len();
    while open > 0 {
        match tab.next().await {
            Heard::Data(conn, bytes) => {
                tab.say(&[Record::Credit { conn, bytes: bytes.len() as u32 }]).await;
                waiting.entry(conn).or_default().extend(bytes);
            }
            Heard::Credit(conn, bytes) => ledger.returned(conn, bytes),
            Heard::Close(..) => open -= 1,
            other => panic!("data was due, not {other:?}"),
        }
        for (conn, bytes) in waiting.iter_mut().filter(|(_, bytes)| !bytes.is_empty()) {
            let length = bytes.len().min(ledger.room(*conn) as usize);
            if length > 0 {
                let part: Vec<u8> = bytes.drain(..length).collect();
                tab.say(&[Record::Data { conn: *conn, bytes: &part }]).await;
                ledger.sent(*conn, length as u32);
            }
        }
    }
    for device in devices {
        timeout(PATIENCE, device).await.expect("in time").expect("the device is content");
    }
}

#[tokio::test]
async fn a_tab_that_breaks_the_rules_loses_its_tunnel() {
    let relay = start();
    let overrun = |conn| {
        let mut batch = Vec::new();
        Record::Data { conn, bytes: &vec![0; WINDOW as usize + 1] }.write(&mut batch);
        batch
    };
    let credit = |conn| {
        let mut batch = Vec::new();
        Record::Credit { conn, bytes: 1 }.write(&mut batch);
        batch
    };
    let foreign = |_| {
        let mut batch = Vec::new();
        Record::Held.write(&mut batch);
        batch
    };
    type Wrong<'a> = &'a dyn Fn(u32) -> Vec<u8>;
    let wrong: [(Wrong<'_>, u16, &str); 5] = [
        (&overrun, 1008, "more than its window"),
        (&credit, 1008, "more than was outstanding"),
        (&foreign, 1008, "only the relay may send"),
        (&|_| vec![1, 2, 3], 1008, "the header is cut"),
        (&|_| vec![0; MAX_BATCH + 1], 1009, "longer than its limit"),
    ];
    for (batch, code, why) in wrong {
        let mut tab = Tab::hold(&relay).await;
        let mut plain = tcp(&relay).await;
        let (conn, _) = tab.opened().await;
        tab.socket.send(Message::binary(batch(conn))).await.expect("open");
        let (got, text) = tab.try_next().await.expect_err("the tunnel is closed").expect("with a reason");
        assert_eq!(got, code, "{text}");
        assert!(text.contains(why), "{text}");
        assert_eq!(read_all(&mut plain).await, b"", "its devices are closed cleanly");
    }
}
