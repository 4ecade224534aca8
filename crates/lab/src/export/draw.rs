//! The ladder as a picture, and as text that Mermaid makes one of. What devices say is escaped, so that it can only ever be text.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

use contract::{DeviceId, Fact, Fate, PacketRow, Row, RowNo, What};

use super::Source;
use super::moments::note;
use crate::show;

const MOST_MERMAID: u64 = 500;
const MOST_SVG: u64 = 2_000;
/// Characters of a label, and of the notes of a row.
const LABEL: usize = 80;

const LANE: usize = 260;
const LEFT: usize = 180;
const ROW: usize = 26;
const HEAD: usize = 56;

/// A sequence diagram.
pub(super) fn mermaid(source: &Source<'_>) -> Vec<u8> {
    let (rows, left_out) = newest(source, MOST_MERMAID);
    let mut out = String::from("sequenceDiagram\n");
    if left_out > 0 {
        let _ = writeln!(out, "    %% {left_out} older rows are left out");
    }
    out.push_str("    participant b as broker\n");
    for device in lanes(&rows) {
        let _ = writeln!(out, "    participant d{device} as {}", plain(&(source.name)(device)));
    }
    for row in &rows {
        let lane = lane(row);
        if let What::Packet(packet) = &row.what {
            let arrow = if has_failed(packet) { "--x" } else { "->>" };
            let label = plain(&label(packet));
            let _ = match packet.to_broker {
                true => writeln!(out, "    {lane}{arrow}b: {label}"),
                false => writeln!(out, "    b{arrow}{lane}: {label}"),
            };
        }
        if !row.notes.is_empty() {
            let _ = writeln!(out, "    Note over {lane}: {}", plain(&notes(row)));
        }
    }
    out.into_bytes()
}

/// A picture of text and lines, without script, link or outside parts.
pub(super) fn svg(source: &Source<'_>) -> Vec<u8> {
    let (rows, left_out) = newest(source, MOST_SVG);
    let lanes = lanes(&rows);
    let x =
        |device: DeviceId| lanes.binary_search(&device).map_or(LEFT, |at| at.saturating_add(1).saturating_mul(LANE).saturating_add(LEFT));
    let notes_x = lanes.len().saturating_mul(LANE).saturating_add(LEFT + 40);
    let (width, height) = (notes_x.saturating_add(700), rows.len().saturating_mul(ROW).saturating_add(HEAD + 30));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>GlassMQ{}</title>\n\
         <defs><marker id=\"a\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\n\
         <marker id=\"x\" markerWidth=\"9\" markerHeight=\"9\" refX=\"4.5\" refY=\"4.5\"><path d=\"M1 1L8 8M8 1L1 8\" stroke=\"#b00\" stroke-width=\"2\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        if left_out > 0 { alloc::format!(": {left_out} older rows are left out") } else { String::new() }
    );
    for (x, name) in [(LEFT, String::from("broker"))].into_iter().chain(lanes.iter().map(|&device| (x(device), (source.name)(device)))) {
        let _ = writeln!(out, "<path d=\"M{x} 34V{height}\" stroke=\"#bbb\"/>");
        text(&mut out, (x, 24), "text-anchor=\"middle\" font-weight=\"bold\"", &clip(&name, 34));
    }
    for (row, n) in rows.iter().zip(0usize..) {
        let y = n.saturating_mul(ROW).saturating_add(HEAD);
        let shown = alloc::format!("{}.{:03} ms", row.at / 1_000, row.at % 1_000);
        text(&mut out, (LEFT - 60, y), "text-anchor=\"end\" fill=\"#666\"", &shown);
        if let What::Packet(packet) = &row.what {
            let (from, to) = if packet.to_broker { (x(row.device), LEFT) } else { (LEFT, x(row.device)) };
            let middle = from.midpoint(to);
            let (to, style) = match packet.fate {
                _ if has_failed(packet) => (middle, "stroke=\"#b00\" stroke-dasharray=\"5 3\" marker-end=\"url(#x)\""),
                Fate::Arrived { .. } => (to, "stroke=\"#000\" marker-end=\"url(#a)\""),
                _ => (middle, "stroke=\"#888\" stroke-dasharray=\"2 3\" marker-end=\"url(#a)\""),
            };
            let _ = writeln!(out, "<path d=\"M{from} {}H{to}\" {style}/>", y.saturating_add(4));
            text(&mut out, (middle, y), "text-anchor=\"middle\"", &label(packet));
        }
        if !row.notes.is_empty() {
            text(&mut out, (notes_x, y), "fill=\"#335\"", &notes(row));
        }
    }
    out.push_str("</svg>\n");
    out.into_bytes()
}

