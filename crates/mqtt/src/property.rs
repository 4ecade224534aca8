//! Properties of 5.0: one table for identifiers, names, types, ranges, and who may put which into which packet.

use core::fmt;

use crate::fault::{Fault, Malformed};
use crate::read::Reader;
use crate::text::{Binary, Text};
use crate::{PacketType, Properties, Sender};

/// Where properties stand: in a packet, or in the will of a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Place {
    Connect,
    Will,
    Connack,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Suback,
    Unsubscribe,
    Unsuback,
    Disconnect,
    Auth,
}

impl Place {
    /// All 14.
    pub const ALL: [Place; 14] = [
        Place::Connect,
        Place::Will,
        Place::Connack,
        Place::Publish,
        Place::Puback,
        Place::Pubrec,
        Place::Pubrel,
        Place::Pubcomp,
        Place::Subscribe,
        Place::Suback,
        Place::Unsubscribe,
        Place::Unsuback,
        Place::Disconnect,
        Place::Auth,
    ];

    const fn bit(self) -> u32 {
        1u32.wrapping_shl(self as u32)
    }

    /// The properties of a packet type itself; `None` for PINGREQ and PINGRESP.
    pub const fn of(packet: PacketType) -> Option<Place> {
        Some(match packet {
            PacketType::Connect => Place::Connect,
            PacketType::Connack => Place::Connack,
            PacketType::Publish => Place::Publish,
            PacketType::Puback => Place::Puback,
            PacketType::Pubrec => Place::Pubrec,
            PacketType::Pubrel => Place::Pubrel,
            PacketType::Pubcomp => Place::Pubcomp,
            PacketType::Subscribe => Place::Subscribe,
            PacketType::Suback => Place::Suback,
            PacketType::Unsubscribe => Place::Unsubscribe,
            PacketType::Unsuback => Place::Unsuback,
            PacketType::Disconnect => Place::Disconnect,
            PacketType::Auth => Place::Auth,
            PacketType::Pingreq | PacketType::Pingresp => return None,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Will => "Will Properties",
            Place::Connect => "CONNECT",
            Place::Connack => "CONNACK",
            Place::Publish => "PUBLISH",
            Place::Puback => "PUBACK",
            Place::Pubrec => "PUBREC",
            Place::Pubrel => "PUBREL",
            Place::Pubcomp => "PUBCOMP",
            Place::Subscribe => "SUBSCRIBE",
            Place::Suback => "SUBACK",
            Place::Unsubscribe => "UNSUBSCRIBE",
            Place::Unsuback => "UNSUBACK",
            Place::Disconnect => "DISCONNECT",
            Place::Auth => "AUTH",
        })
    }
}

/// Type of a property's value on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyKind {
    /// One byte.
    Byte,
    /// Two Byte Integer.
    Two,
    /// Four Byte Integer.
    Four,
    /// Variable Byte Integer, one to four bytes.
    VarInt,
    /// UTF-8 Encoded String.
    Text,
    /// Binary Data.
    Binary,
    /// UTF-8 String Pair.
    Pair,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct PropertyInfo {
    /// The name as the standard writes it.
    pub name: &'static str,
    /// The name as a key: `property.receive_maximum`.
    pub key: &'static str,
    /// Type of the value.
    pub kind: PropertyKind,
    /// Least number; without meaning for texts and bytes.
    pub min: u32,
    /// Greatest number; without meaning for texts and bytes.
    pub max: u32,
    client: u32,
    server: u32,
    repeats: u32,
}

