//! Words for what is done to packets on their links.

use contract::{Cut, Fault};

/// What a fault does, as the end of a sentence about a packet.
pub(crate) fn doing(fault: Fault) -> String {
    match fault {
        Fault::Hold => "held".into(),
        Fault::Drop => "dropped".into(),
        Fault::Double => "doubled".into(),
        Fault::Delay { millis } => format!("delayed by {millis} ms"),
        Fault::Swap => "overtaken by the next one".into(),
        Fault::Corrupt { at, .. } => format!("byte {at} changed"),
        Fault::Cut(Cut::Before) => "connection cut before it".into(),
        Fault::Cut(Cut::Inside { bytes }) => format!("connection cut after {bytes} of its bytes"),
        Fault::Cut(Cut::After) => "connection cut after it".into(),
        Fault::Silence => "link silent from here on".into(),
    }
}

/// One word, for the arrow of a packet.
pub(crate) fn mark(fault: Fault) -> &'static str {
    match fault {
        Fault::Hold => "held",
        Fault::Drop => "dropped",
        Fault::Double => "doubled",
        Fault::Delay { .. } => "delayed",
        Fault::Swap => "overtaken",
        Fault::Corrupt { .. } => "corrupted",
        Fault::Cut(_) => "cut",
        Fault::Silence => "silence",
    }
}
