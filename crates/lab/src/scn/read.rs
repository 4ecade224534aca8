//! A text becomes a scenario.

use alloc::string::String;
use alloc::vec::Vec;

use contract::{Action, Cut, DeviceId, DeviceSpec, Fault, FaultRule, Kind, LinkAction, Matcher, Refusal};
use mqtt::QoS;

use super::device::{self, PROTOCOLS, Tail, tail};
use super::line::{Line, Result};
use super::{Act, Count, Expect, FateName, Is, KINDS, MAX_LINES, MAX_TEXT, Pattern, Scenario, SyntaxError, When, kind_name};
use crate::bench::{check_rule, check_spec, check_topic};

const LINES: &str = "title, text, seed, device, rule, at, then, after, wait, expect, or an option or a habit of a device";

/// Reads a scenario.
pub fn parse(text: &str) -> core::result::Result<Scenario, SyntaxError> {
    let mut reader = Reader { scenario: Scenario { seed: 1, ..Scenario::default() }, open: None };
    if text.len() > MAX_TEXT {
        return Err(Line::new(1, "").error(1, &alloc::format!("a scenario has {MAX_TEXT} bytes at most")));
    }
    for (no, text) in (1u32..).zip(text.lines()) {
        let mut line = Line::new(no, text);
        if !text.trim_start().starts_with('#') && !text.trim().is_empty() {
            reader.line(&mut line)?;
        }
    }
    reader.close()?;
    Ok(reader.scenario)
}

struct Reader {
    scenario: Scenario,
    /// The line of the device that is described.
    open: Option<u32>,
}

impl Reader {
    fn line(&mut self, line: &mut Line<'_>) -> Result<()> {
        let first = line.clone();
        let word = line.word(LINES)?;
        let keyword = word.text.as_str();
        if let (Some(_), Some(spec)) = (self.open, self.scenario.devices.last_mut())
            && device::read(spec, keyword, line)?
        {
            return line.end();
        }
        match keyword {
            "title" => self.scenario.title = String::from(line.rest()),
            "text" => self.scenario.text.push(String::from(line.rest())),
            "seed" => {
                self.scenario.seed = line.number(0, u64::MAX)?;
                line.end()?;
            }
            "device" => self.device(line)?,
            "rule" => {
                self.close()?;
                let rule = rule(line)?;
                self.scenario.rules.push(rule);
            }
            "at" | "then" | "after" | "wait" => self.act(keyword, line)?,
            "expect" => self.expect(line)?,
            _ => {
                self.close()?;
                return Err(first.expected(&word, LINES));
            }
        }
        let all = [self.scenario.text.len(), self.scenario.acts.len(), self.scenario.rules.len(), self.scenario.expects.len()];
        if all.into_iter().any(|count| count > MAX_LINES) {
            return Err(line.error(1, &alloc::format!("there may be {MAX_LINES} lines of a kind at most")));
        }
        Ok(())
    }

    /// The device that was described is whole.
    fn close(&mut self) -> Result<()> {
        if let (Some(no), Some(spec)) = (self.open.take(), self.scenario.devices.last()) {
            legal(&Line::new(no, ""), check_spec(spec))?;
        }
        Ok(())
    }

    fn device(&mut self, line: &mut Line<'_>) -> Result<()> {
        self.close()?;
        let word = line.word("a client identifier")?;
        if self.find(&word.text).is_some() {
            return Err(line.expected(&word, "a client identifier that no other device has"));
        }
        let protocol = line.one_of(&PROTOCOLS)?;
        self.scenario.devices.push(DeviceSpec { client_id: word.text, protocol, ..DeviceSpec::default() });
        self.open = Some(line.no);
        line.end()
    }

    fn find(&self, name: &str) -> Option<DeviceId> {
        (1..).zip(&self.scenario.devices).find(|(_, spec)| spec.client_id == name).map(|(id, _)| id)
    }

    /// A device that stands above.
    fn named(&self, line: &mut Line<'_>) -> Result<DeviceId> {
        let expected = "the client identifier of a device that stands above";
        let word = line.word(expected)?;
        self.find(&word.text).ok_or_else(|| line.expected(&word, expected))
    }

