//! Words for what happened: a chip beside a row, a sentence in the inspector.

use contract::{AgainWhy, CloseWhy, DropWhy, Letter, Note, ResendRule};

use super::{Names, count, visible};

/// A few words, for the chip beside an arrow.
pub(crate) fn chip(note: &Note, names: Names<'_>) -> String {
    match note {
        Note::Opened { transport, peer } if peer.is_empty() => format!("link open ({})", visible(transport)),
        Note::Opened { transport, peer } => format!("{} from {}", visible(transport), visible(peer)),
        Note::Closed(why) => close_why(why),
        Note::BadBytes { .. } => "bad bytes".into(),
        Note::SessionBegan => "new session".into(),
        Note::SessionResumed { queued: 0, in_flight: 0 } => "session goes on".into(),
        Note::SessionResumed { queued, in_flight } => format!("session goes on, {} waiting", queued.saturating_add(*in_flight)),
        Note::TookOver => "takes over".into(),
        Note::SessionEnded { expired: true } => "session expired".into(),
        Note::SessionEnded { expired: false } => "session ended".into(),
        Note::IdKept(id) => format!("keeps {id} until PUBREL"),
        Note::IdFreed(id) => format!("{id} is free"),
        Note::NotPassedOnTwice(id) => format!("{id} not passed on twice"),
        Note::Delivered { qos: 2, .. } => "delivered once".into(),
        Note::Delivered { .. } => "delivered".into(),
        Note::PassedOn { to: 0 } => "no subscriber".into(),
        Note::PassedOn { to } => format!("passed on to {to}"),
        Note::Queued { device, length } => format!("queued for {} ({length})", names(*device)),
        Note::Dropped { device, why: DropWhy::NotAllowed } => format!("{} may not publish this", names(*device)),
        Note::Dropped { device, why } => format!("dropped for {}: {}", names(*device), drop_why(*why)),
        Note::RetainedSet => "retained".into(),
        Note::RetainedCleared => "retained cleared".into(),
        Note::SentAgain { packet_id, .. } => format!("{packet_id} sent again"),
        Note::ResentByDevice { packet_id, rule } => match rule {
            ResendRule::Forbidden => format!("{packet_id} again: forbidden"),
            ResendRule::NotAskedFor => format!("{packet_id} again: not asked for"),
            ResendRule::Allowed => format!("{packet_id} again"),
        },
        Note::NotRetained { limit } => format!("not retained: limit {limit}"),
        Note::LoggedIn { user } => format!("is {}", visible(user)),
        Note::AccessSet => "access changed".into(),
        Note::MayNotSubscribe { filter } => format!("may not subscribe {}", visible(filter)),
        Note::WillPublished { topic } => format!("will sent: {}", visible(topic)),
        Note::WillDiscarded => "will discarded".into(),
        Note::KeepAliveOver { seconds } => format!("silent for 1.5 × {seconds} s"),
        Note::Subscribed { filter, qos } => format!("subscribed {} QoS {qos}", visible(filter)),
        Note::Unsubscribed { filter } => format!("unsubscribed {}", visible(filter)),
        Note::AgainstTheLetter { .. } => "strict would refuse".into(),
        Note::Injected { len, .. } => format!("{} by hand", count(u64::from(*len), "byte", "bytes")),
        Note::PingAnswered => "answered while paused".into(),
    }
}

