//! Where things stand: pure functions from data and measures to positions. No browser here, so that they are tested natively.

pub(crate) mod family;
pub(crate) mod fit;
pub(crate) mod lanes;
pub(crate) mod scrub;
pub(crate) mod tree;
pub(crate) mod window;
