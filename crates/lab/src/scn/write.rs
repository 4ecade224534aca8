//! A scenario becomes a text.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

use contract::{Action, Cut, DeviceId, DeviceSpec, Fault, FaultRule, Habit, LinkAction, Matcher, Wave, WillProperties};

use super::device::{PROTOCOLS, ROLES};
use super::line::UNITS;
use super::{Act, Count, Expect, FateName, Is, Pattern, Scenario, When, kind_name};

/// Writes a scenario: what is read of it is the same again.
pub fn to_text(scenario: &Scenario) -> String {
    let mut out = String::new();
    if !scenario.title.is_empty() {
        put(&mut out, "title ", core::slice::from_ref(&scenario.title));
    }
    for paragraph in &scenario.text {
        put(&mut out, "text ", core::slice::from_ref(paragraph));
    }
    put(&mut out, "seed ", &[scenario.seed.to_string()]);
    for spec in &scenario.devices {
        out.push('\n');
        device(&mut out, spec);
    }
    let section = |out: &mut String, begins: bool| out.push_str(if begins { "\n" } else { "" });
    section(&mut out, !scenario.rules.is_empty());
    for rule in &scenario.rules {
        put(&mut out, "", &rule_words(rule));
    }
    let name = |id: DeviceId| {
        let spec = (id as usize).checked_sub(1).and_then(|at| scenario.devices.get(at));
        spec.map_or_else(|| String::from("?"), |spec| quote(&spec.client_id))
    };
    section(&mut out, !scenario.acts.is_empty());
    for (when, act) in &scenario.acts {
        put(&mut out, "", &act_words(*when, act, &name));
    }
    section(&mut out, !scenario.expects.is_empty());
    for expect in &scenario.expects {
        put(&mut out, "expect ", &[expect_text(expect, &name)]);
    }
    out
}

/// The lines of one device.
pub(crate) fn device(out: &mut String, spec: &DeviceSpec) {
    let DeviceSpec {
        client_id,
        protocol,
        clean_start,
        session_expiry,
        keep_alive,
        receive_maximum,
        user_name,
        password,
        scram,
        will,
        habits,
        asks_for_client_id,
        maximum_packet_size,
        topic_alias_maximum,
        uses_topic_aliases,
        request_response_information,
        request_problem_information,
        user_properties,
    } = spec;
    let protocol = PROTOCOLS.iter().find(|(_, other)| other == protocol).map_or("5.0", |(name, _)| name);
    put(out, "device ", &[quote(client_id), protocol.to_string()]);
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            put(out, "  ", &[name.to_string(), value]);
        }
    };
    let number = |number: u32| (number > 0).then(|| number.to_string());
    let flag = |flag: bool| flag.then(|| yes(true));
    option("clean-start", flag(*clean_start));
    option("session-expiry", number(*session_expiry));
    option("keep-alive", number((*keep_alive).into()));
    option("receive-maximum", number((*receive_maximum).into()));
    option("maximum-packet-size", number(*maximum_packet_size));
    option("topic-alias-maximum", number((*topic_alias_maximum).into()));
    option("topic-aliases", flag(*uses_topic_aliases));
    option("assigned-client-id", flag(*asks_for_client_id));
    option("request-response-information", request_response_information.map(yes));
    option("request-problem-information", request_problem_information.map(yes));
    option("user-name", user_name.as_deref().map(quote));
    option("password", password.as_deref().map(quote));
    option("scram", flag(*scram));
    for (name, value) in user_properties {
        option("user-property", Some([quote(name), quote(value)].join(" ")));
    }
    if let Some(will) = will {
        let mut words = alloc::vec![quote(&will.topic), payload(&will.payload)];
        tail(&mut words, will.qos, will.retain, (0, 0));
        option("will", Some(words.join(" ")));
        let WillProperties { delay, is_text, message_expiry, content_type, response_topic, correlation_data, user_properties } =
            &will.properties;
        option("will-delay", number(*delay));
        option("will-is-text", flag(*is_text));
        option("will-message-expiry", message_expiry.map(|seconds| seconds.to_string()));
        option("will-content-type", content_type.as_deref().map(quote));
        option("will-response-topic", response_topic.as_deref().map(quote));
        option("will-correlation-data", correlation_data.as_deref().map(payload));
        for (name, value) in user_properties {
            option("will-user-property", Some([quote(name), quote(value)].join(" ")));
        }
    }
    for habit in habits {
        put(out, "  ", &habit_words(habit));
    }
}

