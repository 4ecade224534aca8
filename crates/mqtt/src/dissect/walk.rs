//! Walking over bytes and writing down what was walked over.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

use super::Field;
use crate::Version;
use crate::read::{VarInt, var_int};

/// The three names of a field with a two-byte length before it.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    pub(super) whole: &'static str,
    pub(super) length: &'static str,
    pub(super) content: &'static str,
    /// How the content is shown.
    pub(super) show: fn(&[u8]) -> String,
}

/// A group that was begun: its place in the list.
pub(super) struct Group(usize);

/// The walk. Its steps give `None` where the bytes end before the field does; then nothing was walked over.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the part that is being walked over ends.
    end: usize,
    depth: u8,
    fields: Vec<Field>,
    pub(super) version: Version,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8], version: Version) -> Walk<'a> {
        Walk { bytes, at: 0, end: bytes.len(), depth: 0, fields: Vec::new(), version }
    }

    /// All fields, what was not walked over included.
    pub(super) fn finish(mut self) -> Vec<Field> {
        self.depth = 0;
        self.end = self.bytes.len();
        self.unread();
        self.fields
    }

    /// The rest of the part is not understood.
    pub(super) fn unread(&mut self) {
        let left = self.left();
        if left > 0 {
            let shown = data(self.ahead(left).unwrap_or_default());
            self.field("unread", left, shown);
        }
    }

    /// Bytes to the end of the part.
    pub(super) fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// From here on only `len` bytes count, or what is left if that is less. Gives the old end for [`Walk::leave`].
    pub(super) fn enter(&mut self, len: usize) -> usize {
        let old = self.end;
        self.end = old.min(self.at.saturating_add(len));
        old
    }

    /// Behind the part that was entered; what of it was not walked over is `unread`.
    pub(super) fn leave(&mut self, old_end: usize) {
        self.unread();
        self.end = old_end;
    }

    /// Begins a field that others lie in.
    pub(super) fn open(&mut self, key: &'static str) -> Group {
        let index = self.fields.len();
        self.fields.push(Field { start: self.at, end: self.at, depth: self.depth, key, value: String::new() });
        self.depth = self.depth.saturating_add(1);
        Group(index)
    }

    /// Ends it here. One that nothing lies in vanishes.
    pub(super) fn close(&mut self, group: Group, value: String) {
        self.depth = self.depth.saturating_sub(1);
        let at = self.at;
        match self.fields.get_mut(group.0) {
            Some(field) if field.start < at => {
                field.end = at;
                field.value = value;
            }
            _ => self.fields.truncate(group.0),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.ahead(1)?.first().copied()
    }

    fn ahead(&self, len: usize) -> Option<&'a [u8]> {
        if len > self.left() {
            return None;
        }
        self.bytes.get(self.at..self.at.saturating_add(len))
    }

    fn field(&mut self, key: &'static str, len: usize, value: String) {
        let end = self.at.saturating_add(len);
        self.fields.push(Field { start: self.at, end, depth: self.depth, key, value });
        self.at = end;
    }

    /// A byte whose bits have names: `bits` gives name and value of each, from the highest on.
    pub(super) fn bits<const N: usize>(
        &mut self,
        key: &'static str,
        value: impl Fn(u8) -> String,
        bits: impl Fn(u8) -> [(&'static str, String); N],
    ) -> Option<u8> {
        let byte = self.peek()?;
        let start = self.at;
        self.field(key, 1, value(byte));
        let depth = self.depth.saturating_add(1);
        let children = bits(byte).into_iter().filter(|(key, _)| !key.is_empty());
        self.fields.extend(children.map(|(key, value)| Field { start, end: start.saturating_add(1), depth, key, value }));
        Some(byte)
    }

    /// A byte that `show` puts into words.
    pub(super) fn byte(&mut self, key: &'static str, show: impl Fn(u8) -> String) -> Option<u8> {
        let byte = self.peek()?;
        self.field(key, 1, show(byte));
        Some(byte)
    }

    /// A number of 1, 2 or 4 bytes.
    pub(super) fn number(&mut self, key: &'static str, len: usize) -> Option<u32> {
        let value = self.ahead(len)?.iter().fold(0u32, |sum, &byte| sum.wrapping_shl(8) | u32::from(byte));
        self.field(key, len, value.to_string());
        Some(value)
    }

    /// A Variable Byte Integer.
    pub(super) fn var_int(&mut self, key: &'static str) -> Option<u32> {
        let VarInt::Value { value, len } = var_int(self.ahead(self.left())?) else { return None };
        self.field(key, len, value.to_string());
        Some(value)
    }

    /// Two bytes of length and the content: one field with two in it.
    pub(super) fn counted(&mut self, names: Counted) -> Option<&'a [u8]> {
        let content = self.ahead_counted()?;
        let shown = (names.show)(content);
        let group = self.open(names.whole);
        self.counted_parts(names.length, names.content, shown.clone(), content);
        self.close(group, shown);
        Some(content)
    }

    /// The same without the field around.
    pub(super) fn counted_bare(&mut self, length: &'static str, content_key: &'static str, show: fn(&[u8]) -> String) -> Option<&'a [u8]> {
        let content = self.ahead_counted()?;
        self.counted_parts(length, content_key, show(content), content);
        Some(content)
    }

    fn counted_parts(&mut self, length: &'static str, key: &'static str, shown: String, content: &[u8]) {
        self.field(length, 2, content.len().to_string());
        if !content.is_empty() {
            self.field(key, content.len(), shown);
        }
    }

    fn ahead_counted(&self) -> Option<&'a [u8]> {
        let length = self.ahead(2)?.iter().fold(0usize, |sum, &byte| sum.wrapping_shl(8) | usize::from(byte));
        self.ahead(length.saturating_add(2))?.get(2..)
    }

    /// All that is left of the part, if there is something.
    pub(super) fn rest(&mut self, key: &'static str, show: fn(&[u8]) -> String) {
        let left = self.left();
        if left > 0 {
            let shown = show(self.ahead(left).unwrap_or_default());
            self.field(key, left, shown);
        }
    }
}

/// Bytes as text, clipped.
pub(super) fn text(bytes: &[u8]) -> String {
    const MOST: usize = 1024;
    let shown = String::from_utf8_lossy(bytes.get(..MOST).unwrap_or(bytes));
    if bytes.len() <= MOST {
        return shown.into_owned();
    }
    // A character that the cut went through is left out with it.
    format!("{}…", shown.trim_end_matches('\u{FFFD}'))
}

/// Bytes in hexadecimal, clipped.
pub(super) fn data(bytes: &[u8]) -> String {
    const MOST: usize = 64;
    let mut shown = String::new();
    for (index, byte) in bytes.iter().take(MOST).enumerate() {
        let gap = if index == 0 { "" } else { " " };
        let _ = write!(shown, "{gap}{byte:02X}");
    }
    if bytes.len() > MOST {
        shown.push_str(" …");
    }
    shown
}

/// Bytes as text if they are text, else in hexadecimal.
pub(super) fn either(bytes: &[u8]) -> String {
    // The clipping may go through a character, so only the part that is shown is judged, up to an unfinished last character.
    match core::str::from_utf8(bytes.get(..1024).unwrap_or(bytes)) {
        Ok(_) => text(bytes),
        Err(error) if bytes.len() > 1024 && error.error_len().is_none() => text(bytes),
        Err(_) => data(bytes),
    }
}

/// How long a secret is.
pub(super) fn secret(bytes: &[u8]) -> String {
    format!("{} {}", bytes.len(), if bytes.len() == 1 { "byte" } else { "bytes" })
}
