//! A frame as named ranges of bytes, for people to look at.
//!
//! This is a walk of its own beside the decoder: it goes by structure alone and carries on behind a value that is wrong, so that what
//! follows can still be seen. What is wrong, it leaves to the decoder to say. The two are held against each other on every test vector.

mod keys;
mod packets;
mod walk;

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Frame, Malformed, Packet, Version};

pub use keys::KEYS;

/// A named range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// How deep it lies, from 0: a field lies in the last one before it that has a lesser depth.
    pub depth: u8,
    /// Its name: one of [`KEYS`].
    pub key: &'static str,
    /// What the bytes say: numbers in decimal, Reason Codes with their names, texts as they are (what is no UTF-8 there as U+FFFD),
    /// binary data in hexadecimal, a password as its length. Clipped with `…` behind 1,024 bytes of text or 64 bytes of data.
    pub value: String,
}

/// A frame taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissection {
    /// In the order of the bytes, a field before the ones that lie in it. The innermost fields cover every byte exactly once, but the
    /// bits of one byte are fields that share its range. Bytes that could not be understood are `unread`.
    pub fields: Vec<Field>,
    /// What is wrong with the frame.
    pub fault: Option<Malformed>,
}

/// Takes a frame apart by the rules of `version`; a CONNECT tells its version itself. The bytes may be cut short or be no packet at all.
pub fn dissect(bytes: &[u8], version: Version) -> Dissection {
    let fault = match Frame::parse(bytes) {
        Ok(frame) => Packet::decode(frame, version).err(),
        Err(fault) => Some(fault.in_version(version)),
    };
    let mut walk = walk::Walk::new(bytes, version);
    // Whether it came to the end or broke off, what was not walked over is `unread`.
    let _ = packets::frame(&mut walk);
    Dissection { fields: walk.finish(), fault }
}
