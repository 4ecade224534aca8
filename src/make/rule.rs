//! Rules from the form, and those that can be armed at once.

use contract::{Action, Cut, Fault, FaultRule, Kind, Matcher, PacketRow};

use super::number;
use crate::text::words;

/// What is done, with a number of the form.
type Doing = fn(u32) -> Action;

/// What a rule or a hand can do, by the key of its choice in the form. The number is what the form calls "how much": milliseconds of a
/// delay, the byte that is changed, the bytes that arrive before a cut.
const ACTIONS: [(&str, Doing); 11] = [
    ("cut-before", |_| Action::Fault(Fault::Cut(Cut::Before))),
    ("cut-inside", |bytes| Action::Fault(Fault::Cut(Cut::Inside { bytes }))),
    ("cut-after", |_| Action::Fault(Fault::Cut(Cut::After))),
    ("silence", |_| Action::Fault(Fault::Silence)),
    ("hold", |_| Action::Fault(Fault::Hold)),
    ("delay", |millis| Action::Fault(Fault::Delay { millis })),
    ("double", |_| Action::Fault(Fault::Double)),
    ("swap", |_| Action::Fault(Fault::Swap)),
    ("corrupt", |at| Action::Fault(Fault::Corrupt { at, mask: 0 })),
    ("drop", |_| Action::Fault(Fault::Drop)),
    ("pause", |_| Action::Pause),
];

/// The kinds of packets a rule can be about, in the order of the standard.
pub(crate) const KINDS: [Kind; 15] = [
    Kind::Connect,
    Kind::Connack,
    Kind::Publish,
    Kind::Puback,
    Kind::Pubrec,
    Kind::Pubrel,
    Kind::Pubcomp,
    Kind::Subscribe,
    Kind::Suback,
    Kind::Unsubscribe,
    Kind::Unsuback,
    Kind::Pingreq,
    Kind::Pingresp,
    Kind::Disconnect,
    Kind::Auth,
];

/// What the form holds, as texts; an empty one means all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Draft {
    pub(crate) device: String,
    /// `in`, `out` or empty.
    pub(crate) way: String,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) topic: String,
    pub(crate) packet_id: String,
    pub(crate) qos: String,
    /// `yes`, `no` or empty.
    pub(crate) dup: String,
    pub(crate) skip: String,
    pub(crate) times: String,
    /// Percent, with a decimal if need be.
    pub(crate) chance: String,
    pub(crate) seconds: String,
    pub(crate) action: String,
    pub(crate) amount: String,
}

/// A number is wanted for these actions, called so.
pub(crate) fn amount_of(action: &str) -> Option<&'static str> {
    match action {
        "delay" => Some(words::AMOUNT_MILLIS),
        "corrupt" => Some(words::AMOUNT_AT),
        "cut-inside" => Some(words::AMOUNT_BYTES),
        _ => None,
    }
}

/// The fault of a key, with its number.
pub(crate) fn action(key: &str, amount: u32) -> Option<Action> {
    ACTIONS.iter().find(|(known, _)| *known == key).map(|(_, make)| make(amount))
}

/// The rule that the form describes, or what is wrong with it.
pub(crate) fn rule(draft: &Draft) -> Result<FaultRule, String> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let amount = match amount_of(&draft.action) {
        Some(name) => number(name, &draft.amount, 0, 86_400_000)?.ok_or_else(|| format!("{name}: a number is wanted."))?,
        None => 0,
    };
    let matcher = Matcher {
        device: some(&draft.device),
        to_broker: flag(&draft.way, "in", "out"),
        kinds: draft.kinds.clone(),
        topic: some(&draft.topic),
        packet_id: number(words::PACKET_ID, &draft.packet_id, 1, 65_535)?.map(|id| id as u16),
        qos: number(words::QOS, &draft.qos, 0, 2)?.map(|qos| qos as u8),
        dup: flag(&draft.dup, "yes", "no"),
    };
    Ok(FaultRule {
        matcher,
        action: action(&draft.action, amount).ok_or_else(|| format!("{}: choose one.", words::RULE_ACTION))?,
        skip: number(words::RULE_SKIP, &draft.skip, 0, u32::MAX)?.unwrap_or(0),
        times: number(words::RULE_TIMES, &draft.times, 1, u32::MAX)?,
        per_mille: chance(&draft.chance)?,
        for_millis: number(words::RULE_SECONDS, &draft.seconds, 1, 4_000_000)?.map(|seconds| seconds.saturating_mul(1_000)),
    })
}

/// A draft for the packets that are like this one.
pub(crate) fn like(packet: &PacketRow, device: String) -> Draft {
    Draft {
        device,
        way: if packet.to_broker { "in" } else { "out" }.into(),
        kinds: if packet.kind == Kind::NotMqtt { Vec::new() } else { vec![packet.kind] },
        times: "1".into(),
        ..blank()
    }
}

/// An empty draft: what most rules begin with.
pub(crate) fn blank() -> Draft {
    Draft { times: "1".into(), chance: "100".into(), action: "cut-before".into(), amount: "500".into(), ..Draft::default() }
}