fn habit_words(habit: &Habit) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut say = |parts: &[&str]| words.extend(parts.iter().map(|part| (*part).to_string()));
    match habit {
        Habit::Subscribe { filter, qos } => {
            say(&["subscribe", &quote(filter)]);
            tail(&mut words, *qos, false, (0, 0));
        }
        Habit::Publish { topic, payload, qos, retain, after_ms, every_ms } => {
            say(&["publish", &quote(topic), &in_quotes(payload)]);
            tail(&mut words, *qos, *retain, (*after_ms, *every_ms));
        }
        Habit::Respond { filter, qos, topic, payload, answer_qos, retain } => {
            say(&["respond", &quote(filter)]);
            tail(&mut words, *qos, false, (0, 0));
            words.extend([String::from("with"), quote(topic), in_quotes(payload)]);
            tail(&mut words, *answer_qos, *retain, (0, 0));
        }
        Habit::Measure { topic, payload, wave, qos, retain, after_ms, every_ms } => {
            say(&["measure", &quote(topic), &in_quotes(payload)]);
            match *wave {
                Wave::Sine { min, max, period_ms } => say(&["sine", &thousandths(min), &thousandths(max), &millis(period_ms)]),
                Wave::Walk { min, max, step } => say(&["walk", &thousandths(min), &thousandths(max), &thousandths(step)]),
            }
            tail(&mut words, *qos, *retain, (*after_ms, *every_ms));
        }
        Habit::Request { topic, payload, response_topic, qos, after_ms, every_ms } => {
            say(&["request", &quote(topic), &in_quotes(payload), "reply", &quote(response_topic)]);
            tail(&mut words, *qos, false, (*after_ms, *every_ms));
        }
        Habit::Serve { filter, role, state, qos } => {
            let role = ROLES.iter().find(|(_, other)| other == role).map_or("car-lock", |(name, _)| name);
            say(&["serve", &quote(filter), role]);
            if let Some(state) = state {
                say(&["state", &quote(state)]);
            }
            tail(&mut words, *qos, false, (0, 0));
        }
        Habit::GoOffline { after_ms, for_ms, politely } => {
            say(&["go-offline", "after", &millis(*after_ms), "for", &millis(*for_ms)]);
            say(if *politely { &["politely"] } else { &[] });
        }
        Habit::ResendAlive { after_ms } => say(&["resend-alive", "after", &millis(*after_ms)]),
        Habit::NeverAcknowledge => say(&["never-acknowledge"]),
        Habit::AcknowledgeTwice => say(&["acknowledge-twice"]),
        Habit::ReuseBusyId => say(&["reuse-busy-id"]),
    }
    words
}

fn tail(words: &mut Vec<String>, qos: u8, retain: bool, (after, every): (u32, u32)) {
    let mut say = |name: &str, value: String| words.extend([name.to_string(), value].into_iter().filter(|word| !word.is_empty()));
    if qos > 0 {
        say("qos", qos.to_string());
    }
    if retain {
        say("retain", String::new());
    }
    if after > 0 {
        say("after", millis(after));
    }
    if every > 0 {
        say("every", millis(every));
    }
}

/// A rule as it stands on a line.
pub(crate) fn rule(rule: &FaultRule) -> String {
    rule_words(rule).join(" ")
}

