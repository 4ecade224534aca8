//! Words for what the explorer found.

use contract::{ExplorerView, FindingKind, FindingView};

use super::{count, faults, visible};

/// How far it is.
pub(crate) fn progress(view: &ExplorerView) -> String {
    let worlds = count(view.worlds, "world", "worlds");
    if view.running { format!("{worlds} tried, {} %", view.per_mille / 10) } else { format!("{worlds} tried, all there are") }
}

/// A counter-example.
pub(crate) fn finding(finding: &FindingView) -> String {
    let happens = match finding.kind {
        FindingKind::Lost => "never gets",
        FindingKind::Twice => "gets twice",
        FindingKind::OutOfOrder => "gets too early",
    };
    let faults: Vec<String> = finding.faults.iter().map(|fault| faults::doing(*fault)).collect();
    let (who, topic, payload) = (visible(&finding.subscriber), visible(&finding.topic), visible(&finding.payload));
    format!("{who} {happens} {payload:?} on {topic} (QoS {}) when one packet is: {}.", finding.qos, faults.join("; another: "))
}