/// Rules that can be armed for a device with one press, in the order of their names in `text::faults::PRESETS`.
pub(crate) fn presets(device: &str) -> Vec<FaultRule> {
    let of = |to_broker: bool, kind: Kind| Matcher {
        device: Some(device.to_owned()).filter(|name| !name.is_empty()),
        to_broker: Some(to_broker),
        kinds: vec![kind],
        ..Matcher::default()
    };
    let any = Matcher { kinds: Vec::new(), to_broker: None, ..of(true, Kind::Publish) };
    let fault = Action::Fault;
    vec![
        FaultRule::once(of(false, Kind::Pubrec), fault(Fault::Cut(Cut::Before))),
        FaultRule::once(of(false, Kind::Puback), fault(Fault::Cut(Cut::Before))),
        FaultRule::once(of(true, Kind::Publish), fault(Fault::Cut(Cut::Inside { bytes: 5 }))),
        FaultRule::once(of(false, Kind::Publish), fault(Fault::Cut(Cut::After))),
        FaultRule::once(of(false, Kind::Publish), fault(Fault::Hold)),
        FaultRule::new(of(false, Kind::Publish), fault(Fault::Double)),
        FaultRule::new(any.clone(), fault(Fault::Delay { millis: 2_000 })),
        FaultRule::once(of(true, Kind::Pingreq), fault(Fault::Silence)),
        FaultRule::new(Matcher { kinds: vec![Kind::Publish], dup: Some(true), ..any }, Action::Pause),
    ]
}

fn flag(text: &str, yes: &str, no: &str) -> Option<bool> {
    match text {
        text if text == yes => Some(true),
        text if text == no => Some(false),
        _ => None,
    }
}

/// Percent with at most one decimal, as thousandths.
fn chance(text: &str) -> Result<u16, String> {
    let wrong = || format!("{}: a number from 0.1 to 100 is wanted.", words::RULE_CHANCE);
    let text = text.trim().trim_end_matches('%').trim_end();
    if text.is_empty() {
        return Ok(1_000);
    }
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let (whole, tenth): (u16, u16) = (whole.parse().map_err(|_| wrong())?, tenth.parse().map_err(|_| wrong())?);
    match whole.checked_mul(10).and_then(|tenths| tenths.checked_add(tenth)) {
        Some(per_mille @ 1..=1_000) if tenth < 10 => Ok(per_mille),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::faults::{ACTIONS as ACTION_NAMES, PRESETS};

    #[test]
    fn a_blank_form_is_a_rule_for_the_next_packet() {
        let made = rule(&blank()).unwrap();
        assert_eq!(made, FaultRule::once(Matcher::default(), Action::Fault(Fault::Cut(Cut::Before))));
    }

    #[test]
    fn what_is_filled_in_is_in_the_rule() {
        let draft = Draft {
            device: " phone ".into(),
            way: "out".into(),
            kinds: vec![Kind::Publish, Kind::Pubrel],
            topic: "car/#".into(),
            packet_id: "7".into(),
            qos: "2".into(),
            dup: "no".into(),
            skip: "3".into(),
            times: String::new(),
            chance: "12.5".into(),
            seconds: "60".into(),
            action: "delay".into(),
            amount: "40".into(),
        };
        let made = rule(&draft).unwrap();
        assert_eq!(
            made.matcher,
            Matcher {
                device: Some("phone".into()),
                to_broker: Some(false),
                kinds: vec![Kind::Publish, Kind::Pubrel],
                topic: Some("car/#".into()),
                packet_id: Some(7),
                qos: Some(2),
                dup: Some(false),
            }
        );
        assert_eq!((made.skip, made.times, made.per_mille, made.for_millis), (3, None, 125, Some(60_000)));
        assert_eq!(made.action, Action::Fault(Fault::Delay { millis: 40 }));
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (draft, name) in [
            (Draft { chance: "0".into(), ..blank() }, words::RULE_CHANCE),
            (Draft { chance: "1.25".into(), ..blank() }, words::RULE_CHANCE),
            (Draft { packet_id: "70000".into(), ..blank() }, words::PACKET_ID),
            (Draft { times: "0".into(), ..blank() }, words::RULE_TIMES),
            (Draft { action: "delay".into(), amount: String::new(), ..blank() }, words::AMOUNT_MILLIS),
            (Draft { action: "bake".into(), ..blank() }, words::RULE_ACTION),
        ] {
            let why = rule(&draft).unwrap_err();
            assert!(why.starts_with(name), "{why}");
        }
    }

    #[test]
    fn presets_name_their_device() {
        let all = presets("phone");
        assert_eq!(all.len(), PRESETS.len());
        assert!(all.iter().all(|rule| rule.matcher.device.as_deref() == Some("phone")));
        assert!(presets("").iter().all(|rule| rule.matcher.device.is_none()));
    }

    #[test]
    fn every_choice_of_the_form_is_an_action() {
        assert!(ACTION_NAMES.iter().all(|(key, _)| action(key, 1).is_some()));
        assert_eq!(ACTION_NAMES.len(), ACTIONS.len());
    }
}
