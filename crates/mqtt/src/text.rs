//! The two counted fields of the wire: UTF-8 Encoded String and Binary Data.

use core::fmt;
use core::ops::Deref;

/// A UTF-8 Encoded String: at most 65,535 bytes and without U+0000 [MQTT-1.5.4-1, MQTT-1.5.4-2].
///
/// MQTT 3.1 asks for less: it neither verifies UTF-8 nor forbids U+0000. Because this is a `str`, bytes that are no UTF-8 are refused
/// in 3.1 too; U+0000 passes in 3.1, so a text decoded from a 3.1 packet may hold it. Topic Names and Topic Filters with it are caught
/// by [`crate::topic`], so it cannot reach a client of another version that way.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// The empty text.
    pub const EMPTY: Text<'static> = Text("");

    /// Checks length and U+0000.
    pub fn new(text: &'a str) -> Result<Text<'a>, TextError> {
        if text.len() > usize::from(u16::MAX) {
            return Err(TextError::TooLong(text.len()));
        }
        match text.bytes().position(|byte| byte == 0) {
            Some(at) => Err(TextError::Nul(at)),
            None => Ok(Text(text)),
        }
    }

    /// As much of `text` as is legal: what follows a U+0000 or the 65,535th byte is left out. For words of our own, such as a Reason
    /// String, where a shorter text is better than none.
    pub fn clipped(text: &'a str) -> Text<'a> {
        let text = text.split('\0').next().unwrap_or_default();
        let end = text.floor_char_boundary(usize::from(u16::MAX));
        Text(text.get(..end).unwrap_or_default())
    }

    /// For the decoder, which has made its own checks.
    #[inline]
    pub(crate) const fn checked(text: &'a str) -> Text<'a> {
        Text(text)
    }

    /// The text.
    #[inline]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The text's bytes.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0.as_bytes()
    }
}

impl Deref for Text<'_> {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'a> TryFrom<&'a str> for Text<'a> {
    type Error = TextError;
    fn try_from(text: &'a str) -> Result<Text<'a>, TextError> {
        Text::new(text)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)
    }
}

/// Why a `str` is no UTF-8 Encoded String.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// It has this many bytes; 65,535 are the most.
    TooLong(usize),
    /// U+0000 stands at this byte [MQTT-1.5.4-2].
    Nul(usize),
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextError::TooLong(len) => write!(f, "The text has {len} bytes; 65535 are the most."),
            TextError::Nul(at) => write!(f, "Byte {at} of the text is U+0000, which no text may hold."),
        }
    }
}

impl core::error::Error for TextError {}

/// Binary Data: at most 65,535 bytes of any value.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Binary<'a>(&'a [u8]);

impl<'a> Binary<'a> {
    /// No bytes.
    pub const EMPTY: Binary<'static> = Binary(&[]);

    /// Checks the length.
    pub const fn new(bytes: &'a [u8]) -> Result<Binary<'a>, TooLong> {
        if bytes.len() > 65_535 { Err(TooLong(bytes.len())) } else { Ok(Binary(bytes)) }
    }

    /// For the decoder, whose two-byte length cannot say more.
    #[inline]
    pub(crate) const fn checked(bytes: &'a [u8]) -> Binary<'a> {
        Binary(bytes)
    }

    /// The bytes.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

impl Deref for Binary<'_> {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        self.0
    }
}

impl fmt::Debug for Binary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

/// This many bytes are too many for Binary Data; 65,535 are the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong(pub usize);

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The data has {} bytes; 65535 are the most.", self.0)
    }
}

impl core::error::Error for TooLong {}
