//! Secrets of packets, made unreadable without a change of length.

use mqtt::{Frame, PacketType, Version};

/// Of bytes that are no packet only so many stay: enough to see what it was meant to be.
const SHOWN_OF_RUBBISH: usize = 8;

/// Puts `*` in the place of a CONNECT's Password and of Authentication Data. What of such a packet cannot be read could be either, and is
/// masked too. `bad`: the bytes are no packet; `whole`: all of its bytes are here.
pub(super) fn mask(bytes: &mut [u8], version: Version, bad: bool, whole: bool) {
    if bad || (whole && Frame::parse(bytes).is_err()) {
        bytes.iter_mut().skip(SHOWN_OF_RUBBISH).for_each(|byte| *byte = b'*');
        return;
    }
    let kind = bytes.first().and_then(|&first| PacketType::from_first_byte(first));
    if !matches!(kind, Some(PacketType::Connect | PacketType::Connack | PacketType::Auth)) {
        return;
    }
    let mut authentication_end = 0;
    for field in mqtt::dissect(bytes, version).fields {
        let secret = match field.key {
            "property.authentication_data" => {
                authentication_end = field.end;
                false
            }
            "property.data" => field.end <= authentication_end,
            "connect.password.data" | "unread" => true,
            _ => false,
        };
        if secret && let Some(bytes) = bytes.get_mut(field.start..field.end) {
            bytes.fill(b'*');
        }
    }
}
