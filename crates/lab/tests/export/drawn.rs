//! Texts for people and programs: well formed whatever devices are called, with fields that stay.

use contract::{Command, DeviceSpec, ExportFormat, Habit};
use serde_json::Value;

use crate::common::Bed;
use crate::house::{export, lived, packets};

const ATTACKS: [&str; 8] = [
    "</text><script>alert(1)</script>",
    "\"><image href=x onerror=alert(1)>",
    "end",
    "a; Note over b: click x href \"javascript:alert(1)\"",
    "%%{init: {\"securityLevel\":\"loose\"}}%%",
    "]]>&<!--'`${x}#35;",
    "\\\",\"n\":0,\"x\":\"",
    "\u{202E}txt\u{2028}\u{FFFE}",
];

fn attacked() -> Bed {
    let mut bed = Bed::live(3);
    for (n, attack) in ATTACKS.into_iter().enumerate() {
        let habits = vec![Habit::Subscribe { filter: format!("{n}/{attack}").replace(['+', '#'], ""), qos: 1 }];
        let spec = DeviceSpec { client_id: attack.into(), clean_start: true, habits, ..DeviceSpec::default() };
        bed.command(Command::AddDevice(spec)).unwrap();
        bed.after(5);
        let topic = format!("{n}/{attack}").replace(['+', '#'], "");
        bed.command(Command::Publish { device: None, topic, payload: attack.into(), qos: 1, retain: false }).unwrap();
        bed.after(5);
    }
    bed
}

fn text(bed: &mut Bed, format: ExportFormat) -> String {
    String::from_utf8(export(bed, format, true)).expect("it is UTF-8")
}

#[test]
fn nothing_that_a_device_says_becomes_a_part_of_the_picture() {
    let mut bed = attacked();
    let svg = text(&mut bed, ExportFormat::Svg);
    assert!(svg.contains("&lt;/text&gt;&lt;script&gt;"), "the attacks are in it: {svg}");
    let known = ["svg ", "/svg>", "title>", "/title>", "defs>", "/defs>", "marker ", "/marker>", "path ", "rect ", "text ", "/text>"];
    for tag in svg.split('<').skip(1) {
        assert!(known.iter().any(|known| tag.starts_with(known)), "<{tag}");
        let (inside, behind) = tag.split_once('>').expect("a tag ends");
        assert!(inside.matches('"').count() % 2 == 0 && !inside.contains("onerror") && !behind.contains('>'), "<{tag}");
    }
    let control = |it: char| (it.is_control() && it != '\n') || matches!(it, '\u{202E}' | '\u{FFFE}');
    assert!(!svg.contains(control));
}

#[test]
fn nothing_that_a_device_says_becomes_a_part_of_the_diagram() {
    let mut bed = attacked();
    let rows = bed.bench.rows(0, usize::MAX);
    let mermaid = text(&mut bed, ExportFormat::Mermaid);
    let notes = rows.iter().filter(|row| !row.notes.is_empty()).count();
    let devices: std::collections::BTreeSet<u32> = rows.iter().map(|row| row.device).filter(|device| *device > 0).collect();
    assert_eq!(mermaid.lines().count(), 2 + devices.len() + packets(&rows).len() + notes, "{mermaid}");
    for line in mermaid.lines().skip(1) {
        let shown = match line.trim_start() {
            line if line.starts_with("participant ") => line.split_once(" as ").expect("a participant has a name").1,
            line => line.split_once(": ").expect("an arrow and a note have a text").1,
        };
        let codes = shown.split('#').skip(1).map(|rest| rest.split_once(';').expect("a code ends").0);
        assert!(codes.into_iter().all(|code| code.parse::<u32>().is_ok()), "{line}");
        let bare: String =
            shown.split('#').enumerate().map(|(n, part)| if n == 0 { part } else { part.split_once(';').unwrap().1 }).collect();
        assert!(bare.chars().all(|it| it.is_ascii_alphanumeric() || " ./_-,()?".contains(it)), "{line}");
        assert!(!shown.split(|it: char| !it.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case("end")), "{line}");
    }
}

#[test]
fn each_line_of_json_is_a_row_and_whose_it_is() {
    let mut bed = attacked();
    let rows = bed.bench.rows(0, usize::MAX);
    let lines = text(&mut bed, ExportFormat::JsonLines);
    assert_eq!(lines.lines().count(), rows.len());
    let mut names = Vec::new();
    for (line, row) in lines.lines().zip(&rows) {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(value["n"], row.n);
        names.extend(value["name"].as_str().map(str::to_owned));
    }
    assert!(ATTACKS.iter().all(|attack| names.iter().any(|name| name == attack)), "{names:?}");
}

/// The names of the fields are a promise: docs/export.md.
#[test]
fn the_fields_of_a_row_stay() {
    let mut bed = lived();
    let lines = text(&mut bed, ExportFormat::JsonLines);
    let publish = lines.lines().find(|line| line.contains("\"Publish\"") && line.contains("\"qos\":1")).expect("a PUBLISH");
    let value: Value = serde_json::from_str(publish).expect("a line is JSON");
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<String>>().join(" ");
    assert_eq!(keys(&value), "at bytes conn device n name notes step what");
    let packet = "copy_of dup facts fate fault flow kind len message packet_id payload payload_len qos retain to_broker topic";
    assert_eq!(keys(&value["what"]["Packet"]), packet);
    assert_eq!(value["what"]["Packet"]["topic"], "a/b");
    assert!(value["bytes"].as_str().is_some_and(|hex| hex.starts_with("33") || hex.starts_with("32")), "{publish}");
}

#[test]
fn qlog_tells_what_the_broker_saw_in_the_order_of_time() {
    let mut bed = lived();
    let rows = bed.bench.rows(0, usize::MAX);
    let qlog = text(&mut bed, ExportFormat::Qlog);
    let records: Vec<Value> = qlog
        .split('\u{1e}')
        .skip(1)
        .map(|record| {
            assert!(record.ends_with('\n'));
            serde_json::from_str(record).unwrap_or_else(|error| panic!("{error}: {record}"))
        })
        .collect();
    assert_eq!(records[0]["file_schema"], "urn:ietf:params:qlog:file:sequential");
    let count = |name: &str| records.iter().filter(|record| record["name"] == format!("mqtt:{name}")).count();
    let to_devices = packets(&rows).iter().filter(|(_, packet)| !packet.to_broker).count();
    assert_eq!(count("packet_sent"), to_devices);
    assert_eq!(count("event"), rows.iter().filter(|row| row.what == contract::What::Event).count());
    assert!(count("packet_lost") >= 2 && count("packet_received") > 10);
    let times: Vec<f64> = records[1..].iter().map(|record| record["time"].as_f64().expect("a time")).collect();
    assert!(times.is_sorted(), "{times:?}");
}
