//! The trace as files for other tools. What each format holds: docs/export.md.
//!
//! Each is a function of the trace alone: the same trace gives the same bytes. Passwords and Authentication Data are masked with as many
//! bytes `*`, so that all lengths stay right.

mod draw;
mod json;
mod mask;
mod moments;
mod pcapng;
mod pdu;
mod tcp;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use contract::{DeviceId, ExportFormat};

use crate::trace::{PacketRecord, Trace};

/// Port on which the broker is said to listen in captures.
const BROKER_PORT: u16 = 1883;

/// What is written.
pub(crate) struct Source<'a> {
    pub(crate) trace: &'a Trace,
    /// What devices are called.
    pub(crate) name: &'a dyn Fn(DeviceId) -> String,
    /// Put `*` in the place of secrets.
    pub(crate) mask: bool,
}

/// The file, and the ending of its name.
pub(crate) fn write(source: &Source<'_>, format: ExportFormat) -> (&'static str, Vec<u8>) {
    match format {
        ExportFormat::PcapngPdu => ("pdu.pcapng", pdu::write(source)),
        ExportFormat::PcapngTcp => ("tcp.pcapng", tcp::write(source)),
        ExportFormat::JsonLines => ("jsonl", json::lines(source)),
        ExportFormat::Qlog => ("sqlog", json::qlog(source)),
        ExportFormat::Mermaid => ("mmd", draw::mermaid(source)),
        ExportFormat::Svg => ("svg", draw::svg(source)),
    }
}

impl Source<'_> {
    /// The kept bytes of a packet as they may be shown; `kept`: where they are, when not in the trace.
    fn bytes(&self, packet: &PacketRecord, kept: Option<&[u8]>) -> Vec<u8> {
        let mut bytes = kept.map_or_else(|| Cow::Owned(self.trace.bytes(packet)), Cow::Borrowed).into_owned();
        if self.mask {
            let whole = bytes.len() == packet.len as usize;
            mask::mask(&mut bytes, packet.version, packet.bad, whole);
        }
        bytes
    }
}
