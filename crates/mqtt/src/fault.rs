//! Why bytes are no packet: where, which rule, and what would be right.

use core::fmt;

use crate::property::{Place, PropertyId, PropertyKind};
use crate::{PacketType, ReasonCode, Version};

/// Bytes that are no packet of their version. Small and [`Copy`]; its sentence is put together when it is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    at: u32,
    version: Version,
    fault: Fault,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Fault {
    /// Packet type 0.
    TypeZero,
    /// A packet type that the version does not have.
    TypeNotInVersion(PacketType),
    /// The low four bits of the first byte.
    Flags {
        packet: PacketType,
        found: u8,
    },
    /// A Variable Byte Integer with a fifth byte.
    VarIntTooLong {
        what: &'static str,
    },
    /// A Variable Byte Integer with a byte more than it needs.
    VarIntNotShortest {
        what: &'static str,
    },
    /// A packet over the limit, both in bytes.
    TooLarge {
        size: u32,
        limit: u32,
    },
    /// The first bytes of a connection are no CONNECT.
    NotConnect(Guess),
    /// The field needs more bytes than are left.
    Cut {
        what: &'static str,
        needs: u32,
        left: u32,
    },
    /// Bytes are left after the last field.
    Trailing {
        left: u32,
    },
    /// The text is no UTF-8.
    NotUtf8 {
        what: &'static str,
    },
    /// The text holds U+0000.
    Nul {
        what: &'static str,
    },
    PacketIdZero,
    /// QoS 3 in a PUBLISH.
    Qos3,
    /// DUP set in a PUBLISH of QoS 0.
    DupAtQos0,
    /// The protocol name is neither `MQTT` nor `MQIsdp`.
    ProtocolName,
    /// The protocol level does not go with the name.
    ProtocolLevel(u8),
    /// Bit 0 of the Connect Flags.
    ConnectFlagReserved,
    WillQos3,
    /// Will QoS or Will Retain set without a will.
    WillBitsWithoutWill {
        flags: u8,
    },
    /// Password Flag without User Name Flag, before 5.0.
    PasswordWithoutUserName,
    /// Bits 7 to 1 of the Connect Acknowledge Flags.
    ConnackFlags(u8),
    /// A CONNACK return code above 5, before 5.0.
    ReturnCode(u8),
    /// A Reason Code that the packet's table does not have.
    Reason {
        packet: PacketType,
        code: u8,
    },
    /// A property that does not exist.
    PropertyUnknown(u32),
    /// A property in a packet that does not take it.
    PropertyMisplaced {
        id: PropertyId,
        place: Place,
    },
    /// A property a second time.
    PropertyRepeated(PropertyId),
    /// A number that the property does not take.
    PropertyValue {
        id: PropertyId,
        value: u32,
    },
    /// Authentication Data without Authentication Method.
    DataWithoutMethod,
    /// AUTH without Authentication Method.
    MethodMissing,
    /// PUBLISH without topic and without Topic Alias.
    TopicEmpty,
    /// A Response Topic that is empty or holds `+` or `#`.
    ResponseTopic,
    /// SUBSCRIBE or UNSUBSCRIBE without a filter.
    NoFilters(PacketType),
    /// SUBACK or UNSUBACK without a code.
    NoReasons(PacketType),
    /// Reserved bits of the Subscription Options.
    OptionsReserved(u8),
    /// QoS 3 in the Subscription Options.
    OptionsQos3(u8),
    RetainHandling3(u8),
    /// No Local on a shared subscription.
    NoLocalOnShared,
}

/// What someone who sent no CONNECT seems to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// An HTTP request, or a WebSocket handshake at the TCP port.
    Http,
    /// A TLS handshake.
    Tls,
    /// An SSH greeting.
    Ssh,
    /// The header of the PROXY protocol, which a load balancer puts first.
    Proxy,
    /// Another control packet: its type and its first byte.
    Packet(PacketType, u8),
    /// A CONNECT with wrong flag bits: its first byte.
    ConnectFlags(u8),
    /// Nothing known: the first byte.
    Byte(u8),
}

impl Malformed {
    #[cold]
    pub(crate) const fn new(at: u32, version: Version, fault: Fault) -> Malformed {
        Malformed { at, version, fault }
    }

    /// The same fault in a connection of `version`: what the header of a frame tells is found before the version is known, and
    /// [`rule`](Malformed::rule) differs.
    #[must_use]
    pub const fn in_version(self, version: Version) -> Malformed {
        Malformed { version, ..self }
    }

