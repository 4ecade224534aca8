//! A run with all that exports have to show: three versions, all QoS, faults, a takeover, ends of all sorts.

use contract::{Action, Answer, Command, Cut, DeviceSpec, ExportFormat, Fault, FaultRule, Habit, Kind, Matcher, Protocol, Row, What, Will};
use lab::Config;

use crate::common::{Bed, ack, connect, publish, subscribe};

pub(crate) const ALL: [ExportFormat; 6] = [
    ExportFormat::PcapngPdu,
    ExportFormat::PcapngTcp,
    ExportFormat::JsonLines,
    ExportFormat::Qlog,
    ExportFormat::Mermaid,
    ExportFormat::Svg,
];
pub(crate) const PASSWORD: &str = "correct-horse-battery";

pub(crate) fn listener(client_id: &str, protocol: Protocol, filter: &str) -> DeviceSpec {
    DeviceSpec {
        client_id: client_id.into(),
        protocol,
        clean_start: true,
        keep_alive: 30,
        user_name: Some("ada".into()),
        password: Some(PASSWORD.into()),
        will: Some(Will { topic: "gone".into(), payload: b"bye".to_vec(), qos: 1, retain: false, properties: Default::default() }),
        habits: vec![Habit::Subscribe { filter: filter.into(), qos: 2 }],
        ..DeviceSpec::default()
    }
}

/// A live bench in which all of it has happened.
pub(crate) fn lived() -> Bed {
    lived_with(Config::default())
}

pub(crate) fn lived_with(config: Config) -> Bed {
    let mut bed = Bed::with(config, 7);
    for (name, protocol) in [("old", Protocol::V31), ("middle", Protocol::V311), ("new", Protocol::V5)] {
        bed.command(Command::AddDevice(listener(name, protocol, "#"))).unwrap();
        bed.after(10);
    }
    let rule = |kind, fault| Matcher { kinds: vec![kind], device: Some("new".into()), ..Matcher::default() }.then(fault);
    bed.command(Command::AddRule(rule(Kind::Pubrec, Fault::Drop))).unwrap();
    bed.command(Command::AddRule(rule(Kind::Pingreq, Fault::Double))).unwrap();
    let conn = bed.open();
    bed.send(conn, &connect("real", true, 60));
    bed.send(conn, &subscribe(1, "a/+", 1));
    bed.after(10);
    for qos in 0..3 {
        bed.command(Command::Publish { device: None, topic: "a/b".into(), payload: b"21.5".to_vec(), qos, retain: qos == 1 }).unwrap();
        bed.after(20);
    }
    bed.send(conn, &publish("a/c", 1, 9, false, b"hello"));
    bed.after(10);
    // The same client again: the older connection is ended.
    let again = bed.open();
    bed.send(again, &connect("real", true, 60));
    bed.send(again, &publish("a/d", 2, 10, false, &[0xFF; 5_000]));
    bed.after(10);
    bed.send(again, &ack(0x62, 10));
    bed.after(10);
    let cut = Fault::Cut(Cut::Inside { bytes: 4 });
    bed.command(Command::AddRule(FaultRule::once(
        Matcher { kinds: vec![Kind::Publish], device: Some("real".into()), ..Matcher::default() },
        Action::Fault(cut),
    )))
    .unwrap();
    bed.send(again, &publish("a/e", 1, 11, false, b"never"));
    bed.after(10);
    let id = bed.bench.world().device("middle").unwrap();
    bed.command(Command::Disconnect(id)).unwrap();
    bed.after(70_000);
    bed
}

trait Then {
    fn then(self, fault: Fault) -> FaultRule;
}

impl Then for Matcher {
    fn then(self, fault: Fault) -> FaultRule {
        FaultRule::once(self, Action::Fault(fault))
    }
}

pub(crate) fn export(bed: &mut Bed, format: ExportFormat, mask_passwords: bool) -> Vec<u8> {
    match bed.command(Command::Export { format, mask_passwords }) {
        Ok(Answer::File { name, bytes }) => {
            assert!(name.starts_with("glassmq."), "{name}");
            bytes
        }
        other => panic!("{format:?}: {other:?}"),
    }
}

/// Rows of packets that are some.
pub(crate) fn packets(rows: &[Row]) -> Vec<(&Row, &contract::PacketRow)> {
    let mut found = Vec::new();
    for row in rows {
        if let What::Packet(packet) = &row.what
            && packet.kind != Kind::NotMqtt
        {
            found.push((row, packet));
        }
    }
    found
}