/// A value as it was read, before it is known whose it is.
enum Value<'a> {
    Byte(u8),
    Two(u16),
    Four(u32),
    VarInt(u32),
    Text(Text<'a>),
    Binary(Binary<'a>),
    Pair(Text<'a>, Text<'a>),
}

macro_rules! properties {
    ($( $value:literal $variant:ident $getter:ident $name:literal $kind:ident($($field:ident: $type:ty),*) $min:literal..=$max:literal
        client[$($client:ident)*] server[$($server:ident)*] repeats[$($repeats:ident)*]; )*) => {
        /// Property Identifier.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum PropertyId {
            $(
                #[doc = concat!(stringify!($value), " ", $name)]
                $variant = $value,
            )*
        }

        impl PropertyId {
            /// All 27, by identifier.
            pub const ALL: [PropertyId; [$($value),*].len()] = [$(PropertyId::$variant),*];

            /// `None` if there is no such property.
            #[inline]
            pub const fn from_u32(value: u32) -> Option<PropertyId> {
                match value { $($value => Some(PropertyId::$variant),)* _ => None }
            }

            /// Its row of the table.
            #[inline]
            pub const fn info(self) -> &'static PropertyInfo {
                match self {
                    $(PropertyId::$variant => const { &PropertyInfo {
                        name: $name,
                        key: concat!("property.", stringify!($getter)),
                        kind: PropertyKind::$kind,
                        min: $min,
                        max: $max,
                        client: 0 $(| Place::$client.bit())*,
                        server: 0 $(| Place::$server.bit())*,
                        repeats: 0 $(| Place::$repeats.bit())*,
                    } },)*
                }
            }
        }

        /// A property with its value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Property<'a> {
            $(
                #[doc = concat!(stringify!($value), " ", $name)]
                $variant($($type),*),
            )*
        }

        impl<'a> Property<'a> {
            /// Which property it is.
            pub const fn id(&self) -> PropertyId {
                match self { $(Property::$variant(..) => PropertyId::$variant,)* }
            }

            fn with(id: PropertyId, value: Value<'a>) -> Option<Property<'a>> {
                match (id, value) {
                    $((PropertyId::$variant, Value::$kind($($field),*)) => Some(Property::$variant($($field),*)),)*
                    _ => None,
                }
            }

            fn value(&self) -> Value<'a> {
                match *self { $(Property::$variant($($field),*) => Value::$kind($($field),*),)* }
            }
        }

        impl<'a> Properties<'a> {
            $(
                #[doc = concat!($name, " (", stringify!($value), "), the first if there are several; `None` if it is not there.")]
                #[inline]
                #[allow(unused_parens)]
                pub fn $getter(&self) -> Option<($($type),*)> {
                    match self.find(PropertyId::$variant)? {
                        Property::$variant($($field),*) => Some(($($field),*)),
                        _ => None,
                    }
                }
            )*
        }
    };
}