    fn act(&mut self, keyword: &str, line: &mut Line<'_>) -> Result<()> {
        self.close()?;
        let when = match keyword {
            "then" => When::Then,
            "at" => When::At(line.time()?),
            _ => When::After(line.time()?),
        };
        let act = if keyword == "wait" { Act::Wait } else { self.deed(line)? };
        self.scenario.acts.push((when, act));
        line.end()
    }

    fn deed(&self, line: &mut Line<'_>) -> Result<Act> {
        let verbs = "one of connect, disconnect, publish, cut, silence, heal, inject, rule, pause";
        let word = line.word(verbs)?;
        Ok(match word.text.as_str() {
            "connect" => Act::Connect(self.named(line)?),
            "disconnect" => Act::Disconnect(self.named(line)?),
            "cut" => Act::Link(self.named(line)?, LinkAction::Cut),
            "silence" => Act::Link(self.named(line)?, LinkAction::Silence),
            "heal" => Act::Link(self.named(line)?, LinkAction::Heal),
            "pause" => Act::Pause,
            "rule" => Act::Rule(rule(line)?),
            "publish" => {
                let device = self.named(line)?;
                let (topic, payload) = (line.text("a topic name")?, line.bytes("a payload")?);
                legal(line, check_topic("topic", &topic))?;
                let Tail { qos, retain, .. } = tail(line, &["qos", "retain"])?;
                Act::Publish { device, topic, payload, qos: QoS::from_bits(qos).unwrap_or(QoS::ExactlyOnce), retain }
            }
            "inject" => {
                let to_broker = line.one_of(&[("from", true), ("to", false)])?;
                let (device, bytes) = (self.named(line)?, line.bytes("bytes like hex:c000")?);
                if bytes.is_empty() {
                    return Err(line.error(1, "it takes a byte at least to be sent"));
                }
                Act::Inject { device, to_broker, bytes }
            }
            _ => return Err(line.expected(&word, verbs)),
        })
    }

    fn expect(&mut self, line: &mut Line<'_>) -> Result<()> {
        self.close()?;
        let expect = if line.takes("device")? {
            let device = self.named(line)?;
            let names = [
                ("connected", Is::Connected),
                ("offline", Is::Offline),
                ("silent", Is::Silent),
                ("has-session", Is::HasSession),
                ("no-session", Is::NoSession),
                ("queued", Is::Queued(0)),
                ("in-flight", Is::InFlight(0)),
                ("subscriptions", Is::Subscriptions(0)),
            ];
            let is = match line.one_of(&names)? {
                Is::Queued(_) => Is::Queued(line.u32()?),
                Is::InFlight(_) => Is::InFlight(line.u32()?),
                Is::Subscriptions(_) => Is::Subscriptions(line.u32()?),
                is => is,
            };
            Expect::Device(device, is)
        } else {
            let count = if line.takes("some")? {
                Count::Some
            } else if line.takes("no")? {
                Count::No
            } else {
                let mut after = line.clone();
                let number = after.u32().map_err(|error| SyntaxError {
                    what: error.what.replace("a number from", "some, no, device, or a number from"),
                    ..error
                })?;
                *line = after;
                Count::Exactly(number)
            };
            Expect::Rows(count, pattern(line)?)
        };
        self.scenario.expects.push(expect);
        line.end()
    }
}