fn rule_words(rule: &FaultRule) -> Vec<String> {
    let FaultRule { matcher, action, skip, times, per_mille, for_millis } = rule;
    let mut words = alloc::vec![String::from("rule")];
    let mut say = |parts: &[&str]| words.extend(parts.iter().map(|part| (*part).to_string()));
    match action {
        Action::Pause => say(&["pause"]),
        Action::Fault(Fault::Hold) => say(&["hold"]),
        Action::Fault(Fault::Drop) => say(&["drop"]),
        Action::Fault(Fault::Double) => say(&["double"]),
        Action::Fault(Fault::Swap) => say(&["swap"]),
        Action::Fault(Fault::Silence) => say(&["silence"]),
        Action::Fault(Fault::Delay { millis: by }) => say(&["delay", &millis(*by)]),
        Action::Fault(Fault::Corrupt { at, mask: 0 }) => say(&["corrupt", &at.to_string()]),
        Action::Fault(Fault::Corrupt { at, mask }) => say(&["corrupt", &at.to_string(), "mask", &mask.to_string()]),
        Action::Fault(Fault::Cut(Cut::Before)) => say(&["cut", "before"]),
        Action::Fault(Fault::Cut(Cut::After)) => say(&["cut", "after"]),
        Action::Fault(Fault::Cut(Cut::Inside { bytes })) => say(&["cut", "inside", &bytes.to_string()]),
    }
    words.extend(matcher_words(matcher));
    let mut say = |parts: [&str; 2]| words.extend(parts.map(String::from));
    if *skip > 0 {
        say(["skip", &skip.to_string()]);
    }
    if *per_mille != 1_000 {
        say(["chance", &per_mille.to_string()]);
    }
    if let Some(for_millis) = for_millis {
        say(["for", &millis(*for_millis)]);
    }
    match times {
        Some(1) => words.push(String::from("once")),
        Some(times) => say(["times", &times.to_string()]),
        None => {}
    }
    words
}

fn matcher_words(matcher: &Matcher) -> Vec<String> {
    let Matcher { device, to_broker, kinds, topic, packet_id, qos, dup } = matcher;
    let names: Vec<&str> = kinds.iter().map(|kind| kind_name(*kind)).collect();
    let mut words = alloc::vec![if names.is_empty() { String::from("any") } else { names.join(",") }];
    let mut say = |name: &str, value: Option<String>| words.extend(value.map(|value| [name.to_string(), value]).into_iter().flatten());
    let way = match (device, to_broker) {
        (Some(_), Some(true)) => "from",
        (Some(_), Some(false)) => "to",
        _ => "of",
    };
    say(way, device.as_deref().map(quote));
    say("topic", topic.as_deref().map(quote));
    say("id", packet_id.map(|id| id.to_string()));
    say("qos", qos.map(|qos| qos.to_string()));
    say("dup", dup.map(yes));
    if let (None, Some(to_broker)) = (device, to_broker) {
        words.push(String::from(if *to_broker { "in" } else { "out" }));
    }
    words
}

fn act_words(when: When, act: &Act, name: &dyn Fn(DeviceId) -> String) -> Vec<String> {
    let mut words = match (when, act) {
        (When::After(by), Act::Wait) => return alloc::vec![String::from("wait"), time(by)],
        (_, Act::Wait) => return alloc::vec![String::from("wait"), time(super::THEN)],
        (When::At(at), _) => alloc::vec![String::from("at"), time(at)],
        (When::After(by), _) => alloc::vec![String::from("after"), time(by)],
        (When::Then, _) => alloc::vec![String::from("then")],
    };
    let mut say = |verb: &str, rest: &[String]| {
        words.push(verb.to_string());
        words.extend_from_slice(rest);
    };
    match act {
        Act::Wait => {}
        Act::Pause => say("pause", &[]),
        Act::Connect(device) => say("connect", &[name(*device)]),
        Act::Disconnect(device) => say("disconnect", &[name(*device)]),
        Act::Link(device, LinkAction::Cut) => say("cut", &[name(*device)]),
        Act::Link(device, LinkAction::Silence) => say("silence", &[name(*device)]),
        Act::Link(device, LinkAction::Heal) => say("heal", &[name(*device)]),
        Act::Rule(rule) => words.extend(rule_words(rule)),
        Act::Inject { device, to_broker, bytes } => {
            let way = String::from(if *to_broker { "from" } else { "to" });
            say("inject", &[way, name(*device), hex(bytes)]);
        }
        Act::Publish { device, topic, payload: bytes, qos, retain } => {
            say("publish", &[name(*device), quote(topic), payload(bytes)]);
            tail(&mut words, *qos as u8, *retain, (0, 0));
        }
    }
    words
}

