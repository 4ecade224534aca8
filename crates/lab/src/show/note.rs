//! Facts of the broker in the words of the contract.

use alloc::string::{String, ToString};

use broker::{EndWhy, Event, GoneWhy};
use contract::{AgainWhy, CloseWhy, DeviceId, DropWhy, Letter, Note, ResendRule};
use mqtt::PacketType;

use crate::world::Fact;

/// What a fact looks like; none for one that is not drawn.
pub(super) fn note(device: DeviceId, fact: &Fact) -> Option<Note> {
    Some(match fact {
        Fact::Opened { transport, peer } => Note::Opened { transport: String::from(*transport), peer: peer.to_string() },
        Fact::EndedByUser => Note::Closed(CloseWhy::ByUser),
        Fact::Gone { how } => Note::Closed(CloseWhy::Gone(how.to_string())),
        Fact::Cut => Note::Closed(CloseWhy::Cut),
        Fact::Injected { to_broker, len } => Note::Injected { to_broker: *to_broker, len: u32::try_from(*len).unwrap_or(u32::MAX) },
        Fact::PingAnswered => Note::PingAnswered,
        Fact::Broker(event) => return of_broker(device, event),
    })
}

fn of_broker(device: DeviceId, event: &Event) -> Option<Note> {
    Some(match event {
        Event::Published { .. } => return None,
        Event::BadBytes { error, .. } => Note::BadBytes { what: error.to_string(), rule: error.rule().map(String::from) },
        Event::Ended { why, .. } => Note::Closed(close_why(*why)),
        Event::SessionBegan { .. } => Note::SessionBegan,
        Event::SessionResumed { queued, in_flight, .. } => Note::SessionResumed { queued: *queued, in_flight: *in_flight },
        Event::TookOver { .. } => Note::TookOver,
        Event::SessionEnded { expired, .. } => Note::SessionEnded { expired: *expired },
        Event::IdKept { id, .. } => Note::IdKept(id.get()),
        Event::IdFreed { id, .. } => Note::IdFreed(id.get()),
        Event::NotPassedOnTwice { id, .. } => Note::NotPassedOnTwice(id.get()),
        Event::PassedOn { to, .. } => Note::PassedOn { to: *to },
        Event::Queued { length, .. } => Note::Queued { device, length: *length },
        Event::Dropped { why, .. } => Note::Dropped { device, why: drop_why(*why) },
        Event::Delivered { qos, id, .. } => Note::Delivered { qos: *qos as u8, packet_id: id.get() },
        Event::SentAgain { id, why, .. } => Note::SentAgain { packet_id: id.get(), why: again_why(*why) },
        Event::ResentByClient { id, rule, .. } => Note::ResentByDevice { packet_id: id.get(), rule: resend_rule(*rule) },
        Event::NotRetained { limit, .. } => Note::NotRetained { limit: *limit },
        Event::LoggedIn { user, .. } => Note::LoggedIn { user: user.to_string() },
        Event::AccessSet => Note::AccessSet,
        Event::MayNotSubscribe { filter, .. } => Note::MayNotSubscribe { filter: filter.to_string() },
        Event::RetainedSet { .. } => Note::RetainedSet,
        Event::RetainedCleared => Note::RetainedCleared,
        Event::WillPublished { topic, .. } => Note::WillPublished { topic: topic.to_string() },
        Event::WillDiscarded { .. } => Note::WillDiscarded,
        Event::KeepAliveOver { seconds, .. } => Note::KeepAliveOver { seconds: *seconds },
        Event::Subscribed { filter, qos, .. } => Note::Subscribed { filter: filter.to_string(), qos: *qos as u8 },
        Event::Unsubscribed { filter, .. } => Note::Unsubscribed { filter: filter.to_string() },
        Event::AgainstTheLetter { letter: what, rule, .. } => {
            Note::AgainstTheLetter { letter: letter(*what), rule: rule.map(String::from) }
        }
    })
}

fn close_why(why: EndWhy) -> CloseWhy {
    match why {
        // The DISCONNECT itself says with which reason code.
        EndWhy::Goodbye(_) => CloseWhy::Goodbye,
        EndWhy::Gone(GoneWhy::TunnelLost) => CloseWhy::TunnelLost,
        EndWhy::Gone(GoneWhy::Closed | GoneWhy::Lost) => CloseWhy::Gone(String::new()),
        EndWhy::Broker(reason) => CloseWhy::ByBroker(reason as u8, reason.name_in(PacketType::Disconnect).to_string()),
    }
}

fn letter(letter: broker::Letter) -> Letter {
    match letter {
        broker::Letter::LongClientId => Letter::LongClientId,
        broker::Letter::BadFilter => Letter::BadFilter,
        broker::Letter::BadTopic => Letter::BadTopic,
        broker::Letter::OddText => Letter::OddText,
        broker::Letter::PayloadFormat => Letter::PayloadFormat,
        broker::Letter::SharedBeforeV5 => Letter::SharedBeforeV5,
    }
}

pub(super) fn drop_why(why: broker::DropWhy) -> DropWhy {
    match why {
        broker::DropWhy::QueueFull => DropWhy::QueueFull,
        broker::DropWhy::Offline => DropWhy::Offline,
        broker::DropWhy::TooLarge => DropWhy::TooLarge,
        broker::DropWhy::Expired => DropWhy::Expired,
        broker::DropWhy::NoLocal => DropWhy::NoLocal,
        broker::DropWhy::SessionEnded => DropWhy::SessionEnded,
        broker::DropWhy::Refused => DropWhy::Refused,
        broker::DropWhy::NotAllowed => DropWhy::NotAllowed,
        broker::DropWhy::MayNotRead => DropWhy::MayNotRead,
        broker::DropWhy::PublisherMayNot => DropWhy::PublisherMayNot,
    }
}

fn again_why(why: broker::AgainWhy) -> AgainWhy {
    match why {
        broker::AgainWhy::NewConnection => AgainWhy::NewConnection,
        broker::AgainWhy::NoAnswer => AgainWhy::NoAnswer,
    }
}

fn resend_rule(rule: broker::ResendRule) -> ResendRule {
    match rule {
        broker::ResendRule::Forbidden => ResendRule::Forbidden,
        broker::ResendRule::NotAskedFor => ResendRule::NotAskedFor,
        broker::ResendRule::Allowed => ResendRule::Allowed,
    }
}
