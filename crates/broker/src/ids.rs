//! Numbers by which things are called.

/// Number of a connection, chosen by the driver, never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u32);

/// Number of a session; given again once the session is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNo(pub u32);

/// Number of a message, from 1 in order of publication; it stays the same from the publisher to all subscribers.
pub type MessageNo = u64;
