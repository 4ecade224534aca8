//! Captures of others as rows: pcap and pcapng with MQTT over TCP, MQTT over WebSocket, or exported PDUs.
//!
//! Bytes of a file become captured packets ([`file`]), these become segments of TCP or PDUs ([`layers`]), segments become streams, and
//! streams MQTT ([`stream`]), whose packets become rows ([`recorder`]). Nothing of a broker is made up: there are rows and devices, no
//! sessions. What is wrong with the file itself ends the reading with the place in it; what is wrong with a packet in it is a row.

mod file;
mod layers;
mod recorder;
mod stream;
mod websocket;

use alloc::string::String;
use alloc::vec::Vec;

use contract::{Counters, DeviceView, Micros, RecordingView, Step};

use crate::config::Config;
use crate::trace::Trace;

/// A capture that was read.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    pub(crate) view: RecordingView,
    pub(crate) trace: Trace,
    pub(crate) devices: Vec<DeviceView>,
    pub(crate) counters: Counters,
    /// The last step, and its time from the first captured packet on.
    pub(crate) end: (Step, Micros),
}

/// Reads a capture. An error is a whole sentence with the place in the file.
pub(crate) fn read(config: &Config, name: &str, bytes: &[u8]) -> Result<Recording, String> {
    let mut streams = stream::Streams::new(config);
    let mut captured = 0u64;
    file::read(bytes, &mut |packet| {
        captured = captured.saturating_add(1);
        if let Some(found) = layers::find(&packet) {
            streams.take(&packet, found);
        }
    })?;
    if captured == 0 {
        return Err(String::from("There is no packet in the file."));
    }
    let recording = streams.finish(name);
    if recording.view.connections == 0 {
        return Err(alloc::format!(
            "There is no MQTT in the file: of {captured} captured packets none begins a TCP connection (or a WebSocket on one) with a CONNECT, \
             and none is an exported PDU of MQTT. Capture from before the devices connect; what is encrypted by TLS cannot be read."
        ));
    }
    Ok(recording)
}
