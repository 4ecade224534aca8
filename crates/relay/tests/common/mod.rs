//! A relay in this process, a tab that speaks tunnel records, and devices that are no more than sockets.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use contract::tunnel::{ConnNo, PROTOCOL, Record, Transport, WINDOW, records};
use futures_util::{SinkExt as _, StreamExt as _};
use relay::{Config, Relay, Running};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Longer than anything that a test waits for on purpose.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A relay on free ports, with short times.
pub(crate) fn start() -> Running {
    start_with(|_| ())
}

pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Running {
    let mut config = Config::default();
    for address in [&mut config.http, &mut config.ws, &mut config.tcp] {
        address.set_port(0);
    }
    config.limits.grace = Duration::from_millis(300);
    config.limits.compress = false;
    change(&mut config);
    Relay::start(config).expect("free ports are free")
}

/// What a tab hears, owned.
#[derive(PartialEq, Eq)]
pub(crate) enum Heard {
    Welcome(String),
    Held,
    Taken,
    OtherProtocol,
    Open(ConnNo, Transport, String),
    Data(ConnNo, Vec<u8>),
    Credit(ConnNo, u32),
    Close(ConnNo, String),
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Heard::Welcome(listens) => write!(f, "Welcome {listens:?}"),
            Heard::Held => write!(f, "Held"),
            Heard::Taken => write!(f, "Taken"),
            Heard::OtherProtocol => write!(f, "OtherProtocol"),
            Heard::Open(conn, transport, peer) => write!(f, "Open {conn} {transport:?} {peer}"),
            Heard::Data(conn, bytes) => {
                write!(f, "Data {conn}, {} bytes: {}", bytes.len(), bytes.get(..50).unwrap_or(bytes).escape_ascii())
            }
            Heard::Credit(conn, bytes) => write!(f, "Credit {conn} {bytes}"),
            Heard::Close(conn, why) => write!(f, "Close {conn} {why:?}"),
        }
    }
}

/// A tab: its tunnel, and what has come through it and was not asked for yet.
pub(crate) struct Tab {
    pub(crate) socket: Socket,
    pub(crate) heard: VecDeque<Heard>,
    /// Batches that have come.
    pub(crate) batches: usize,
}

pub(crate) fn tunnel_request(relay: &Running) -> Request {
    let mut request = format!("ws://{}/tunnel", relay.http()).into_client_request().expect("an address");
    request.headers_mut().insert("origin", relay.page_url().parse().expect("a value"));
    request
}

impl Tab {
    pub(crate) async fn open(relay: &Running) -> Tab {
        let (socket, _) = connect_async(tunnel_request(relay)).await.expect("the relay takes a tunnel of its own page");
        Tab { socket, heard: VecDeque::new(), batches: 0 }
    }

    /// Opens and holds the broker.
    pub(crate) async fn hold(relay: &Running) -> Tab {
        let mut tab = Tab::open(relay).await;
        tab.claim(false).await;
        let Heard::Welcome(listens) = tab.next().await else { panic!("a welcome comes first") };
        assert_eq!(listens, format!("ws {}\ntcp {}", relay.ws_url(), relay.tcp_text()));
        tab
    }

    pub(crate) async fn claim(&mut self, take_over: bool) {
        self.say(&[Record::Claim { protocol: PROTOCOL, take_over }]).await;
    }

    pub(crate) async fn say(&mut self, records: &[Record<'_>]) {
        let mut batch = Vec::new();
        records.iter().for_each(|record| record.write(&mut batch));
        timeout(PATIENCE, self.socket.send(Message::binary(batch))).await.expect("in time").expect("the tunnel is open");
    }

    /// The next thing that comes, or how the tunnel ended.
    pub(crate) async fn try_next(&mut self) -> Result<Heard, Option<(u16, String)>> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(heard);
            }
            match timeout(PATIENCE, self.socket.next()).await.expect("something comes in time") {
                Some(Ok(Message::Binary(batch))) => {
                    self.batches += 1;
                    self.heard.extend(records(&batch).map(|record| own(&record.expect("the relay writes no wrong batch"))));
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| (frame.code.into(), frame.reason.to_string()))),
                Some(Ok(_)) => (),
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Heard {
        self.try_next().await.expect("the tunnel is open")
    }

    /// Nothing is said for a while.
    pub(crate) async fn is_silent(&mut self) {
        if let Ok(heard) = timeout(Duration::from_millis(100), self.try_next()).await {
            panic!("silence was right, not {heard:?}");
        }
    }

    pub(crate) async fn opened(&mut self) -> (ConnNo, Transport) {
        match self.next().await {
            Heard::Open(conn, transport, peer) => {
                assert!(peer.starts_with("127.0.0.1:"), "{peer}");
                (conn, transport)
            }
            other => panic!("an opening was due, not {other:?}"),
        }
    }

    pub(crate) async fn closed(&mut self, conn: ConnNo) -> String {
        match self.next().await {
            Heard::Close(which, why) if which == conn => why,
            other => panic!("the closing of {conn} was due, not {other:?}"),
        }
    }

