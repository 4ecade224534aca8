//! All words of the interface, in English. Functions from the contract's facts to strings: a second language is a second set of them.
//!
//! Whatever a device has sent passes [`visible`] on its way into a sentence, so that no control or direction character can disguise it.

pub(crate) mod explorer;
pub(crate) mod faults;
pub(crate) mod fields;
pub(crate) mod files;
pub(crate) mod lineage;
pub(crate) mod notes;
pub(crate) mod packets;
pub(crate) mod proof;
pub(crate) mod refusals;
pub(crate) mod session;
pub(crate) mod words;

use contract::{DeviceId, DeviceKind, DeviceState, DeviceView, Micros, Protocol};

/// Finds the name of a device for a sentence.
pub(crate) type Names<'a> = &'a dyn Fn(DeviceId) -> String;

/// The text with control, direction and invisible characters written out, so that it looks like what it is.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            code @ 0..=0x1f => out.push(char::from_u32(0x2400 + code).unwrap_or('␀')),
            0x7f => out.push('␡'),
            0x80..=0x9f | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f => {
                out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out
}

/// A payload as text in quotes, or a word for bytes that are none.
pub(crate) fn payload(text: Option<&str>, len: u32) -> String {
    match text {
        Some(_) if len == 0 => words::EMPTY.to_owned(),
        Some(text) if text.len() < len as usize => format!("\"{}…\"", visible(text)),
        Some(text) => format!("\"{}\"", visible(text)),
        None => words::BINARY.to_owned(),
    }
}

/// A topic's last value in the tree: as [`payload`], but a number stands without quotes.
pub(crate) fn value(text: Option<&str>, len: u32) -> String {
    let number = |text: &&str| {
        !text.is_empty() && text.len() == len as usize && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'))
    };
    text.filter(number).map_or_else(|| payload(text, len), str::to_owned)
}

/// A number of bytes.
pub(crate) fn bytes(len: u64) -> String {
    match len {
        0..=9_999 => format!("{len} B"),
        10_000..=9_999_999 => format!("{} kB", len / 1000),
        _ => format!("{} MB", len / 1_000_000),
    }
}

/// A point in world time: `3.015 s`, from 1,000 s on `16:40.5`.
pub(crate) fn instant(at: Micros) -> String {
    let millis = at / 1000;
    let (seconds, rest) = (millis / 1000, millis % 1000);
    match seconds {
        0..=999 => format!("{seconds}.{rest:03} s"),
        1000..=3599 => format!("{}:{:02}.{}", seconds / 60, seconds % 60, rest / 100),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// A length of world time, coarser than an instant: `0.8 s`, `42 s`, `5 min`.
pub(crate) fn span(length: Micros) -> String {
    let tenths = length / 100_000;
    match tenths {
        0..=99 => format!("{}.{} s", tenths / 10, tenths % 10),
        100..=1_199 => format!("{} s", tenths / 10),
        1_200..=71_999 => format!("{} min", tenths / 600),
        _ => format!("{} h", tenths / 36_000),
    }
}

/// `1 message`, `2 messages`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A device's name as it may be shown.
pub(crate) fn device_name(device: &DeviceView) -> String {
    if device.name.is_empty() { format!("{} {}", words::DEVICE, device.id) } else { visible(&device.name) }
}

/// Protocol version as a tag.
pub(crate) fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::V31 => "v3.1",
        Protocol::V311 => "v3.1.1",
        Protocol::V5 => "v5",
    }
}

/// State of a device in one word.
pub(crate) fn state(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Offline => "offline",
        DeviceState::Connecting => "connecting",
        DeviceState::Connected => "connected",
    }
}

/// The second line of a device in the list: what matters most first, at most three things.
pub(crate) fn device_line(device: &DeviceView, now: Micros) -> String {
    let mut parts: Vec<String> = Vec::new();
    let since = span(now.saturating_sub(device.since));
    match device.state {
        DeviceState::Offline if device.since == 0 => parts.push("not connected yet".into()),
        DeviceState::Offline => parts.push(format!("offline {since}")),
        DeviceState::Connecting => parts.push("connecting".into()),
        DeviceState::Connected => {}
    }
    if device.in_flight_out > 0 {
        parts.push(format!("{} in flight out", device.in_flight_out));
    }
    if device.in_flight_in > 0 {
        parts.push(format!("{} in flight in", device.in_flight_in));
    }
    if device.queued > 0 {
        parts.push(format!("{} queued", device.queued));
    }
    if device.kind == DeviceKind::Real && !device.peer.is_empty() {
        parts.push(visible(&device.peer));
    }
    if device.state == DeviceState::Connected {
        if device.persistent {
            parts.push("persistent session".into());
        }
        if device.subscriptions > 0 {
            parts.push(count(device.subscriptions.into(), "subscription", "subscriptions"));
        }
        parts.push(format!("connected {since}"));
    } else if device.persistent && device.has_session {
        parts.push("session kept".into());
    }
    parts.truncate(3);
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_hide_in_a_name() {
        assert_eq!(visible("a\u{202e}b\nc\u{7f}\u{85}"), "a⟨U+202E⟩b␊c␡⟨U+0085⟩");
        assert_eq!(visible("Tür 開 🙂"), "Tür 開 🙂");
    }

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(instant(3_015_400), "3.015 s");
        assert_eq!(instant(1_000_500_000), "16:40.5");
        assert_eq!(instant(7_322_000_000), "2:02:02");
        assert_eq!([span(840_000), span(42_000_000), span(300_000_000), span(7_200_000_000)], ["0.8 s", "42 s", "5 min", "2 h"]);
    }

    #[test]
    fn a_payload_says_when_it_is_cut_or_no_text() {
        assert_eq!(payload(Some("lock"), 4), "\"lock\"");
        assert_eq!(payload(Some("loc"), 400), "\"loc…\"");
        assert_eq!(payload(None, 3), words::BINARY);
        assert_eq!(payload(Some(""), 0), words::EMPTY);
    }

    #[test]
    fn the_second_line_says_what_matters() {
        let mut device = DeviceView { id: 1, name: "phone".into(), state: DeviceState::Connected, ..DeviceView::default() };
        assert_eq!(device_line(&device, 42_000_000), "connected 42 s");
        device.in_flight_out = 1;
        assert_eq!(device_line(&device, 42_000_000), "1 in flight out, connected 42 s");
        device = DeviceView { queued: 3, state: DeviceState::Offline, since: 1_000_000, ..device };
        assert_eq!(device_line(&device, 13_000_000), "offline 12 s, 1 in flight out, 3 queued");
    }
}