properties! {
    0x01 PayloadFormatIndicator payload_format_indicator "Payload Format Indicator" Byte(v: u8) 0..=1
        client[Publish Will] server[Publish] repeats[];
    0x02 MessageExpiryInterval message_expiry_interval "Message Expiry Interval" Four(v: u32) 0..=0xFFFF_FFFF
        client[Publish Will] server[Publish] repeats[];
    0x03 ContentType content_type "Content Type" Text(v: Text<'a>) 0..=0
        client[Publish Will] server[Publish] repeats[];
    0x08 ResponseTopic response_topic "Response Topic" Text(v: Text<'a>) 0..=0
        client[Publish Will] server[Publish] repeats[];
    0x09 CorrelationData correlation_data "Correlation Data" Binary(v: Binary<'a>) 0..=0
        client[Publish Will] server[Publish] repeats[];
    0x0B SubscriptionIdentifier subscription_identifier "Subscription Identifier" VarInt(v: u32) 1..=268_435_455
        client[Subscribe] server[Publish] repeats[Publish];
    0x11 SessionExpiryInterval session_expiry_interval "Session Expiry Interval" Four(v: u32) 0..=0xFFFF_FFFF
        client[Connect Disconnect] server[Connack] repeats[];
    0x12 AssignedClientIdentifier assigned_client_identifier "Assigned Client Identifier" Text(v: Text<'a>) 0..=0
        client[] server[Connack] repeats[];
    0x13 ServerKeepAlive server_keep_alive "Server Keep Alive" Two(v: u16) 0..=65_535
        client[] server[Connack] repeats[];
    0x15 AuthenticationMethod authentication_method "Authentication Method" Text(v: Text<'a>) 0..=0
        client[Connect Auth] server[Connack Auth] repeats[];
    0x16 AuthenticationData authentication_data "Authentication Data" Binary(v: Binary<'a>) 0..=0
        client[Connect Auth] server[Connack Auth] repeats[];
    0x17 RequestProblemInformation request_problem_information "Request Problem Information" Byte(v: u8) 0..=1
        client[Connect] server[] repeats[];
    0x18 WillDelayInterval will_delay_interval "Will Delay Interval" Four(v: u32) 0..=0xFFFF_FFFF
        client[Will] server[] repeats[];
    0x19 RequestResponseInformation request_response_information "Request Response Information" Byte(v: u8) 0..=1
        client[Connect] server[] repeats[];
    0x1A ResponseInformation response_information "Response Information" Text(v: Text<'a>) 0..=0
        client[] server[Connack] repeats[];
    0x1C ServerReference server_reference "Server Reference" Text(v: Text<'a>) 0..=0
        client[] server[Connack Disconnect] repeats[];
    0x1F ReasonString reason_string "Reason String" Text(v: Text<'a>) 0..=0
        client[Puback Pubrec Pubrel Pubcomp Disconnect Auth]
        server[Connack Puback Pubrec Pubrel Pubcomp Suback Unsuback Disconnect Auth] repeats[];
    0x21 ReceiveMaximum receive_maximum "Receive Maximum" Two(v: u16) 1..=65_535
        client[Connect] server[Connack] repeats[];
    0x22 TopicAliasMaximum topic_alias_maximum "Topic Alias Maximum" Two(v: u16) 0..=65_535
        client[Connect] server[Connack] repeats[];
    0x23 TopicAlias topic_alias "Topic Alias" Two(v: u16) 1..=65_535
        client[Publish] server[Publish] repeats[];
    0x24 MaximumQos maximum_qos "Maximum QoS" Byte(v: u8) 0..=1
        client[] server[Connack] repeats[];
    0x25 RetainAvailable retain_available "Retain Available" Byte(v: u8) 0..=1
        client[] server[Connack] repeats[];
    0x26 UserProperty user_property "User Property" Pair(name: Text<'a>, value: Text<'a>) 0..=0
        client[Connect Will Publish Puback Pubrec Pubrel Pubcomp Subscribe Unsubscribe Disconnect Auth]
        server[Connack Publish Puback Pubrec Pubrel Pubcomp Suback Unsuback Disconnect Auth]
        repeats[Connect Will Connack Publish Puback Pubrec Pubrel Pubcomp Subscribe Suback Unsubscribe Unsuback Disconnect Auth];
    0x27 MaximumPacketSize maximum_packet_size "Maximum Packet Size" Four(v: u32) 1..=0xFFFF_FFFF
        client[Connect] server[Connack] repeats[];
    0x28 WildcardSubscriptionAvailable wildcard_subscription_available "Wildcard Subscription Available" Byte(v: u8) 0..=1
        client[] server[Connack] repeats[];
    0x29 SubscriptionIdentifierAvailable subscription_identifier_available "Subscription Identifier Available" Byte(v: u8) 0..=1
        client[] server[Connack] repeats[];
    0x2A SharedSubscriptionAvailable shared_subscription_available "Shared Subscription Available" Byte(v: u8) 0..=1
        client[] server[Connack] repeats[];
}

impl PropertyId {
    /// The name as the standard writes it.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether the property may stand there, whoever sends it.
    #[inline]
    pub const fn allowed_in(self, place: Place) -> bool {
        (self.info().client | self.info().server) & place.bit() != 0
    }

    /// Whether `sender` may put the property there: a client sends no Subscription Identifier in PUBLISH [MQTT-3.3.4-6], a server no
    /// Session Expiry Interval in DISCONNECT [MQTT-3.14.2-2].
    pub const fn allowed_from(self, place: Place, sender: Sender) -> bool {
        let set = match sender {
            Sender::Client => self.info().client,
            Sender::Server => self.info().server,
        };
        set & place.bit() != 0
    }

    /// Whether the property may be there more than once.
    #[inline]
    pub const fn may_repeat(self, place: Place) -> bool {
        self.info().repeats & place.bit() != 0
    }

    /// This property as one bit of a set.
    #[inline]
    pub(crate) const fn bit(self) -> u64 {
        1u64.wrapping_shl(self as u32)
    }
}

impl fmt::Display for PropertyId {
    /// Name and identifier: `Receive Maximum (0x21)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:02X})", self.name(), *self as u8)
    }
}

impl<'a> Property<'a> {
    /// Reads the value that follows the identifier `id`, which stood at `at`.
    #[inline]
    pub(crate) fn read(id: PropertyId, at: u32, reader: &mut Reader<'a>) -> Result<Property<'a>, Malformed> {
        let info = id.info();
        let value = match info.kind {
            PropertyKind::Byte => Value::Byte(reader.u8(info.name)?),
            PropertyKind::Two => Value::Two(reader.u16(info.name)?),
            PropertyKind::Four => Value::Four(reader.u32(info.name)?),
            PropertyKind::VarInt => Value::VarInt(reader.var_int(info.name)?),
            PropertyKind::Text => Value::Text(reader.text(info.name)?),
            PropertyKind::Binary => Value::Binary(reader.binary(info.name)?),
            PropertyKind::Pair => Value::Pair(reader.text("User Property name")?, reader.text("User Property value")?),
        };
        let number = match value {
            Value::Byte(v) => u32::from(v),
            Value::Two(v) => u32::from(v),
            Value::Four(v) | Value::VarInt(v) => v,
            _ => info.min,
        };
        // [U5-3.1.2.11.3-a, U5-3.1.2.11.4-a, U5-3.1.2.11.6-a, U5-3.1.2.11.7-a, U5-3.2.2.3-a, U5-3.3.2.3.2-a, MQTT-3.3.2-8,
        // U5-3.3.2.3.8-a, U5-3.8.2.1.2-a]
        if number < info.min || number > info.max {
            return Err(reader.fault_at(at, Fault::PropertyValue { id, value: number }));
        }
        Property::with(id, value).ok_or_else(|| reader.fault_at(at, Fault::PropertyUnknown(id as u32)))
    }

    /// Bytes of identifier and value.
    pub fn encoded_len(&self) -> usize {
        let value = match self.value() {
            Value::Byte(_) => 1,
            Value::Two(_) => 2,
            Value::Four(_) => 4,
            Value::VarInt(v) => crate::write::var_int_len(v as usize),
            Value::Text(v) => crate::write::counted_len(v.as_bytes()),
            Value::Binary(v) => crate::write::counted_len(v.as_bytes()),
            Value::Pair(a, b) => crate::write::counted_len(a.as_bytes()).saturating_add(crate::write::counted_len(b.as_bytes())),
        };
        value.saturating_add(1)
    }

    /// Whether a number is within its range; texts and bytes always are.
    pub(crate) fn in_range(&self) -> bool {
        let info = self.id().info();
        match self.value() {
            Value::Byte(v) => (info.min..=info.max).contains(&u32::from(v)),
            Value::Two(v) => (info.min..=info.max).contains(&u32::from(v)),
            Value::Four(v) | Value::VarInt(v) => (info.min..=info.max).contains(&v),
            _ => true,
        }
    }

    /// Appends identifier and value.
    pub(crate) fn write(&self, out: &mut alloc::vec::Vec<u8>) {
        out.push(self.id() as u8);
        match self.value() {
            Value::Byte(v) => out.push(v),
            Value::Two(v) => crate::write::put_u16(out, v),
            Value::Four(v) => crate::write::put_u32(out, v),
            Value::VarInt(v) => crate::write::put_var_int(out, v as usize),
            Value::Text(v) => crate::write::put_counted(out, v.as_bytes()),
            Value::Binary(v) => crate::write::put_counted(out, v.as_bytes()),
            Value::Pair(a, b) => {
                crate::write::put_counted(out, a.as_bytes());
                crate::write::put_counted(out, b.as_bytes());
            }
        }
    }
}
