//! Who holds the broker, and what becomes of devices when that changes.

mod common;

use std::time::{Duration, Instant};

use common::*;
use contract::tunnel::{PROTOCOL, Record};
use futures_util::SinkExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_second_tab_waits_or_takes_over() {
    let relay = start();
    let mut first = Tab::hold(&relay).await;
    let mut plain = tcp(&relay).await;
    let (conn, _) = first.opened().await;
    let mut framed = ws(&relay).await;
    first.opened().await;

    let mut second = Tab::open(&relay).await;
    second.claim(false).await;
    assert_eq!(second.next().await, Heard::Held);
    // Nothing has changed for the first, and the second has no say over its devices.
    second.say(&[Record::Data { conn, bytes: b"not yours" }, Record::Close { conn, why: "" }]).await;
    first.say(&[Record::Data { conn, bytes: b"mine" }]).await;
    assert_eq!(read(&mut plain, 4).await, b"mine");
    first.credit(conn, 4).await;

    second.claim(true).await;
    assert!(matches!(second.next().await, Heard::Welcome(_)));
    assert_eq!(first.next().await, Heard::Taken);
    assert_eq!(read_all(&mut plain).await, b"");
    assert_eq!(close_code(&mut framed).await, 1001);
    first.say(&[Record::Data { conn, bytes: b"late" }]).await;

    let mut plain = tcp(&relay).await;
    let (again, _) = second.opened().await;
    plain.write_all(b"hi").await.expect("open");
    assert_eq!(second.data(again, 2).await, b"hi");
    first.is_silent().await;

    // And back; the numbers of the first tunnel go on.
    first.claim(true).await;
    assert!(matches!(first.next().await, Heard::Welcome(_)));
    assert_eq!(second.next().await, Heard::Taken);
    let _plain = tcp(&relay).await;
    assert!(first.opened().await.0 > conn + 1, "no number comes twice");
}

#[tokio::test]
async fn a_tab_that_goes_closes_its_devices_and_one_that_comes_gets_new_ones() {
    let relay = start_with(|config| config.limits.grace = Duration::from_secs(3));
    let mut tab = Tab::hold(&relay).await;
    let mut waiting = Tab::open(&relay).await;
    waiting.claim(false).await;
    assert_eq!(waiting.next().await, Heard::Held);
    let mut plain = tcp(&relay).await;
    tab.opened().await;
    let mut framed = ws(&relay).await;
    tab.opened().await;
    drop(tab);
    assert_eq!(read_all(&mut plain).await, b"");
    assert_eq!(close_code(&mut framed).await, 1001);
    waiting.is_silent().await;

    // Devices that come back before the tab does are kept, unread.
    let mut plain = tcp(&relay).await;
    plain.write_all(b"early").await.expect("open");
    let request = ws_request(&relay, "/", "mqtt");
    let framed = tokio::spawn(async move { connect_async(request).await.expect("the relay waits for the tab") });
    sleep(Duration::from_millis(150)).await;
    waiting.claim(false).await;
    assert!(matches!(waiting.next().await, Heard::Welcome(_)));
    let mut conns = Vec::new();
    while conns.len() < 2 {
        match waiting.next().await {
            Heard::Open(conn, ..) => conns.push(conn),
            Heard::Data(conn, bytes) => assert_eq!((conns.contains(&conn), bytes.as_slice()), (true, &b"early"[..])),
            other => panic!("an opening was due, not {other:?}"),
        }
    }
    timeout(PATIENCE, framed).await.expect("in time").expect("connected");
}