    /// Byte offset in the frame, from 0.
    pub const fn at(&self) -> u32 {
        self.at
    }

    /// What is wrong, as data.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// The version whose rules were applied.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The Reason Code to answer with in 5.0. A Malformed Packet cannot be read by the rules, a Protocol Error can but is forbidden.
    pub const fn reason(&self) -> ReasonCode {
        match self.fault {
            Fault::ProtocolName | Fault::ProtocolLevel(_) => ReasonCode::UnsupportedProtocolVersion,
            Fault::TooLarge { .. } => ReasonCode::PacketTooLarge,
            Fault::PropertyValue { id: PropertyId::TopicAlias, .. } => ReasonCode::TopicAliasInvalid,
            Fault::PropertyValue { .. }
            | Fault::PropertyRepeated(_)
            | Fault::DataWithoutMethod
            | Fault::MethodMissing
            | Fault::TopicEmpty
            | Fault::ResponseTopic
            | Fault::NoFilters(_)
            | Fault::NoReasons(_)
            | Fault::OptionsQos3(_)
            | Fault::RetainHandling3(_)
            | Fault::NoLocalOnShared
            | Fault::Reason { .. }
            | Fault::NotConnect(Guess::Packet(..))
            | Fault::PacketIdZero => ReasonCode::ProtocolError,
            _ => ReasonCode::MalformedPacket,
        }
    }

    /// The normative id of the rule in the version at hand, where the standard (or our list of unnumbered rules, `U5-`) has one. 3.1 has
    /// no numbered rules.
    pub fn rule(&self) -> Option<&'static str> {
        match self.version {
            Version::V5 => rule_v5(self.fault),
            Version::V311 => rule_v311(self.fault),
            Version::V31 => None,
        }
    }
}

impl core::error::Error for Malformed {}

fn rule_v5(fault: Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::TypeZero => "U5-2.1.2-a",
        Fault::TypeNotInVersion(_) | Fault::ReturnCode(_) | Fault::PasswordWithoutUserName => return None,
        Fault::Flags { packet: PacketType::Pubrel, .. } => "MQTT-3.6.1-1",
        Fault::Flags { packet: PacketType::Subscribe, .. } => "MQTT-3.8.1-1",
        Fault::Flags { packet: PacketType::Unsubscribe, .. } => "MQTT-3.10.1-1",
        Fault::Flags { packet: PacketType::Disconnect, .. } => "MQTT-3.14.1-1",
        Fault::Flags { packet: PacketType::Auth, .. } => "MQTT-3.15.1-1",
        Fault::Flags { .. } => "MQTT-2.1.3-1",
        Fault::VarIntTooLong { .. } => "U5-1.5.5-a",
        Fault::VarIntNotShortest { .. } => "MQTT-1.5.5-1",
        Fault::TooLarge { .. } => "MQTT-3.2.2-15",
        Fault::NotConnect(Guess::ConnectFlags(_)) => "MQTT-2.1.3-1",
        Fault::NotConnect(_) => "MQTT-3.1.0-1",
        Fault::Cut { .. } | Fault::Trailing { .. } => "U5-2.1.4-a",
        Fault::NotUtf8 { .. } => "MQTT-1.5.4-1",
        Fault::Nul { .. } => "MQTT-1.5.4-2",
        Fault::PacketIdZero => "MQTT-2.2.1-3",
        Fault::Qos3 => "MQTT-3.3.1-4",
        Fault::DupAtQos0 => "MQTT-3.3.1-2",
        Fault::ProtocolName => "MQTT-3.1.2-1",
        Fault::ProtocolLevel(_) => "MQTT-3.1.2-2",
        Fault::ConnectFlagReserved => "MQTT-3.1.2-3",
        Fault::WillQos3 => "MQTT-3.1.2-12",
        Fault::WillBitsWithoutWill { flags } if flags & 0x18 != 0 => "MQTT-3.1.2-11",
        Fault::WillBitsWithoutWill { .. } => "MQTT-3.1.2-13",
        Fault::ConnackFlags(_) => "MQTT-3.2.2-1",
        Fault::Reason { packet, .. } => return reason_rule(packet),
        Fault::PropertyUnknown(_) | Fault::PropertyMisplaced { .. } => "U5-2.2.2.2-a",
        Fault::PropertyValue { id: PropertyId::TopicAlias, .. } => "MQTT-3.3.2-8",
        Fault::PropertyRepeated(id) | Fault::PropertyValue { id, .. } => return property_rule(id),
        Fault::DataWithoutMethod => "U5-3.1.2.11.10-a",
        Fault::MethodMissing => "U5-3.15.2.2.2-a",
        Fault::TopicEmpty => "U5-3.3.2.1-a",
        Fault::ResponseTopic => "MQTT-3.3.2-14",
        Fault::NoFilters(PacketType::Subscribe) => "MQTT-3.8.3-2",
        Fault::NoFilters(_) => "MQTT-3.10.3-2",
        Fault::NoReasons(PacketType::Suback) => "MQTT-3.8.4-6",
        Fault::NoReasons(_) => "MQTT-3.11.3-1",
        Fault::OptionsReserved(_) => "MQTT-3.8.3-5",
        Fault::OptionsQos3(_) => "U5-3.8.3.1-a",
        Fault::RetainHandling3(_) => "U5-3.8.3.1-b",
        Fault::NoLocalOnShared => "MQTT-3.8.3-4",
    })
}

