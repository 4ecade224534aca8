//! From what is kept to what is drawn: rows, views, a packet taken apart. Made only for what is looked at.

mod lineage;
mod note;
mod packet;
mod view;

pub(crate) use lineage::{lineage, traced};
pub(crate) use packet::{packet_view, row, row_then};
pub(crate) use view::{access, devices, mode, session, timeline, topics};

use alloc::string::String;

/// Characters of a payload that a row or a topic shows.
const PREVIEW: usize = 64;

/// The beginning of a payload as text; none when it is no UTF-8.
pub(crate) fn preview(payload: &[u8], whole: bool) -> Option<String> {
    let text = match core::str::from_utf8(payload) {
        Ok(text) => text,
        // A payload that was cut for keeping may end within a character.
        Err(error) if !whole && error.error_len().is_none() => {
            core::str::from_utf8(payload.get(..error.valid_up_to())?).unwrap_or_default()
        }
        Err(_) => return None,
    };
    Some(text.chars().take(PREVIEW).collect())
}
