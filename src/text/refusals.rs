//! Words for what could not be done, each with what to do instead.

use contract::{Refusal, RelayView};

use super::{span, visible};

/// A refusal as a sentence, with what to do.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NothingToStep { next_in: Some(next) } => {
            format!("Nothing is under way. The next thing is due in {}: press Play, or publish something.", span(*next))
        }
        Refusal::NothingToStep { next_in: None } => {
            "Nothing is under way and nothing is due. Publish something, connect a device, or begin with a scene.".into()
        }
        Refusal::NoSuchDevice => "That device is gone. Choose another from the list.".into(),
        Refusal::NotSimulated => "That is a real device: only simulated ones can be made to do this from here.".into(),
        Refusal::ClientIdTaken => "Another device has this client id. Choose another id.".into(),
        Refusal::BadField { why, .. } => visible(why),
        Refusal::WrongState => {
            "The device's connection is not in the state for this. Connect it first, or look whether it already is.".into()
        }
        Refusal::Limit { name, value } => {
            format!("The limit {} of {value} is reached. Remove something first.", visible(name))
        }
        Refusal::NoSuchRule => "There is no such rule any more.".into(),
        Refusal::NotUnderWay => "That packet is no longer on its way.".into(),
        Refusal::BeyondHorizon { horizon } => format!("That moment cannot be seen again: the earliest one is step {horizon}."),
        Refusal::NoOtherFuture => "There is no other future: fork from the past first.".into(),
        Refusal::NoSuchScene => "There is no scene of this name.".into(),
        Refusal::OtherBuild { worker } => {
            format!(
                "This page and its broker are of different builds (page {}, broker {}). Reload the page.",
                contract::BUILD,
                visible(worker)
            )
        }
        Refusal::NoRelay => "There is no relay to do this with. Start it with cargo xtask serve and open the address it prints.".into(),
    }
}

/// The relay's state in a few words for the header, when it is not live.
pub(crate) fn relay(relay: &RelayView) -> String {
    match relay {
        RelayView::None => "No relay: simulated devices only".into(),
        RelayView::Connecting { tries: 0 | 1 } => "Connecting to the relay…".into(),
        RelayView::Connecting { tries } => format!("The relay does not answer; try {tries}. Is it still running?"),
        RelayView::Live { .. } => "Devices can connect".into(),
        RelayView::HeldElsewhere => "Another tab holds the broker".into(),
        RelayView::TakenOver => "Another tab took the broker over".into(),
        RelayView::OtherBuild { relay } => format!("The relay is of another build ({}): restart it, then reload", visible(relay)),
    }
}

/// The relay's state as tests and styles name it.
pub(crate) fn relay_key(relay: &RelayView) -> &'static str {
    match relay {
        RelayView::None => "none",
        RelayView::Connecting { .. } => "connecting",
        RelayView::Live { .. } => "live",
        RelayView::HeldElsewhere => "held",
        RelayView::TakenOver => "taken",
        RelayView::OtherBuild { .. } => "other-build",
    }
}

/// The broker's worker did not start or has died.
pub(crate) fn worker_dead(how: &str) -> String {
    let how = visible(how);
    if how.is_empty() {
        "The broker could not be started. Reload the page; if that does not help, serve the whole dist folder, worker files included."
            .into()
    } else {
        format!("The broker has stopped: {how}. Reload the page to start it anew.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_step_says_when_there_will_be() {
        let text = refusal(&Refusal::NothingToStep { next_in: Some(4_200_000) });
        assert!(text.starts_with("Nothing is under way. The next thing is due in 4.2 s"), "{text}");
    }
}