const fn reason_rule(packet: PacketType) -> Option<&'static str> {
    Some(match packet {
        PacketType::Connack => "MQTT-3.2.2-8",
        PacketType::Puback => "MQTT-3.4.2-1",
        PacketType::Pubrec => "MQTT-3.5.2-1",
        PacketType::Pubrel => "MQTT-3.6.2-1",
        PacketType::Pubcomp => "MQTT-3.7.2-1",
        PacketType::Suback => "MQTT-3.9.3-2",
        PacketType::Unsuback => "MQTT-3.11.3-2",
        PacketType::Disconnect => "MQTT-3.14.2-1",
        PacketType::Auth => "MQTT-3.15.2-1",
        _ => return None,
    })
}

const fn property_rule(id: PropertyId) -> Option<&'static str> {
    Some(match id {
        PropertyId::PayloadFormatIndicator => "U5-3.3.2.3.2-a",
        PropertyId::MessageExpiryInterval => "U5-3.3.2.3.3-a",
        PropertyId::ContentType => "U5-3.3.2.3.9-a",
        PropertyId::ResponseTopic => "U5-3.3.2.3.5-a",
        PropertyId::CorrelationData => "U5-3.3.2.3.6-a",
        PropertyId::SubscriptionIdentifier => "U5-3.8.2.1.2-a",
        PropertyId::SessionExpiryInterval => "U5-3.1.2.11.2-a",
        PropertyId::AuthenticationMethod => "U5-3.1.2.11.9-a",
        PropertyId::AuthenticationData => "U5-3.1.2.11.10-b",
        PropertyId::RequestProblemInformation => "U5-3.1.2.11.7-a",
        PropertyId::WillDelayInterval => "U5-3.1.3.2.2-a",
        PropertyId::RequestResponseInformation => "U5-3.1.2.11.6-a",
        PropertyId::ReasonString => "U5-3.4.2-b",
        PropertyId::ReceiveMaximum => "U5-3.1.2.11.3-a",
        PropertyId::TopicAliasMaximum => "U5-3.1.2.11.5-a",
        PropertyId::TopicAlias => "U5-3.3.2.3.4-a",
        PropertyId::MaximumPacketSize => "U5-3.1.2.11.4-a",
        _ => "U5-3.2.2.3-a",
    })
}

fn rule_v311(fault: Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::Flags { packet: PacketType::Pubrel, .. } => "MQTT-3.6.1-1",
        Fault::Flags { packet: PacketType::Subscribe, .. } => "MQTT-3.8.1-1",
        Fault::Flags { packet: PacketType::Unsubscribe, .. } => "MQTT-3.10.1-1",
        Fault::Flags { packet: PacketType::Disconnect, .. } => "MQTT-3.14.1-1",
        Fault::Flags { .. } | Fault::NotConnect(Guess::ConnectFlags(_)) => "MQTT-2.2.2-2",
        Fault::NotConnect(_) => "MQTT-3.1.0-1",
        Fault::NotUtf8 { .. } => "MQTT-1.5.3-1",
        Fault::Nul { .. } => "MQTT-1.5.3-2",
        Fault::PacketIdZero => "MQTT-2.3.1-1",
        Fault::Qos3 => "MQTT-3.3.1-4",
        Fault::DupAtQos0 => "MQTT-3.3.1-2",
        Fault::ProtocolName => "MQTT-3.1.2-1",
        Fault::ProtocolLevel(_) => "MQTT-3.1.2-2",
        Fault::ConnectFlagReserved => "MQTT-3.1.2-3",
        Fault::WillQos3 => "MQTT-3.1.2-14",
        Fault::WillBitsWithoutWill { flags } if flags & 0x18 != 0 => "MQTT-3.1.2-13",
        Fault::WillBitsWithoutWill { .. } => "MQTT-3.1.2-15",
        Fault::PasswordWithoutUserName => "MQTT-3.1.2-22",
        Fault::Reason { packet: PacketType::Suback, .. } => "MQTT-3.9.3-2",
        Fault::TopicEmpty => "MQTT-4.7.3-1",
        Fault::NoFilters(PacketType::Subscribe) => "MQTT-3.8.3-3",
        Fault::NoFilters(_) => "MQTT-3.10.3-2",
        Fault::NoReasons(_) => "MQTT-3.8.4-5",
        Fault::OptionsReserved(_) | Fault::OptionsQos3(_) => "MQTT-3.8.3-4",
        _ => return None,
    })
}

