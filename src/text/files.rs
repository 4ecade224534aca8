//! Words for scenes and files.

use contract::{Expectation, RecordingView};

use super::{count, visible};

/// Built-in scenes: name, title, what one sees.
pub(crate) const SCENES: [(&str, &str, &str); 10] = [
    ("car-lock", "Car lock", "A phone locks a car and gets its confirmation."),
    ("lost-pubrec", "A PUBREC that never came", "Why nothing arrives twice all the same."),
    ("cut-in-publish", "Cut in the middle of a PUBLISH", "What comes again, and marked how."),
    ("qos-side-by-side", "QoS 0, 1 and 2 side by side", "The same loss under all three."),
    ("takeover", "Taken over", "Two devices with one client identifier."),
    ("will", "A last will", "What the broker says when a device does not come back."),
    ("retained", "Retained messages", "What a newcomer is told at once."),
    ("offline-queue", "Messages for somebody who is away", "What waits, and what does not."),
    ("request-response", "Request and response", "An answer that finds its way back."),
    ("bad-manners", "Bad manners", "Devices that do what they may not."),
];

/// Files for other tools, in the order of the panel.
pub(crate) const FORMATS: [(&str, &str); 6] = [
    ("0", "Wireshark: the packets (pcapng)"),
    ("1", "Wireshark: within TCP/IP, to follow a stream (pcapng)"),
    ("2", "JSON, a row a line"),
    ("3", "qlog"),
    ("4", "Mermaid sequence diagram"),
    ("5", "Picture of the ladder (SVG)"),
];

/// Whether what was expected has come true.
pub(crate) fn expectation(of: &Expectation) -> String {
    let text = visible(&of.text);
    if of.holds { format!("holds: {text}") } else { format!("does not hold: {text} (found {})", of.found) }
}

/// What is looked at instead of the world.
pub(crate) fn recording(view: &RecordingView) -> String {
    let mut text = format!("{}: {}", visible(&view.name), count(view.connections.into(), "connection", "connections"));
    if view.others > 0 {
        text.push_str(&format!(", {} without a CONNECT", view.others));
    }
    if view.missing > 0 {
        text.push_str(&format!(", {} missing", count(view.missing, "byte", "bytes")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_of_the_house_is_offered() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/www/lessons");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .expect("the scenes")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".scn").map(str::to_owned))
            .collect();
        there.sort();
        let mut offered: Vec<&str> = SCENES.iter().map(|(name, ..)| *name).collect();
        offered.sort();
        assert_eq!(there, offered);
    }
}
