//! The socket to one tab: batches out of its outbox, batches into the hub, pings.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut as _, Bytes};
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep, interval_at, sleep, timeout};

use crate::config::{TUNNEL_MESSAGE, TUNNEL_READ};
use crate::frames::{self, Reader, Step, code};
use crate::hub::Hub;
use crate::outbox::Outbox;

/// Serves a tunnel until it is gone. `early` are bytes that came behind the handshake.
pub(crate) async fn run(hub: Rc<Hub>, stream: TcpStream, early: Bytes) {
    let outbox = Rc::new(Outbox::new());
    hub.join(&outbox);
    let mut tunnel = Tunnel::new(hub.clone(), outbox.clone(), stream);
    tunnel.input.extend_from_slice(&early);
    drop(early);
    let end = match tunnel.take_input(0) {
        Err(end) => end,
        Ok(()) => poll_fn(|cx| tunnel.poll(cx)).await,
    };
    hub.part(&outbox);
    if let End::Say(code, why) = end {
        let _ = timeout(hub.limits().linger, tunnel.goodbye(code, &why)).await;
    }
}

struct Tunnel {
    hub: Rc<Hub>,
    outbox: Rc<Outbox>,
    stream: TcpStream,
    reader: Reader,
    /// A message that is coming in, as far as it is there.
    input: Vec<u8>,
    /// A message that is going out, and how much of it is gone.
    sending: Vec<u8>,
    sent: usize,
    /// Control frames to send before the next message.
    control: Vec<u8>,
    heard: Instant,
    ping: Interval,
    credit: Option<Pin<Box<Sleep>>>,
}

/// Why a tunnel ends.
enum End {
    /// With a close frame.
    Say(u16, String),
    /// The socket is of no use any more.
    Broken,
}

impl Tunnel {
    fn new(hub: Rc<Hub>, outbox: Rc<Outbox>, stream: TcpStream) -> Self {
        let every = hub.limits().ping.max(Duration::from_millis(1));
        let mut ping = interval_at(Instant::now() + every, every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            hub,
            outbox,
            stream,
            reader: Reader::new(TUNNEL_MESSAGE),
            input: Vec::new(),
            sending: Vec::new(),
            sent: 0,
            control: Vec::new(),
            heard: Instant::now(),
            ping,
            credit: None,
        }
    }

    /// One turn: what waits goes out, one read comes in. More than one would keep the devices waiting.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.outbox.set_tunnel(cx.waker());
        while self.ping.poll_tick(cx).is_ready() {
            if self.heard.elapsed() > self.hub.limits().silence {
                return Poll::Ready(End::Say(code::POLICY, "the tab has not answered".to_owned()));
            }
            frames::ping(&mut self.control);
        }
        if self.poll_write(cx).is_err() {
            return Poll::Ready(End::Broken);
        }
        if let Some((code, why)) = self.outbox.take_end() {
            return Poll::Ready(End::Say(code, why));
        }
        match self.poll_read(cx) {
            Poll::Ready(Ok(())) => cx.waker().wake_by_ref(),
            Poll::Ready(Err(end)) => return Poll::Ready(end),
            Poll::Pending => (),
        }
        self.poll_credit(cx);
        Poll::Pending
    }

    /// Sends all that waits as far as the socket takes it.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), ()> {
        loop {
            if self.sent >= self.sending.len() && !self.refill() {
                return Ok(());
            }
            let rest = self.sending.get(self.sent..).unwrap_or_default();
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Ready(Ok(0) | Err(_)) => return Err(()),
                Poll::Ready(Ok(sent)) => self.sent += sent,
                Poll::Pending => return Ok(()),
            }
        }
    }

    /// The next thing to send, if there is one.
    fn refill(&mut self) -> bool {
        if !self.control.is_empty() {
            self.sending.clear();
            self.sending.append(&mut self.control);
            self.sent = 0;
            return true;
        }
        if !self.outbox.is_urgent() {
            return false;
        }
        self.credit = None;
        match self.outbox.take(&mut self.sending) {
            Some(begin) => {
                self.sent = begin;
                true
            }
            None => {
                self.sent = self.sending.len();
                false
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let begin = self.input.len();
        self.input.reserve(TUNNEL_READ);
        let mut room = (&mut self.input).limit(TUNNEL_READ);
        match std::task::ready!(pin!(self.stream.read_buf(&mut room)).poll(cx)) {
            Ok(0) | Err(_) => Poll::Ready(Err(End::Broken)),
            Ok(_) => {
                self.heard = Instant::now();
                Poll::Ready(self.take_input(begin))
            }
        }
    }

    /// Reads the frames that begin at `begin`; before it stands the payload of a message that is not complete.
    fn take_input(&mut self, begin: usize) -> Result<(), End> {
        let (mut at, mut to) = (begin, begin);
        loop {
            match self.reader.step(&mut self.input, &mut at, &mut to) {
                Ok(Step::More) => break,
                Ok(Step::MessageEnd) => {
                    let message = self.input.get(..to).unwrap_or_default();
                    self.hub.take_batch(&self.outbox, message).map_err(|why| End::Say(code::POLICY, why))?;
                    to = 0;
                }
                Ok(Step::Ping(payload)) => {
                    self.control.clear();
                    frames::pong(&payload, &mut self.control);
                }
                Ok(Step::Pong) => (),
                Ok(Step::Close(code)) => return Err(End::Say(code, String::new())),
                Err(fault) => return Err(End::Say(fault.code(), fault.why().to_owned())),
            }
        }
        self.input.truncate(to);
        // A long message is rare, and so is a tab's second; what it needed is not kept.
        if to == 0 && self.input.capacity() > 4 * TUNNEL_READ {
            self.input = Vec::new();
        }
        Ok(())
    }

    /// Little credit waits for a batch to ride with, but not for ever.
    fn poll_credit(&mut self, cx: &mut Context<'_>) {
        if self.credit.is_none() && self.outbox.has_credit() {
            self.credit = Some(Box::pin(sleep(self.hub.limits().credit_delay)));
        }
        if let Some(credit) = &mut self.credit
            && credit.as_mut().poll(cx).is_ready()
        {
            self.credit = None;
            self.outbox.hurry();
        }
    }

    /// Sends what is begun, what waits and a close frame, then waits for the tab to close its half.
    async fn goodbye(&mut self, code: u16, why: &str) -> std::io::Result<()> {
        self.stream.write_all(self.sending.get(self.sent..).unwrap_or_default()).await?;
        if let Some(begin) = self.outbox.take(&mut self.sending) {
            self.stream.write_all(self.sending.get(begin..).unwrap_or_default()).await?;
        }
        let mut close = Vec::new();
        frames::close(code, why, &mut close);
        self.stream.write_all(&close).await?;
        self.stream.shutdown().await?;
        let mut unread = [0; 1024];
        while self.stream.read(&mut unread).await? > 0 {}
        Ok(())
    }
}
