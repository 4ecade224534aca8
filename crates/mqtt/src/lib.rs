//! Bytes to packets and back for MQTT 3.1, 3.1.1 and 5.0.
//!
//! How it is driven: bytes go into a [`Deframer`], whole control packets come out as [`Frame`]s, [`Packet::decode`] gives a frame its
//! meaning, [`Packet::encode`] turns a meaning into bytes. Nothing is copied while decoding: a packet borrows from its frame. Only
//! SUBSCRIBE and UNSUBSCRIBE allocate, one list each.
//!
//! What is checked here is everything that one packet can tell by itself, in either direction. What depends on who sends it, on the
//! session or on the configuration belongs to the broker; [`PropertyId::allowed_from`] and [`ReasonCode::allowed_in`] help it. Topic
//! Names and Topic Filters stay plain [`Text`] in the packets: [`topic`] judges them, and the broker decides what a bad one costs.
//!
//! [`dissect()`] names every byte of a frame for people to look at, also of a frame that is wrong.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented
    )
)]
extern crate alloc;

mod basic;
mod deframer;
mod dissect;
mod fault;
mod frame;
mod packet;
mod properties;
mod property;
mod read;
mod reason;
mod text;
pub mod topic;
mod write;

pub use basic::{PacketId, PacketType, QoS, Sender, Version};
pub use deframer::Deframer;
pub use dissect::{Dissection, Field, KEYS, dissect};
pub use fault::{Fault, Guess, Malformed};
pub use frame::{Frame, MAX_PACKET_SIZE, MAX_REMAINING_LENGTH};
pub use packet::Packet;
pub use packet::ack::Ack;
pub use packet::auth::Auth;
pub use packet::connack::Connack;
pub use packet::connect::{Connect, Will};
pub use packet::disconnect::Disconnect;
pub use packet::publish::Publish;
pub use packet::suback::Suback;
pub use packet::subscribe::{RetainHandling, Subscribe, Subscription, SubscriptionOptions};
pub use packet::unsuback::Unsuback;
pub use packet::unsubscribe::Unsubscribe;
pub use properties::{Full, Properties, PropertiesBuf, PropertyIter};
pub use property::{Place, Property, PropertyId, PropertyInfo, PropertyKind};
pub use reason::ReasonCode;
pub use text::{Binary, Text, TextError, TooLong};
pub use topic::{TopicFilter, TopicName};
