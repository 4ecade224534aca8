//! A frame as named ranges of bytes, for people to look at.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Malformed, Version};

/// A named range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// How deep it lies: a field lies in the last one before it that has a lesser depth.
    pub depth: u8,
    /// Its name: one of [`KEYS`].
    pub key: &'static str,
    /// What the bytes say.
    pub value: String,
}

/// A frame taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissection {
    /// In the order of the bytes, a field before the ones that lie in it.
    pub fields: Vec<Field>,
    /// What is wrong with the frame.
    pub fault: Option<Malformed>,
}

/// Every key that can occur.
pub const KEYS: &[&str] = &["unread"];

/// Takes a frame apart.
pub fn dissect(bytes: &[u8], version: Version) -> Dissection {
    let fault = crate::Frame::parse(bytes).and_then(|frame| crate::Packet::decode(frame, version).map(drop)).err();
    let mut fields = Vec::new();
    if !bytes.is_empty() {
        fields.push(Field { start: 0, end: bytes.len(), depth: 0, key: "unread", value: String::new() });
    }
    Dissection { fields, fault }
}
