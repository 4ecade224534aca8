//! CONNECT.

use alloc::vec::Vec;

use crate::fault::{Fault, Malformed};
use crate::packet::check_flags;
use crate::read::Reader;
use crate::{Binary, Frame, Place, Properties, QoS, Text, Version, write};

/// A client asks to be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connect<'a> {
    /// The version that it speaks.
    pub version: Version,
    /// Client Identifier; empty: the server is to find one.
    pub client_id: Text<'a>,
    /// Clean Start; Clean Session before 5.0.
    pub clean_start: bool,
    /// Keep Alive in seconds; 0: off.
    pub keep_alive: u16,
    /// User Name.
    pub username: Option<Text<'a>>,
    /// Password. Before 5.0 only together with a user name: without one it is not encoded there [3.1.1: MQTT-3.1.2-22].
    pub password: Option<Binary<'a>>,
    /// What the server publishes when the connection ends badly.
    pub will: Option<Will<'a>>,
    /// Empty before 5.0.
    pub properties: Properties<'a>,
}

/// A message that the server publishes for a client that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Will<'a> {
    /// Will Topic, still unjudged: see [`crate::TopicName::parse`].
    pub topic: Text<'a>,
    /// Will Payload.
    pub payload: Binary<'a>,
    /// Will QoS.
    pub qos: QoS,
    /// Will Retain.
    pub retain: bool,
    /// Will Properties; empty before 5.0.
    pub properties: Properties<'a>,
}

const RESERVED: u8 = 0x01;
const CLEAN_START: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS: u8 = 0x18;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

impl<'a> Connect<'a> {
    /// From a frame whose type is CONNECT.
    pub fn decode(frame: Frame<'a>) -> Result<Connect<'a>, Malformed> {
        check_flags(frame, Version::V5)?;
        let mut reader = frame.reader(Version::V5);
        let version = protocol(&mut reader)?;
        reader.set_version(version);
        let flags = flags(&mut reader)?;
        let keep_alive = reader.u16("Keep Alive")?;
        let properties = Properties::read(&mut reader, Place::Connect)?;
        // Payload, in this order [MQTT-3.1.3-1; MQTT-3.1.3-3, MQTT-3.1.3-4].
        let client_id = reader.text("Client Identifier")?;
        let will = if flags & WILL != 0 { Some(Will::read(&mut reader, flags)?) } else { None };
        // A 3.1 client may set the flags and leave the fields out, if it ends there: Remaining Length takes precedence in 3.1.
        let left_out = |reader: &Reader<'_>| version == Version::V31 && reader.is_empty();
        // [MQTT-3.1.2-16, MQTT-3.1.2-17, MQTT-3.1.3-12]
        let username = if flags & USER_NAME != 0 && !left_out(&reader) { Some(reader.text("User Name")?) } else { None };
        // [MQTT-3.1.2-18, MQTT-3.1.2-19]
        let password = if flags & PASSWORD != 0 && !left_out(&reader) { Some(reader.binary("Password")?) } else { None };
        reader.end()?;
        let clean_start = flags & CLEAN_START != 0;
        Ok(Connect { version, client_id, clean_start, keep_alive, username, password, will, properties })
    }

    /// Appends the packet in its own version; the argument is there to be like the others.
    pub fn encode(&self, _version: Version, out: &mut Vec<u8>) {
        let version = self.version;
        if !write::put_header(out, 0x10, self.remaining(version)) {
            return;
        }
        write::put_counted(out, version.protocol_name().as_bytes());
        out.push(version.level());
        out.push(self.flags());
        write::put_u16(out, self.keep_alive);
        write::put_properties(out, &self.properties, version);
        write::put_counted(out, self.client_id.as_bytes());
        if let Some(will) = &self.will {
            write::put_properties(out, &will.properties, version);
            write::put_counted(out, will.topic.as_bytes());
            write::put_counted(out, will.payload.as_bytes());
        }
        if let Some(username) = self.username {
            write::put_counted(out, username.as_bytes());
        }
        if let Some(password) = self.sent_password() {
            write::put_counted(out, password.as_bytes());
        }
    }

    /// Bytes of the whole packet as it would be encoded.
    pub fn encoded_len(&self) -> usize {
        write::whole(self.remaining(self.version))
    }

    pub(crate) fn remaining(&self, _version: Version) -> usize {
        let version = self.version;
        let will = self.will.map_or(0, |will| {
            write::properties_len(&will.properties, version)
                .saturating_add(write::counted_len(will.topic.as_bytes()))
                .saturating_add(write::counted_len(will.payload.as_bytes()))
        });
        write::counted_len(version.protocol_name().as_bytes())
            .saturating_add(4)
            .saturating_add(write::properties_len(&self.properties, version))
            .saturating_add(write::counted_len(self.client_id.as_bytes()))
            .saturating_add(will)
            .saturating_add(self.username.map_or(0, |name| write::counted_len(name.as_bytes())))
            .saturating_add(self.sent_password().map_or(0, |password| write::counted_len(password.as_bytes())))
    }

    fn sent_password(&self) -> Option<Binary<'a>> {
        self.password.filter(|_| self.version.is_v5() || self.username.is_some())
    }

