//! How a simulated client proves its password without sending it, and has the broker prove itself.

use alloc::format;
use alloc::vec::Vec;

use broker::Instant;
use broker::access::scram::METHOD;
use broker::access::scram::client::{ScramClient, Waiting};
use mqtt::{Auth, Binary, Properties, PropertiesBuf, Property, ReasonCode, Text};

use super::{Client, Output};

/// Where a client stands in an exchange of SCRAM-SHA-256.
#[derive(Clone, Debug, Default)]
pub(super) enum Proving {
    #[default]
    Not,
    /// CONNECT had its first message.
    First(ScramClient),
    /// AUTH had its last message.
    Last(Waiting),
}

impl Client {
    /// Puts method and first message into a CONNECT.
    pub(super) fn begin_proof(&mut self, now: Instant, properties: &mut PropertiesBuf) {
        let (user, password) = (self.spec.user_name.as_deref().unwrap_or_default(), self.spec.password.as_deref().unwrap_or_default());
        // No two connections of a client begin at one instant. Whoever listens could foretell it, but in the world of the lab nobody
        // does, and a run must be the same each time.
        let nonce = format!("sim{:x}x{}", now.micros(), self.losses);
        let Ok((client, first)) = ScramClient::first(user, password.as_bytes(), &nonce) else { return };
        push(&first, properties);
        self.proving = Proving::First(client);
    }

    /// A challenge of the broker, or what ends an exchange on a connection that runs, which this client never begins.
    pub(super) fn on_auth(&mut self, now: Instant, auth: &Auth<'_>, out: &mut Vec<Output>) {
        let proving = core::mem::take(&mut self.proving);
        let (Proving::First(client), ReasonCode::ContinueAuthentication) = (proving, auth.reason) else {
            return out.push(Output::Close);
        };
        // A broker that challenges in a wrong way is not the one that the client shares a password with.
        let Ok((waiting, last)) = client.last(data_of(auth.properties)) else { return out.push(Output::Close) };
        self.proving = Proving::Last(waiting);
        let mut properties = PropertiesBuf::new();
        push(&last, &mut properties);
        let mut bytes = Vec::new();
        let answer = Auth { reason: ReasonCode::ContinueAuthentication, properties: properties.as_properties() };
        answer.encode(self.version, &mut bytes);
        self.send(now, bytes, out);
    }

    /// CONNACK must prove that the broker knows what is kept of the password.
    pub(super) fn broker_is_proved(&mut self, properties: Properties<'_>) -> bool {
        match core::mem::take(&mut self.proving) {
            Proving::Not => true,
            Proving::First(_) => false,
            Proving::Last(waiting) => waiting.verify(data_of(properties)).is_ok(),
        }
    }
}

fn push(data: &[u8], properties: &mut PropertiesBuf) {
    // Some hundred bytes are far from what properties may have.
    let _ = properties.push(Property::AuthenticationMethod(Text::clipped(METHOD)));
    let _ = properties.push(Property::AuthenticationData(Binary::new(data).unwrap_or(Binary::EMPTY)));
}

fn data_of(properties: Properties<'_>) -> &[u8] {
    match properties.authentication_data() {
        Some(data) => data.as_bytes(),
        None => &[],
    }
}
