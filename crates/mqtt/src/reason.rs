//! Reason codes: one table for values, names, and who may put which into which packet.

use core::fmt;

use crate::{PacketType, Sender};

macro_rules! reasons {
    ($( $value:literal $variant:ident $name:literal client[$($client:ident)*] server[$($server:ident)*]; )*) => {
        /// Reason Code: below 0x80 a success, from there on a failure [U5-2.4-a].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ReasonCode {
            $(
                #[doc = concat!(stringify!($value), " ", $name)]
                $variant = $value,
            )*
        }

        impl ReasonCode {
            /// All 43, by value.
            pub const ALL: [ReasonCode; [$($value),*].len()] = [$(ReasonCode::$variant),*];

            /// The name as the standard writes it. 0x00 has two more: see [`ReasonCode::name_in`].
            pub const fn name(self) -> &'static str {
                match self { $(ReasonCode::$variant => $name,)* }
            }

            /// `None` if the standard does not define the value.
            #[inline]
            pub const fn from_u8(value: u8) -> Option<ReasonCode> {
                match value { $($value => Some(ReasonCode::$variant),)* _ => None }
            }

            /// The packet types in which the client and the server may use it, as sets of bits.
            const fn places(self) -> (u32, u32) {
                match self {
                    $(ReasonCode::$variant => (0 $(| PacketType::$client.bit())*, 0 $(| PacketType::$server.bit())*),)*
                }
            }
        }
    };
}

reasons! {
    0x00 Success "Success"
        client[Puback Pubrec Pubrel Pubcomp Disconnect]
        server[Connack Puback Pubrec Pubrel Pubcomp Suback Unsuback Disconnect Auth];
    0x01 GrantedQos1 "Granted QoS 1" client[] server[Suback];
    0x02 GrantedQos2 "Granted QoS 2" client[] server[Suback];
    0x04 DisconnectWithWill "Disconnect with Will Message" client[Disconnect] server[];
    0x10 NoMatchingSubscribers "No matching subscribers" client[] server[Puback Pubrec];
    0x11 NoSubscriptionExisted "No subscription existed" client[] server[Unsuback];
    0x18 ContinueAuthentication "Continue authentication" client[Auth] server[Auth];
    0x19 ReAuthenticate "Re-authenticate" client[Auth] server[];
    0x80 UnspecifiedError "Unspecified error"
        client[Puback Pubrec Disconnect] server[Connack Puback Pubrec Suback Unsuback Disconnect];
    0x81 MalformedPacket "Malformed Packet" client[Disconnect] server[Connack Disconnect];
    0x82 ProtocolError "Protocol Error" client[Disconnect] server[Connack Disconnect];
    0x83 ImplementationSpecificError "Implementation specific error"
        client[Puback Pubrec Disconnect] server[Connack Puback Pubrec Suback Unsuback Disconnect];
    0x84 UnsupportedProtocolVersion "Unsupported Protocol Version" client[] server[Connack];
    0x85 ClientIdentifierNotValid "Client Identifier not valid" client[] server[Connack];
    0x86 BadUserNameOrPassword "Bad User Name or Password" client[] server[Connack];
    0x87 NotAuthorized "Not authorized" client[Puback Pubrec] server[Connack Puback Pubrec Suback Unsuback Disconnect];
    0x88 ServerUnavailable "Server unavailable" client[] server[Connack];
    0x89 ServerBusy "Server busy" client[] server[Connack Disconnect];
    0x8A Banned "Banned" client[] server[Connack];
    0x8B ServerShuttingDown "Server shutting down" client[] server[Disconnect];
    // The overview of the standard names DISCONNECT here, the table of DISCONNECT does not: read it, do not send it.
    0x8C BadAuthenticationMethod "Bad authentication method" client[] server[Connack];
    0x8D KeepAliveTimeout "Keep Alive timeout" client[] server[Disconnect];
    0x8E SessionTakenOver "Session taken over" client[] server[Disconnect];
    0x8F TopicFilterInvalid "Topic Filter invalid" client[] server[Suback Unsuback Disconnect];
    0x90 TopicNameInvalid "Topic Name invalid" client[Puback Pubrec Disconnect] server[Connack Puback Pubrec Disconnect];
    0x91 PacketIdentifierInUse "Packet Identifier in use" client[Puback Pubrec] server[Puback Pubrec Suback Unsuback];
    0x92 PacketIdentifierNotFound "Packet Identifier not found" client[Pubrel Pubcomp] server[Pubrel Pubcomp];
    0x93 ReceiveMaximumExceeded "Receive Maximum exceeded" client[Disconnect] server[Disconnect];
    0x94 TopicAliasInvalid "Topic Alias invalid" client[Disconnect] server[Disconnect];
    0x95 PacketTooLarge "Packet too large" client[Disconnect] server[Connack Disconnect];
    0x96 MessageRateTooHigh "Message rate too high" client[Disconnect] server[Disconnect];
    0x97 QuotaExceeded "Quota exceeded" client[Puback Pubrec Disconnect] server[Connack Puback Pubrec Suback Disconnect];
    0x98 AdministrativeAction "Administrative action" client[Disconnect] server[Disconnect];
    0x99 PayloadFormatInvalid "Payload format invalid" client[Puback Pubrec Disconnect] server[Connack Puback Pubrec Disconnect];
    0x9A RetainNotSupported "Retain not supported" client[] server[Connack Disconnect];
    0x9B QosNotSupported "QoS not supported" client[] server[Connack Disconnect];
    0x9C UseAnotherServer "Use another server" client[] server[Connack Disconnect];
    0x9D ServerMoved "Server moved" client[] server[Connack Disconnect];
    0x9E SharedSubscriptionsNotSupported "Shared Subscriptions not supported" client[] server[Suback Disconnect];
    0x9F ConnectionRateExceeded "Connection rate exceeded" client[] server[Connack Disconnect];
    0xA0 MaximumConnectTime "Maximum connect time" client[] server[Disconnect];
    0xA1 SubscriptionIdentifiersNotSupported "Subscription Identifiers not supported" client[] server[Suback Disconnect];
    0xA2 WildcardSubscriptionsNotSupported "Wildcard Subscriptions not supported" client[] server[Suback Disconnect];
}

