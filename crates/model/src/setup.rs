//! What is searched: which clients, which versions, how much of everything.

use broker::Config;
use mqtt::{QoS, Version};

/// One search.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Of all clients.
    pub version: Version,
    /// Of all messages.
    pub qos: QoS,
    /// Who is there.
    pub shape: Shape,
    /// Messages that are published.
    pub messages: u8,
    /// Packet Identifiers that a client uses: 1 to this.
    pub ids: u16,
    /// Messages that may be unacknowledged, either way. In 5.0 it is the Receive Maximum of both sides.
    pub window: u16,
    /// A client that comes back takes one message less at a time than before; 5.0 only.
    pub shrinks: bool,
    /// How often each client may lose its connection; `None`: any number of times.
    pub cuts: Option<u8>,
    /// Connections of one client that it has left and the broker still believes in, at most.
    pub orphans: usize,
    /// The clients are the lab's simulated ones, not the smallest possible.
    pub simulated: bool,
    /// What the clients do wrong; the smallest ones can.
    pub flaw: Flaw,
}

/// Who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Client → broker: a publisher whose connections are cut, and a subscriber that gets at QoS 0 what the broker passes on.
    In,
    /// Broker → client: a publisher that is never cut, and a subscriber whose connections are cut.
    Out,
    /// Both ways on one connection: a client that subscribes to what it publishes.
    Echo,
    /// The whole way: publisher and subscriber, both cut.
    Chain,
}

/// What a client, or the wire, does wrong, to see that the search finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// It forgets with a connection which QoS 2 messages it has received.
    ForgetsReceived,
    /// It forgets with a connection that PUBREC came, and sends PUBLISH again.
    ForgetsReleased,
    /// It sends nothing again.
    NeverResends,
    /// It sends again in the wrong order.
    ResendsBackwards,
    /// It uses a Packet Identifier that is in flight for another message.
    ReusesIds,
    /// It answers its own PUBREL as if PUBREC had come once more, without end.
    RepeatsItself,
    /// It asks for a new session whenever it comes back.
    BeginsAnew,
    /// It tells a Receive Maximum that is one too large for it.
    TakesTooMuch,
    /// The wire doubles what the broker publishes.
    WireDoubles,
    /// The wire takes DUP away from what the broker publishes.
    WireHidesDup,
}

impl Setup {
    /// Two messages, two Packet Identifiers, any number of cuts, one connection left behind.
    pub const fn new(shape: Shape, version: Version, qos: QoS) -> Setup {
        Setup {
            version,
            qos,
            shape,
            messages: 2,
            ids: 2,
            window: 2,
            shrinks: false,
            cuts: None,
            orphans: 1,
            simulated: false,
            flaw: Flaw::None,
        }
    }

    /// The broker's config: its bounds are the search's.
    pub fn config(&self) -> Config {
        Config { max_in_flight: self.told(false), receive_maximum: self.window, topic_alias_maximum: 0, ..Config::default() }
    }

    /// Messages that a client takes at a time, at first or when it has come back.
    pub fn taken(&self, again: bool) -> u16 {
        self.window - u16::from(self.shrinks && again)
    }

    /// The Receive Maximum that it tells.
    pub fn told(&self, again: bool) -> u16 {
        self.taken(again) + u16::from(self.flaw == Flaw::TakesTooMuch)
    }

    /// Number of clients.
    pub const fn clients(&self) -> usize {
        if matches!(self.shape, Shape::Echo) { 1 } else { 2 }
    }

    /// The client that publishes is the first, the one that receives the last.
    pub const fn receiver(&self) -> usize {
        self.clients() - 1
    }

    /// Nothing happens to the connection of this client, and all its packets arrive at once.
    pub fn is_steady(&self, client: usize) -> bool {
        matches!((self.shape, client), (Shape::In, 1) | (Shape::Out, 0))
    }

    /// QoS of the subscription.
    pub fn granted(&self) -> QoS {
        if self.shape == Shape::In { QoS::AtMostOnce } else { self.qos }
    }
}