impl fmt::Display for Malformed {
    /// One whole sentence: where, what is wrong, what would be right.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Byte {}: ", self.at)?;
        match self.fault {
            Fault::TypeZero => f.write_str("packet type 0 is forbidden; it must be 1 to 15."),
            Fault::TypeNotInVersion(kind) => write!(f, "{kind} does not exist in MQTT {}; it came with 5.0.", self.version),
            Fault::Flags { packet, found } => flags(f, packet, found, self.version),
            Fault::VarIntTooLong { what } => write!(f, "{what} has a fifth byte; a Variable Byte Integer has one to four."),
            Fault::VarIntNotShortest { what } => {
                write!(f, "{what} ends with a byte 0 that says nothing; a Variable Byte Integer must be in its shortest form.")
            }
            Fault::TooLarge { size, limit } => write!(f, "the packet has {size} bytes; the limit is {limit}."),
            Fault::NotConnect(guess) => not_connect(f, guess),
            Fault::Cut { what, needs, left } => {
                write!(f, "{what} needs {needs} {} but only {left} {} left.", bytes(needs), if left == 1 { "is" } else { "are" })
            }
            Fault::Trailing { left } => {
                write!(f, "{left} {} left after the last field; the packet must end here.", if left == 1 { "byte is" } else { "bytes are" })
            }
            Fault::NotUtf8 { what } => write!(f, "{what} is not valid UTF-8 from here on; every text must be."),
            Fault::Nul { what } => write!(f, "{what} holds the character U+0000, which no text may hold."),
            Fault::PacketIdZero => f.write_str("Packet Identifier is 0; it must be 1 to 65535."),
            Fault::Qos3 => f.write_str("both QoS bits are set, which would be QoS 3; QoS must be 0, 1 or 2."),
            Fault::DupAtQos0 => f.write_str("DUP is set at QoS 0; a message of QoS 0 is never sent again, so DUP must be 0."),
            other => self.fmt_rest(f, other),
        }
    }
}

