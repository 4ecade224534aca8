//! Measures the relay alone: a tab that hands the bytes of one device to another, and many devices that do nothing.
//!
//! `cargo run --release -p relay --example load` prints bytes a second through the relay both ways, round trips a second, and what
//! 5,000 idle devices of each kind cost.

use std::time::{Duration, Instant};

use contract::tunnel::{ConnNo, PROTOCOL, Record, records};
use futures_util::{SinkExt as _, StreamExt as _};
use relay::{Config, Relay, Running};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};
use tokio_tungstenite::{client_async_with_config, connect_async_with_config};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut config = Config::default();
    for address in [&mut config.http, &mut config.ws, &mut config.tcp] {
        address.set_port(0);
    }
    let _ = rlimit_for(20_000);
    let relay = Relay::start(config)?;
    tokio::spawn(tab(relay.page_url(), relay.http().to_string()));
    tokio::time::sleep(Duration::from_millis(100)).await;
    throughput(&relay).await?;
    round_trips(&relay).await?;
    idle(&relay).await
}

fn rlimit_for(files: u64) -> std::io::Result<u64> {
    rlimit::increase_nofile_limit(files)
}

/// A tab that pairs devices as they come: what one says the other hears.
async fn tab(page: String, host: String) -> Result<(), Failure> {
    let mut request = format!("ws://{host}/tunnel").into_client_request()?;
    request.headers_mut().insert("origin", page.parse()?);
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let (mut socket, _) = connect_async_with_config(request, Some(config), true).await?;
    let mut out = Vec::new();
    Record::Claim { protocol: PROTOCOL, take_over: false }.write(&mut out);
    let other = |conn: ConnNo| if conn % 2 == 1 { conn + 1 } else { conn - 1 };
    loop {
        if !out.is_empty() {
            socket.send(Message::binary(std::mem::take(&mut out))).await?;
        }
        let Some(Ok(message)) = socket.next().await else { return Ok(()) };
        let Message::Binary(batch) = message else { continue };
        for record in records(&batch) {
            match record.map_err(|bad| bad.to_string())? {
                Record::Data { conn, bytes } => Record::Data { conn: other(conn), bytes }.write(&mut out),
                // The window of the one who listens is the window of the one who speaks.
                Record::Credit { conn, bytes } => Record::Credit { conn: other(conn), bytes }.write(&mut out),
                _ => (),
            }
        }
    }
}

async fn pair(relay: &Running) -> Result<(TcpStream, TcpStream), Failure> {
    let one = TcpStream::connect(relay.tcp()).await?;
    let two = TcpStream::connect(relay.tcp()).await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    one.set_nodelay(true)?;
    Ok((one, two))
}

async fn throughput(relay: &Running) -> Result<(), Failure> {
    const ALL: usize = 2_000_000_000;
    let (mut one, mut two) = pair(relay).await?;
    let begin = Instant::now();
    let writer = tokio::spawn(async move {
        let part = vec![7; 64 * 1024];
        for _ in 0..ALL / part.len() {
            one.write_all(&part).await?;
        }
        Ok::<_, std::io::Error>(one)
    });
    let (mut part, mut got) = (vec![0; 256 * 1024], 0);
    while got < ALL / (64 * 1024) * (64 * 1024) {
        got += two.read(&mut part).await?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "device to tab to device: {:.0} MB/s, as messages of 66 bytes {:.1} million/s",
        got as f64 / seconds / 1e6,
        got as f64 / seconds / 66e6
    );
    writer.await??;
    Ok(())
}

async fn round_trips(relay: &Running) -> Result<(), Failure> {
    let (mut one, mut two) = pair(relay).await?;
    let echo = tokio::spawn(async move {
        let mut part = [0; 66];
        while two.read_exact(&mut part).await.is_ok() && two.write_all(&part).await.is_ok() {}
    });
    let (begin, mut part) = (Instant::now(), [0; 66]);
    const TIMES: u32 = 20_000;
    for _ in 0..TIMES {
        one.write_all(&part).await?;
        one.read_exact(&mut part).await?;
    }
    println!("round trip of 66 bytes, twice through relay and tab: {:?}", begin.elapsed() / TIMES);
    echo.abort();
    Ok(())
}

async fn idle(relay: &Running) -> Result<(), Failure> {
    const MANY: usize = 4_900;
    let before = resident();
    let mut plain = Vec::new();
    for _ in 0..MANY {
        plain.push(TcpStream::connect(relay.tcp()).await?);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let with_plain = resident();
    println!("an idle TCP device: {} bytes, with the measuring end", with_plain.saturating_sub(before) / MANY);
    let mut framed = Vec::new();
    for _ in 0..MANY {
        let stream = TcpStream::connect(relay.ws()).await?;
        let mut request = relay.ws_url().into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "mqtt".parse()?);
        let config = WebSocketConfig::default().read_buffer_size(0);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        // What the measuring end keeps besides its socket is not the relay's.
        framed.push(socket.into_inner());
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    println!("an idle WebSocket device: {} bytes, with the measuring end", resident().saturating_sub(with_plain) / MANY);
    Ok(())
}

/// Resident bytes of this process.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<usize>().ok()).unwrap_or(0) * 1024
}
