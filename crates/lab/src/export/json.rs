//! The rows as JSON: one a line, and as qlog.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use contract::RowNo;

use super::Source;
use super::moments::{self, Moment, Side, Thing};
use crate::show;

/// A row a line: the fields of the contract's `Row`, then who and the bytes.
pub(super) fn lines(source: &Source<'_>) -> Vec<u8> {
    let (first, end) = source.trace.range();
    let mut out = String::new();
    for n in first..end {
        if let Some(row) = row(source, n) {
            out.push_str(&row);
            out.push('\n');
        }
    }
    out.into_bytes()
}

/// A JSON text sequence: the header, then what the broker saw and did, in the order of time.
pub(super) fn qlog(source: &Source<'_>) -> Vec<u8> {
    let mut out = String::new();
    let header = r#"{"file_schema":"urn:ietf:params:qlog:file:sequential","serialization_format":"application/qlog+json-seq","title":"GlassMQ","trace":{"common_fields":{"time_format":"relative_to_epoch","reference_time":{"clock_type":"monotonic","epoch":"unknown"}},"vantage_point":{"name":"broker","type":"server"},"event_schemas":["urn:x-glassmq:qlog:events:mqtt-1"]}}"#;
    let _ = writeln!(out, "\u{1e}{header}");
    for moment in moments::of(source.trace).iter().filter(|moment| moment.side == Side::Broker) {
        let name = match moment.thing {
            Thing::Leaves => "packet_sent",
            Thing::Arrives(None) => "packet_received",
            Thing::Fails => "packet_lost",
            Thing::Happens => "event",
            Thing::Arrives(Some(_)) | Thing::Ends(..) => continue,
        };
        let (Some(data), at) = (moment.row.and_then(|n| row(source, n)), moment.at) else { continue };
        let _ =
            writeln!(out, "\u{1e}{{\"time\":{}.{:03},\"name\":\"mqtt:{name}\"{},\"data\":{data}}}", at / 1_000, at % 1_000, group(moment));
    }
    out.into_bytes()
}

/// Packets of a connection are a group.
fn group(moment: &Moment<'_>) -> String {
    moment.record.packet.as_ref().map_or_else(String::new, |packet| format!(",\"group_id\":\"conn-{}\"", packet.conn.0))
}

fn row(source: &Source<'_>, n: RowNo) -> Option<String> {
    let row = show::row(source.trace, n)?;
    let record = source.trace.get(n)?;
    let mut out = serde_json::to_string(&row).ok()?;
    // It is an object: two more fields go in before its end.
    out.pop();
    if row.device > 0 {
        let _ = write!(out, ",\"name\":{}", serde_json::to_string(&(source.name)(row.device)).ok()?);
    }
    if let Some(packet) = &record.packet {
        let _ = write!(out, ",\"conn\":{},\"bytes\":\"", packet.conn.0);
        for byte in source.bytes(packet, None) {
            let _ = write!(out, "{byte:02x}");
        }
        out.push('"');
    }
    out.push('}');
    Some(out)
}