/// A whole sentence, for the inspector.
pub(crate) fn sentence(note: &Note, names: Names<'_>) -> String {
    match note {
        Note::Opened { transport, peer } if peer.is_empty() => format!("A connection was opened ({}).", visible(transport)),
        Note::Opened { transport, peer } => format!("A connection was opened over {} from {}.", visible(transport), visible(peer)),
        Note::Closed(why) => format!("The connection ended: {}.", close_why(why)),
        Note::BadBytes { what, rule: Some(rule) } => format!("{} [{}]", visible(what), visible(rule)),
        Note::BadBytes { what, rule: None } => visible(what),
        Note::SessionBegan => "The broker holds a new session for this client.".into(),
        Note::SessionResumed { queued, in_flight } => {
            format!("The broker still had the client's session: {in_flight} in flight, {queued} in the queue.")
        }
        Note::TookOver => "An older connection of the same client was ended by this one.".into(),
        Note::SessionEnded { expired: true } => "The session's expiry interval has passed; all it held is gone.".into(),
        Note::SessionEnded { expired: false } => "The session has ended; all it held is gone.".into(),
        Note::IdKept(id) => {
            format!("The broker keeps packet identifier {id} until PUBREL, so that the message cannot come in twice.")
        }
        Note::IdFreed(id) => format!("Packet identifier {id} may be used for another message."),
        Note::NotPassedOnTwice(id) => format!("Message {id} came again: it is acknowledged, not passed on a second time."),
        Note::Delivered { qos: 2, packet_id } => format!("Message {packet_id} is complete: delivered exactly once."),
        Note::Delivered { packet_id, .. } => format!("Message {packet_id} is complete: delivered at least once."),
        Note::PassedOn { to: 0 } => "No session has a matching subscription: the message goes nowhere.".into(),
        Note::PassedOn { to } => {
            format!("The message was passed on to {}.", count((*to).into(), "matching session", "matching sessions"))
        }
        Note::Queued { device, length } => {
            format!("It waits in the queue of {}, which now holds {}.", names(*device), count((*length).into(), "message", "messages"))
        }
        Note::Dropped { device, why: DropWhy::NotAllowed } => {
            format!("It goes nowhere: {} may not publish to this topic.", names(*device))
        }
        Note::Dropped { device, why } => format!("It is not delivered to {}: {}.", names(*device), drop_why(*why)),
        Note::RetainedSet => "The broker keeps this message for whoever subscribes to its topic later.".into(),
        Note::RetainedCleared => "The broker has forgotten the retained message of this topic.".into(),
        Note::SentAgain { packet_id, why: AgainWhy::NewConnection } => {
            format!("Message {packet_id} was not acknowledged before the connection ended: it is sent again, as every version asks for.")
        }
        Note::SentAgain { packet_id, why: AgainWhy::NoAnswer } => format!(
            "Message {packet_id} has not been acknowledged for a while: it is sent again on the live connection, which MQTT 3.1 asks for, \
             3.1.1 allows and 5.0 forbids."
        ),
        Note::ResentByDevice { packet_id, rule } => {
            let says = match rule {
                ResendRule::Forbidden => "MQTT 5.0 forbids that: a client sends again on a new connection only [MQTT-4.4.0-1]",
                ResendRule::NotAskedFor => "MQTT 3.1.1 asks for that on a new connection only; many clients do it by a timer all the same",
                ResendRule::Allowed => "MQTT 3.1 allows that after a time without an answer",
            };
            format!("The device sent message {packet_id} again on the connection on which it had sent it before. {says}.")
        }
        Note::NotRetained { limit } => {
            format!(
                "The message was passed on but not retained: the broker keeps {} at most.",
                count((*limit).into(), "message", "messages")
            )
        }
        Note::LoggedIn { user } => format!("The client has proved that it is the user {}.", visible(user)),
        Note::AccessSet => "Who may connect, or who may do what, was changed; whoever may not be connected any more is ended.".into(),
        Note::MayNotSubscribe { filter } => {
            format!("The rights of this client do not let it subscribe to {}: no message it may read could match.", visible(filter))
        }
        Note::WillPublished { topic } => format!("The client went without goodbye: its will was published to {}.", visible(topic)),
        Note::WillDiscarded => "The client said goodbye: its will is not published.".into(),
        Note::KeepAliveOver { seconds } => {
            format!("The client was silent for longer than one and a half times its keep alive of {seconds} s.")
        }
        Note::Subscribed { filter, qos } => {
            format!("Messages that match {} now go to this client, with QoS {qos} at most.", visible(filter))
        }
        Note::Unsubscribed { filter } => format!("Messages that match {} no longer go to this client.", visible(filter)),
        Note::AgainstTheLetter { letter, rule: Some(rule) } => format!("{} [{}]", against_the_letter(*letter), visible(rule)),
        Note::AgainstTheLetter { letter, rule: None } => against_the_letter(*letter).into(),
        Note::Injected { to_broker, len } => {
            let end = if *to_broker { "the device" } else { "the broker" };
            format!("{} were put on the link by hand, as if {end} had sent them.", count(u64::from(*len), "byte", "bytes"))
        }
        Note::PingAnswered => "The world is paused: this PINGREQ was answered so that the device stays.".into(),
    }
}

/// Why a connection ended.
pub(crate) fn close_why(why: &CloseWhy) -> String {
    match why {
        CloseWhy::Goodbye => "goodbye".into(),
        CloseWhy::Gone(how) if how.is_empty() => "link cut".into(),
        CloseWhy::Gone(how) => format!("link cut: {}", visible(how)),
        CloseWhy::ByBroker(code, name) => format!("closed by broker: {} (0x{code:02x})", visible(name)),
        CloseWhy::Cut => "cut by a fault".into(),
        CloseWhy::ByUser => "closed by you".into(),
        CloseWhy::TunnelLost => "relay lost".into(),
    }
}

/// What a strict broker would have done.
fn against_the_letter(letter: Letter) -> &'static str {
    match letter {
        Letter::LongClientId => "A strict broker refuses this CONNECT: in MQTT 3.1 a client id has 1 to 23 characters.",
        Letter::BadFilter => "A strict broker closes the connection over a topic filter that is not well formed.",
        Letter::BadTopic => "A strict broker calls this topic name a protocol error: it is empty or has a wildcard.",
        Letter::OddText => "A strict broker closes the connection: a text holds a control character or a non-character.",
        Letter::PayloadFormat => "A strict broker refuses this payload: it is said to be UTF-8 and is not.",
        Letter::SharedBeforeV5 => "A strict broker does not share here: before MQTT 5.0 $share/… is a topic filter like any other.",
    }
}

/// Why a message was not delivered.
pub(crate) fn drop_why(why: DropWhy) -> &'static str {
    match why {
        DropWhy::QueueFull => "its queue is full",
        DropWhy::Offline => "it is offline and the message has QoS 0",
        DropWhy::TooLarge => "larger than its maximum packet size",
        DropWhy::Expired => "the message has expired",
        DropWhy::NoLocal => "its own message (No Local)",
        DropWhy::SessionEnded => "its session ended",
        DropWhy::Refused => "it refused the message",
        DropWhy::NotAllowed => "the publisher may not publish to this topic",
        DropWhy::MayNotRead => "it may not read this topic",
        DropWhy::PublisherMayNot => "whoever published it may not publish to this topic any more",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_and_name_the_device() {
        let names = |id: u32| format!("device-{id}");
        let note = Note::Dropped { device: 3, why: DropWhy::QueueFull };
        assert_eq!(chip(&note, &names), "dropped for device-3: its queue is full");
        assert_eq!(sentence(&note, &names), "It is not delivered to device-3: its queue is full.");
    }
}