/// What is expected, without the first word of its line.
pub(crate) fn expect_text(expect: &Expect, name: &dyn Fn(DeviceId) -> String) -> String {
    match expect {
        Expect::Device(device, is) => {
            let is = match is {
                Is::Connected => String::from("connected"),
                Is::Offline => String::from("offline"),
                Is::Silent => String::from("silent"),
                Is::HasSession => String::from("has-session"),
                Is::NoSession => String::from("no-session"),
                Is::Queued(count) => alloc::format!("queued {count}"),
                Is::InFlight(count) => alloc::format!("in-flight {count}"),
                Is::Subscriptions(count) => alloc::format!("subscriptions {count}"),
            };
            alloc::format!("device {} {is}", name(*device))
        }
        Expect::Rows(count, Pattern { event, matcher, retain, payload, fate, note }) => {
            let mut words = alloc::vec![match count {
                Count::Some => String::from("some"),
                Count::No => String::from("no"),
                Count::Exactly(count) => count.to_string(),
            }];
            let mut like = matcher_words(matcher);
            if let (true, Some(first)) = (*event, like.first_mut()) {
                *first = String::from("event");
            }
            words.extend(like);
            let mut say =
                |name: &str, value: Option<String>| words.extend(value.map(|value| [name.to_string(), value]).into_iter().flatten());
            say("retain", retain.map(yes));
            say("payload", payload.as_deref().map(in_quotes));
            let fate = fate.map(|fate| match fate {
                FateName::Arrived => "arrived",
                FateName::Lost => "lost",
                FateName::Dropped => "dropped",
                FateName::Held => "held",
                FateName::UnderWay => "under-way",
            });
            say("fate", fate.map(String::from));
            say("note", note.as_deref().map(in_quotes));
            words.join(" ")
        }
    }
}

fn put(out: &mut String, begin: &str, words: &[String]) {
    out.push_str(begin);
    out.push_str(&words.join(" "));
    out.push('\n');
}

fn yes(yes: bool) -> String {
    String::from(if yes { "yes" } else { "no" })
}

/// A word as it stands, or in quotes where it could not be read otherwise.
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"';
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with("hex:") {
        return String::from(text);
    }
    in_quotes(text)
}

fn in_quotes(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Line separators of Unicode end a line for some editors.
            c if c.is_control() || (c.is_whitespace() && c != ' ') => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn payload(bytes: &[u8]) -> String {
    core::str::from_utf8(bytes).map_or_else(|_| hex(bytes), in_quotes)
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::from("hex:");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

fn millis(millis: u32) -> String {
    time(u64::from(millis).saturating_mul(1_000))
}

fn time(micros: u64) -> String {
    if micros == 0 {
        return String::from("0");
    }
    let fits = UNITS.iter().rev().find(|(_, unit)| micros.checked_rem(*unit) == Some(0));
    fits.map_or_else(String::new, |(name, unit)| alloc::format!("{}{name}", micros.checked_div(*unit).unwrap_or(0)))
}

fn thousandths(value: i32) -> String {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let text = alloc::format!("{sign}{}.{:03}", value / 1_000, value % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