#[tokio::test]
async fn without_a_tab_devices_are_turned_away_after_the_grace() {
    let relay = start();
    let begin = Instant::now();
    let mut plain = tcp(&relay).await;
    plain.write_all(b"what nobody reads must not reset the connection").await.expect("open");
    let (status, text) = refusal(ws_request(&relay, "/mqtt", "mqtt")).await;
    assert_eq!((status, text.as_str()), (503, "[3] No tab holds the broker. Open the page of this relay in a browser.\n"));
    assert_eq!(read_all(&mut plain).await, b"");
    assert!((Duration::from_millis(300)..Duration::from_millis(2000)).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_silent_tab_is_gone_and_one_that_answers_pings_stays() {
    let relay = start_with(|config| {
        config.limits.ping = Duration::from_millis(50);
        config.limits.silence = Duration::from_millis(400);
    });
    let mut tab = Tab::hold(&relay).await;
    let mut plain = tcp(&relay).await;
    let (conn, _) = tab.opened().await;
    // Reading answers the pings.
    if let Ok(heard) = timeout(Duration::from_millis(800), tab.try_next()).await {
        panic!("silence was right, not {heard:?}");
    }
    plain.write_all(b"here").await.expect("open");
    assert_eq!(tab.data(conn, 4).await, b"here");
    // Not reading does not.
    assert_eq!(read_all(&mut plain).await, b"");
    let (code, why) = tab.try_next().await.expect_err("it was given up").expect("with a reason");
    assert_eq!((code, why.as_str()), (1008, "the tab has not answered"));
}

#[tokio::test]
async fn another_protocol_is_told_so() {
    let relay = start();
    let mut tab = Tab::open(&relay).await;
    tab.say(&[Record::Claim { protocol: PROTOCOL + 1, take_over: true }]).await;
    assert_eq!(tab.next().await, Heard::OtherProtocol);
    assert!(tab.try_next().await.is_err(), "closed after it");
    Tab::hold(&relay).await;
}

#[tokio::test]
async fn there_are_only_so_many_devices_and_tunnels() {
    let relay = start_with(|config| {
        config.limits.devices = 2;
        config.limits.waiting_tunnels = 2;
    });
    let mut tab = Tab::hold(&relay).await;
    let _waiting = [Tab::open(&relay).await, Tab::open(&relay).await];
    let (status, text) = refusal(tunnel_request(&relay)).await;
    assert_eq!((status, text.as_str()), (503, "[10] Too many tabs wait for the broker already.\n"));

    let devices = [tcp(&relay).await, tcp(&relay).await];
    tab.opened().await;
    let (conn, _) = tab.opened().await;
    assert_eq!(read_all(&mut tcp(&relay).await).await, b"");
    let (status, text) = refusal(ws_request(&relay, "/mqtt", "mqtt")).await;
    assert_eq!((status, text.as_str()), (503, "[10] This relay has as many devices as it bears.\n"));
    drop(devices);
    tab.closed(conn - 1).await;
    tab.closed(conn).await;
    let _device = ws(&relay).await;
    tab.opened().await;
}

#[tokio::test]
async fn stopping_closes_everything_cleanly() {
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let mut plain = tcp(&relay).await;
    let (conn, _) = tab.opened().await;
    let mut framed = ws(&relay).await;
    tab.opened().await;
    tab.say(&[Record::Data { conn, bytes: b"last" }]).await;
    tab.credit(conn, 4).await;
    let stop = tokio::task::spawn_blocking(move || {
        let begin = Instant::now();
        relay.stop();
        begin.elapsed()
    });
    assert_eq!(read_all(&mut plain).await, b"last");
    drop(plain);
    assert_eq!(close_code(&mut framed).await, 1001);
    framed.close(None).await.ok();
    drop(framed);
    assert_eq!(tab.try_next().await.expect_err("closed").expect("with a reason"), (1001, "the relay stops".to_owned()));
    drop(tab);
    assert!(stop.await.expect("it stops") < Duration::from_secs(1));
}

#[tokio::test]
async fn a_tab_may_send_its_messages_in_parts() {
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    let mut plain = tcp(&relay).await;
    let (conn, _) = tab.opened().await;
    let mut batch = Vec::new();
    Record::Data { conn, bytes: b"in parts" }.write(&mut batch);
    for (n, byte) in batch.iter().enumerate() {
        let kind = if n == 0 { Data::Binary } else { Data::Continue };
        let mut frame = Frame::message(vec![*byte], OpCode::Data(kind), n + 1 == batch.len());
        frame.header_mut().mask = Some([1, 2, 3, 4]);
        tab.socket.send(Message::Frame(frame)).await.expect("open");
    }
    assert_eq!(read(&mut plain, 8).await, b"in parts");
}