/// The newest rows, and how many are kept before them.
fn newest(source: &Source<'_>, most: u64) -> (Vec<Row>, u64) {
    let (first, end) = source.trace.range();
    let from: RowNo = end.saturating_sub(most).max(first);
    ((from..end).filter_map(|n| show::row(source.trace, n)).collect(), from.saturating_sub(first))
}

fn lanes(rows: &[Row]) -> Vec<DeviceId> {
    let mut lanes: Vec<DeviceId> = rows.iter().map(|row| row.device).filter(|device| *device > 0).collect();
    lanes.sort_unstable();
    lanes.dedup();
    lanes
}

fn lane(row: &Row) -> String {
    if row.device == 0 { String::from("b") } else { alloc::format!("d{}", row.device) }
}

fn has_failed(packet: &PacketRow) -> bool {
    matches!(packet.fate, Fate::Lost { .. } | Fate::Dropped { .. })
}

/// What stands on an arrow.
fn label(packet: &PacketRow) -> String {
    let mut out = String::from(packet.kind.name());
    if let Some(id) = packet.packet_id {
        let _ = write!(out, " {id}");
    }
    if let Some(qos) = packet.qos {
        let _ = write!(out, " QoS {qos}");
    }
    for (set, word) in [(packet.dup, " DUP"), (packet.retain, " RETAIN")] {
        out.push_str(if set { word } else { "" });
    }
    for part in packet.topic.iter().chain(&packet.payload) {
        let _ = write!(out, " {part}");
    }
    for fact in &packet.facts {
        match fact {
            Fact::Version(version) => drop(write!(out, " {version}")),
            Fact::Reason(code, name) => drop(write!(out, " 0x{code:02X} {name}")),
            _ => {}
        }
    }
    if let Some(struck) = packet.fault {
        let _ = write!(out, " ({:?})", struck.fault);
    }
    clip(&out, LABEL)
}

fn notes(row: &Row) -> String {
    let all: Vec<String> = row.notes.iter().map(note).collect();
    clip(&all.join(", "), LABEL * 2)
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => alloc::format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_string(),
    }
}

/// Text in which Mermaid finds nothing to understand: whatever is not plain is written as the number of its character, and so is the
/// word `end`, which closes blocks.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let is_end = |word: &str| word.eq_ignore_ascii_case("end");
    let has_end = text.split(|it: char| !it.is_ascii_alphanumeric()).any(is_end);
    for it in text.chars() {
        let is_plain = it.is_ascii_alphanumeric() || matches!(it, ' ' | '.' | '/' | '_' | '-' | ',' | '(' | ')');
        match it {
            'e' | 'E' if has_end => drop(write!(out, "#{};", u32::from(it))),
            _ if is_plain => out.push(it),
            _ if it.is_control() => out.push('?'),
            _ => drop(write!(out, "#{};", u32::from(it))),
        }
    }
    out
}

fn text(out: &mut String, (x, y): (usize, usize), style: &str, text: &str) {
    let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" {style}>");
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has no such characters, nor may text turn the direction of what follows.
            _ if it.is_control() || matches!(it, '\u{FFFE}' | '\u{FFFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') => {
                out.push('\u{FFFD}');
            }
            _ => out.push(it),
        }
    }
    out.push_str("</text>\n");
}