/// `rule <what is done> <which packets> <how often>`
fn rule(line: &mut Line<'_>) -> Result<FaultRule> {
    let verbs = "one of hold, drop, double, delay, swap, corrupt, cut, silence, pause";
    let word = line.word(verbs)?;
    let action = match word.text.as_str() {
        "hold" => Action::Fault(Fault::Hold),
        "drop" => Action::Fault(Fault::Drop),
        "double" => Action::Fault(Fault::Double),
        "swap" => Action::Fault(Fault::Swap),
        "silence" => Action::Fault(Fault::Silence),
        "pause" => Action::Pause,
        "delay" => Action::Fault(Fault::Delay { millis: line.millis()? }),
        "corrupt" => {
            let at = line.u32()?;
            let mask = if line.takes("mask")? { line.number(0, 255)? as u8 } else { 0 };
            Action::Fault(Fault::Corrupt { at, mask })
        }
        "cut" => Action::Fault(Fault::Cut(if line.takes("inside")? {
            Cut::Inside { bytes: line.u32()? }
        } else {
            line.one_of(&[("before", Cut::Before), ("after", Cut::After)])?
        })),
        _ => return Err(line.expected(&word, verbs)),
    };
    let mut rule = FaultRule::new(Matcher::default(), action);
    rule.matcher.kinds = kinds(line)?;
    loop {
        if matcher(&mut rule.matcher, line)? {
            continue;
        }
        if line.takes("once")? {
            rule.times = Some(1);
        } else if line.takes("times")? {
            rule.times = Some(line.u32()?);
        } else if line.takes("skip")? {
            rule.skip = line.u32()?;
        } else if line.takes("chance")? {
            rule.per_mille = line.u16()?;
        } else if line.takes("for")? {
            rule.for_millis = Some(line.millis()?);
        } else {
            break;
        }
    }
    legal(line, check_rule(&rule))?;
    line.end()?;
    Ok(rule)
}

fn pattern(line: &mut Line<'_>) -> Result<Pattern> {
    let mut pattern = Pattern { event: line.takes("event")?, ..Pattern::default() };
    if !pattern.event {
        pattern.matcher.kinds = kinds(line)?;
    }
    let fates = [
        ("arrived", FateName::Arrived),
        ("lost", FateName::Lost),
        ("dropped", FateName::Dropped),
        ("held", FateName::Held),
        ("under-way", FateName::UnderWay),
    ];
    loop {
        if matcher(&mut pattern.matcher, line)? {
            continue;
        }
        if line.takes("retain")? {
            pattern.retain = Some(line.yes()?);
        } else if line.takes("payload")? {
            pattern.payload = Some(line.text("a payload")?);
        } else if line.takes("fate")? {
            pattern.fate = Some(line.one_of(&fates)?);
        } else if line.takes("note")? {
            pattern.note = Some(line.text("a part of a note")?);
        } else {
            return Ok(pattern);
        }
    }
}

/// `any`, or names of packets with commas between them.
fn kinds(line: &mut Line<'_>) -> Result<Vec<Kind>> {
    let expected = "any, or packets like PUBLISH or PUBREC,PUBREL";
    let word = line.word(expected)?;
    if word.text == "any" {
        return Ok(Vec::new());
    }
    let kind = |name: &str| KINDS.into_iter().find(|kind| kind_name(*kind) == name);
    word.text.split(',').map(kind).collect::<Option<_>>().ok_or_else(|| line.expected(&word, expected))
}

/// Reads one thing by which packets are told apart. `false`: none stands here.
fn matcher(matcher: &mut Matcher, line: &mut Line<'_>) -> Result<bool> {
    for (word, to_broker) in [("from", Some(true)), ("to", Some(false)), ("of", None)] {
        if line.takes(word)? {
            matcher.device = Some(line.text("a client identifier")?);
            matcher.to_broker = to_broker;
            return Ok(true);
        }
    }
    for (word, to_broker) in [("in", true), ("out", false)] {
        if line.takes(word)? {
            matcher.to_broker = Some(to_broker);
            return Ok(true);
        }
    }
    if line.takes("topic")? {
        matcher.topic = Some(line.text("a topic filter")?);
    } else if line.takes("id")? {
        matcher.packet_id = Some(line.u16()?);
    } else if line.takes("qos")? {
        matcher.qos = Some(line.qos()?);
    } else if line.takes("dup")? {
        matcher.dup = Some(line.yes()?);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// What the bench would refuse is refused where it stands.
fn legal(line: &Line<'_>, checked: core::result::Result<(), Refusal>) -> Result<()> {
    checked.map_err(|refusal| match refusal {
        Refusal::BadField { field, why } => line.error(1, &alloc::format!("{field}: {why}")),
        other => line.error(1, &alloc::format!("{other:?}")),
    })
}
