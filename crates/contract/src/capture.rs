//! Files for other tools, and files of others that are looked at.

use alloc::string::String;
use serde::{Deserialize, Serialize};

/// What the trace is written as. The formats and their fields: docs/export.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportFormat {
    /// A capture for Wireshark: the packets alone (link type 252, exported PDU), an interface for each end of the links.
    PcapngPdu,
    /// The same within TCP/IP that was made up for it, so that a stream can be followed.
    PcapngTcp,
    /// A row a line, as JSON.
    JsonLines,
    /// qlog as JSON text sequence, with events of MQTT.
    Qlog,
    /// A sequence diagram as Mermaid's text, at most the newest 500 rows.
    Mermaid,
    /// The ladder as a picture, at most the newest 2,000 rows.
    Svg,
}

/// A capture that is looked at instead of the world. There is no broker in it: sessions, queues and retained messages are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingView {
    /// Name of its file.
    pub name: String,
    /// TCP connections (or those of exported PDUs) that spoke MQTT.
    pub connections: u32,
    /// Connections that did not begin with a CONNECT: of another protocol, or begun before the capture.
    pub others: u32,
    /// Bytes of MQTT connections that are missing in the capture, so that what came behind them could not be read.
    pub missing: u64,
}