/// Return codes of 3.1 and 3.1.1, the reason each stands for, and the further reasons that are sent as it because they tell the client
/// to do the same.
const V3_CONNACK: [(u8, ReasonCode, &[ReasonCode]); 6] = {
    use ReasonCode as R;
    [
        (0, R::Success, &[]),
        (1, R::UnsupportedProtocolVersion, &[]),
        (2, R::ClientIdentifierNotValid, &[]),
        (3, R::ServerUnavailable, &[R::ServerBusy, R::QuotaExceeded, R::ConnectionRateExceeded, R::UseAnotherServer, R::ServerMoved]),
        (4, R::BadUserNameOrPassword, &[]),
        (5, R::NotAuthorized, &[R::Banned]),
    ]
};

impl ReasonCode {
    /// From 0x80 on.
    #[inline]
    pub const fn is_error(self) -> bool {
        self as u8 >= 0x80
    }

    /// Whether `sender` may put this code into a `packet` of 5.0 [MQTT-3.2.2-8, 3.4.2-1 and so on, one rule per packet].
    pub const fn allowed_in(self, packet: PacketType, sender: Sender) -> bool {
        let (client, server) = self.places();
        let set = match sender {
            Sender::Client => client,
            Sender::Server => server,
        };
        set & packet.bit() != 0
    }

    /// The name that the table of `packet` gives: 0x00 is "Normal disconnection" in DISCONNECT and "Granted QoS 0" in SUBACK.
    pub const fn name_in(self, packet: PacketType) -> &'static str {
        match (self, packet) {
            (ReasonCode::Success, PacketType::Disconnect) => "Normal disconnection",
            (ReasonCode::Success, PacketType::Suback) => "Granted QoS 0",
            _ => self.name(),
        }
    }

    /// The CONNACK return code of 3.1 and 3.1.1, or `None` if no return code fits: then the connection is closed without a CONNACK
    /// [3.1.1: MQTT-3.2.2-6].
    pub fn to_v3_connack(self) -> Option<u8> {
        V3_CONNACK.iter().find(|(_, main, also)| *main == self || also.contains(&self)).map(|(code, ..)| *code)
    }

    /// The reason that a CONNACK return code of 3.1 and 3.1.1 stands for; `None` above 5, which is reserved.
    pub fn from_v3_connack(code: u8) -> Option<ReasonCode> {
        V3_CONNACK.iter().find(|(value, ..)| *value == code).map(|(_, reason, _)| *reason)
    }

    /// The name that 3.1 and 3.1.1 give a CONNACK return code.
    pub const fn v3_connack_name(code: u8) -> Option<&'static str> {
        Some(match code {
            0 => "Connection Accepted",
            1 => "Connection Refused, unacceptable protocol version",
            2 => "Connection Refused, identifier rejected",
            3 => "Connection Refused, Server unavailable",
            4 => "Connection Refused, bad user name or password",
            5 => "Connection Refused, not authorized",
            _ => return None,
        })
    }
}

/// Success: the value that stands for a code that is left out.
impl Default for ReasonCode {
    fn default() -> ReasonCode {
        ReasonCode::Success
    }
}

impl TryFrom<u8> for ReasonCode {
    /// The value that is no Reason Code.
    type Error = u8;
    fn try_from(value: u8) -> Result<ReasonCode, u8> {
        ReasonCode::from_u8(value).ok_or(value)
    }
}

impl From<ReasonCode> for u8 {
    fn from(code: ReasonCode) -> u8 {
        code as u8
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02X} {}", *self as u8, self.name())
    }
}