    fn flags(&self) -> u8 {
        let will = self.will.map_or(0, |will| WILL | (will.qos as u8) << 3 | if will.retain { WILL_RETAIN } else { 0 });
        will | if self.clean_start { CLEAN_START } else { 0 }
            | if self.username.is_some() { USER_NAME } else { 0 }
            | if self.sent_password().is_some() { PASSWORD } else { 0 }
    }
}

impl<'a> Will<'a> {
    // [MQTT-3.1.2-9, MQTT-3.1.3-11]
    fn read(reader: &mut Reader<'a>, flags: u8) -> Result<Will<'a>, Malformed> {
        let properties = Properties::read(reader, Place::Will)?;
        let topic = reader.text("Will Topic")?;
        let payload = reader.binary("Will Payload")?;
        let qos = QoS::from_bits(flags >> 3).ok_or_else(|| reader.fault(Fault::WillQos3))?;
        Ok(Will { topic, payload, qos, retain: flags & WILL_RETAIN != 0, properties })
    }
}

/// Protocol name and level.
fn protocol(reader: &mut Reader<'_>) -> Result<Version, Malformed> {
    let at = reader.at();
    // Not read as a text: whatever stands here instead of the name is the wrong protocol, not a wrong text.
    let name = reader.binary("Protocol Name")?;
    // [MQTT-3.1.2-1]
    if !matches!(name.as_bytes(), b"MQTT" | b"MQIsdp") {
        return Err(reader.fault_at(at, Fault::ProtocolName));
    }
    let at = reader.at();
    let level = reader.u8("protocol level")?;
    // [MQTT-3.1.2-2]
    Version::ALL
        .into_iter()
        .find(|version| version.level() == level && version.protocol_name().as_bytes() == name.as_bytes())
        .ok_or_else(|| reader.fault_at(at, Fault::ProtocolLevel(level)))
}

/// Connect Flags. 3.1 calls bit 0 unused and gives Will QoS and Will Retain no meaning without a will, so it takes them as they are.
fn flags(reader: &mut Reader<'_>) -> Result<u8, Malformed> {
    let at = reader.at();
    let flags = reader.u8("Connect Flags")?;
    let fault = |fault| Err(reader.fault_at(at, fault));
    let strict = reader.version() != Version::V31;
    // [MQTT-3.1.2-3]
    if strict && flags & RESERVED != 0 {
        return fault(Fault::ConnectFlagReserved);
    }
    // [MQTT-3.1.2-11, MQTT-3.1.2-13; 3.1.1: MQTT-3.1.2-13, MQTT-3.1.2-15]
    if strict && flags & WILL == 0 && flags & (WILL_QOS | WILL_RETAIN) != 0 {
        return fault(Fault::WillBitsWithoutWill { flags });
    }
    // [MQTT-3.1.2-12; 3.1.1: MQTT-3.1.2-14]
    if flags & WILL != 0 && flags & WILL_QOS == WILL_QOS {
        return fault(Fault::WillQos3);
    }
    // [3.1.1: MQTT-3.1.2-22], and 3.1 has the rule too; 5.0 allows it.
    if !reader.version().is_v5() && flags & PASSWORD != 0 && flags & USER_NAME == 0 {
        return fault(Fault::PasswordWithoutUserName);
    }
    Ok(flags)
}