impl Malformed {
    fn fmt_rest(&self, f: &mut fmt::Formatter<'_>, fault: Fault) -> fmt::Result {
        match fault {
            Fault::ProtocolName => f.write_str("the protocol name is unknown; it must be MQTT, or MQIsdp for MQTT 3.1."),
            Fault::ProtocolLevel(level @ (0x83 | 0x84)) => {
                write!(
                    f,
                    "protocol level 0x{level:02X} is the private mark of a mosquitto bridge; switch off try_private there, it must be 3, 4 or 5."
                )
            }
            Fault::ProtocolLevel(level) => {
                write!(f, "protocol level {level} does not go with the protocol name; it must be 3 with MQIsdp, 4 or 5 with MQTT.")
            }
            Fault::ConnectFlagReserved => f.write_str("bit 0 of the Connect Flags is reserved and set; it must be 0."),
            Fault::WillQos3 => f.write_str("Will QoS is 3; it must be 0, 1 or 2."),
            Fault::WillBitsWithoutWill { flags } => {
                let what = if flags & 0x18 != 0 { "Will QoS" } else { "Will Retain" };
                write!(f, "{what} is set although the Will Flag is 0; without a will it must be 0.")
            }
            Fault::PasswordWithoutUserName => {
                write!(f, "the Password Flag is set without the User Name Flag; MQTT {} needs a user name with a password.", self.version)
            }
            Fault::ConnackFlags(found) => {
                write!(f, "the Connect Acknowledge Flags are 0x{found:02X}; only bit 0, Session Present, may be set.")
            }
            Fault::ReturnCode(code) => write!(f, "return code {code} is reserved; it must be 0 to 5."),
            Fault::Reason { packet, code } => match ReasonCode::from_u8(code) {
                Some(reason) => write!(f, "Reason Code {reason} does not exist in {packet} of MQTT {}.", self.version),
                None => write!(f, "Reason Code 0x{code:02X} does not exist in {packet} of MQTT {}.", self.version),
            },
            Fault::PropertyUnknown(id) => write!(f, "property 0x{id:02X} does not exist."),
            Fault::PropertyMisplaced { id, place } => write!(f, "property {id} is not allowed in {place}."),
            Fault::PropertyRepeated(id) => write!(f, "property {id} is there a second time; it may be there once."),
            Fault::PropertyValue { id, value } => property_value(f, id, value),
            Fault::DataWithoutMethod => {
                f.write_str("Authentication Data (0x16) is there without Authentication Method (0x15); the method must be there too.")
            }
            Fault::MethodMissing => f.write_str("AUTH has no Authentication Method (0x15); it must have the one of the CONNECT."),
            Fault::TopicEmpty if self.version.is_v5() => {
                f.write_str("Topic Name is empty and there is no Topic Alias (0x23); one of the two must be there.")
            }
            Fault::TopicEmpty => f.write_str("Topic Name is empty; it must have at least one character."),
            Fault::ResponseTopic => {
                f.write_str("Response Topic (0x08) is empty or holds + or #; it must be a Topic Name that one can publish to.")
            }
            Fault::NoFilters(packet) => write!(f, "{packet} has no Topic Filter; it must have at least one."),
            Fault::NoReasons(packet) => write!(f, "{packet} has no Reason Code; it must have one for every Topic Filter."),
            Fault::OptionsReserved(found) if self.version.is_v5() => {
                write!(f, "the Subscription Options are 0x{found:02X}; the reserved bits 7 and 6 must be 0.")
            }
            Fault::OptionsReserved(found) => write!(f, "Requested QoS is 0x{found:02X}; it must be 0, 1 or 2."),
            Fault::OptionsQos3(found) => {
                write!(f, "the Subscription Options are 0x{found:02X}, which asks for QoS 3; it must be 0, 1 or 2.")
            }
            Fault::RetainHandling3(found) => {
                write!(f, "the Subscription Options are 0x{found:02X}, where Retain Handling is 3; it must be 0, 1 or 2.")
            }
            Fault::NoLocalOnShared => f.write_str("No Local is set on a shared subscription; there it must be 0."),
            // All others were told by the caller.
            _ => f.write_str("the packet is malformed."),
        }
    }
}

const fn bytes(count: u32) -> &'static str {
    if count == 1 { "byte" } else { "bytes" }
}

fn flags(f: &mut fmt::Formatter<'_>, packet: PacketType, found: u8, version: Version) -> fmt::Result {
    write!(f, "the flag bits of {packet} are {found:04b}; they must be {:04b}", packet.flags())?;
    match (version, packet.flags()) {
        (Version::V31, 0b0010) => f.write_str(", or 1010 when it is sent again."),
        _ => f.write_str("."),
    }
}

fn not_connect(f: &mut fmt::Formatter<'_>, guess: Guess) -> fmt::Result {
    match guess {
        Guess::Http => f.write_str(
            "this looks like an HTTP request, not MQTT; the first packet must be a CONNECT. For MQTT over WebSocket use the WebSocket port.",
        ),
        Guess::Tls => f.write_str(
            "this looks like a TLS handshake, not MQTT; the first packet must be a CONNECT. Connect without TLS or use the TLS port.",
        ),
        Guess::Ssh => f.write_str("this looks like SSH, not MQTT; the first packet must be a CONNECT."),
        Guess::Proxy => {
            f.write_str("this looks like a PROXY protocol header, not MQTT; the first packet must be a CONNECT. Switch it off in the proxy.")
        }
        Guess::Packet(kind, first) => write!(f, "first byte 0x{first:02X} is {kind}, expected CONNECT (0x10)."),
        Guess::ConnectFlags(first) => write!(f, "first byte 0x{first:02X} is CONNECT with wrong flag bits, expected 0x10."),
        Guess::Byte(first) => write!(f, "first byte 0x{first:02X} is no control packet, expected CONNECT (0x10)."),
    }
}

fn property_value(f: &mut fmt::Formatter<'_>, id: PropertyId, value: u32) -> fmt::Result {
    let info = id.info();
    match info.kind {
        PropertyKind::Byte => write!(f, "property {id} is {value}; it must be 0 or 1."),
        _ => write!(f, "property {id} is {value}; it must be {} to {}.", info.min, info.max),
    }
}