    /// Collects so many bytes of one connection and gives the credit back. Nothing else may come meanwhile but credit.
    pub(crate) async fn data(&mut self, conn: ConnNo, length: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < length {
            match self.next().await {
                Heard::Data(which, bytes) if which == conn => {
                    self.say(&[Record::Credit { conn, bytes: bytes.len() as u32 }]).await;
                    all.extend(bytes);
                }
                Heard::Credit(..) => (),
                other => panic!("data of {conn} was due, not {other:?}"),
            }
        }
        all
    }

    /// Collects credit until it is so much.
    pub(crate) async fn credit(&mut self, conn: ConnNo, length: u32) {
        let mut all = 0;
        while all < length {
            match self.next().await {
                Heard::Credit(which, bytes) if which == conn => all += bytes,
                other => panic!("credit for {conn} was due, not {other:?}"),
            }
        }
        assert_eq!(all, length, "no more credit than was used");
    }
}

fn own(record: &Record<'_>) -> Heard {
    match *record {
        Record::Welcome { build, listens } => {
            assert_eq!(build, contract::BUILD);
            Heard::Welcome(listens.to_owned())
        }
        Record::Held => Heard::Held,
        Record::Taken => Heard::Taken,
        Record::OtherProtocol { .. } => Heard::OtherProtocol,
        Record::Open { conn, transport, peer } => Heard::Open(conn, transport, peer.to_owned()),
        Record::Data { conn, bytes } => {
            assert!(!bytes.is_empty(), "data has at least one byte");
            Heard::Data(conn, bytes.to_vec())
        }
        Record::Credit { conn, bytes } => Heard::Credit(conn, bytes),
        Record::Close { conn, why } => {
            assert!(why.len() <= 200);
            Heard::Close(conn, why.to_owned())
        }
        Record::Claim { .. } => panic!("only a tab claims"),
    }
}

/// A tab that keeps the rules of credit by itself and sends back what it gets; it counts what is outstanding.
pub(crate) struct Ledger {
    outstanding: HashMap<ConnNo, u32>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { outstanding: HashMap::new() }
    }

    pub(crate) fn room(&self, conn: ConnNo) -> u32 {
        WINDOW - self.outstanding.get(&conn).copied().unwrap_or(0)
    }

    pub(crate) fn sent(&mut self, conn: ConnNo, bytes: u32) {
        let outstanding = self.outstanding.entry(conn).or_default();
        *outstanding += bytes;
        assert!(*outstanding <= WINDOW);
    }

    pub(crate) fn returned(&mut self, conn: ConnNo, bytes: u32) {
        let outstanding = self.outstanding.entry(conn).or_default();
        *outstanding = outstanding.checked_sub(bytes).expect("no more credit than was used");
    }
}

pub(crate) async fn tcp(relay: &Running) -> TcpStream {
    TcpStream::connect(relay.tcp()).await.expect("the port is open")
}

pub(crate) fn ws_request(relay: &Running, path: &str, protocols: &str) -> Request {
    let mut request = format!("ws://{}{path}", relay.ws()).into_client_request().expect("an address");
    if !protocols.is_empty() {
        request.headers_mut().insert("sec-websocket-protocol", protocols.parse().expect("a value"));
    }
    request
}

pub(crate) async fn ws(relay: &Running) -> Socket {
    connect_async(ws_request(relay, "/mqtt", "mqtt")).await.expect("the relay takes a device").0
}

/// The status and the body with which an upgrade was refused.
pub(crate) async fn refusal(request: Request) -> (u16, String) {
    match connect_async(request).await {
        Err(Error::Http(answer)) => {
            let retry = answer.headers().get("retry-after").map_or(String::new(), |after| format!("[{}] ", after.to_str().expect("text")));
            (answer.status().as_u16(), retry + &String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default()))
        }
        other => panic!("a refusal was due, not {other:?}"),
    }
}

/// Reads so many bytes.
pub(crate) async fn read(socket: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    timeout(PATIENCE, socket.read_exact(&mut bytes)).await.expect("in time").expect("the connection is open");
    bytes
}

/// Reads to the end, which must be a clean one.
pub(crate) async fn read_all(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("in time").expect("closed, not reset");
    bytes
}

/// The close code that a WebSocket gets next.
pub(crate) async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        match timeout(PATIENCE, socket.next()).await.expect("in time") {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(Message::Close(None))) => return 1005,
            Some(Ok(_)) => (),
            other => panic!("a close frame was due, not {other:?}"),
        }
    }
}

/// Sends a plain HTTP request with these header lines; returns head, in small letters, and body.
pub(crate) async fn http(address: std::net::SocketAddr, line: &str, headers: &[&str]) -> (String, Vec<u8>) {
    let mut socket = TcpStream::connect(address).await.expect("the port is open");
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.expect("it takes a request");
    let all = read_all(&mut socket).await;
    let end = all.windows(4).position(|window| window == b"\r\n\r\n").expect("there is a head");
    (String::from_utf8_lossy(&all[..end]).to_ascii_lowercase(), all[end + 4..].to_vec())
}

/// Bytes that tell when one is missing or in the wrong place.
pub(crate) fn pattern(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}
