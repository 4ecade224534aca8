//! A password is in no file, unless it is asked for.

use contract::{Command, DeviceSpec, ExportFormat};

use crate::common::{Bed, packet};
use crate::house::{ALL, PASSWORD, export, lived};

fn holds(file: &[u8], secret: &[u8]) -> bool {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    [secret, hex.as_bytes()].iter().any(|form| file.windows(form.len()).any(|part| part == *form))
}

#[test]
fn passwords_are_masked_and_lengths_stay() {
    let mut bed = lived();
    for format in ALL {
        let (masked, plain) = (export(&mut bed, format, true), export(&mut bed, format, false));
        assert_eq!(masked.len(), plain.len(), "{format:?}");
        assert!(!holds(&masked, PASSWORD.as_bytes()), "{format:?}");
        let with_bytes = !matches!(format, ExportFormat::Mermaid | ExportFormat::Svg);
        assert_eq!(holds(&plain, PASSWORD.as_bytes()), with_bytes, "{format:?}: the test looks for what is there");
        assert_eq!(holds(&masked, "*".repeat(PASSWORD.len()).as_bytes()), with_bytes, "{format:?}");
    }
}

#[test]
fn what_proves_a_password_is_masked_too() {
    let mut bed = Bed::live(1);
    let users = "ada:SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let access = contract::AccessSpec { scram_file: Some(users.into()), ..Default::default() };
    bed.command(Command::SetAccess(access)).unwrap();
    let spec = DeviceSpec {
        client_id: "prover".into(),
        user_name: Some("ada".into()),
        password: Some("pencil".into()),
        scram: true,
        ..DeviceSpec::default()
    };
    bed.command(Command::AddDevice(spec)).unwrap();
    bed.after(100);
    let plain = export(&mut bed, ExportFormat::PcapngPdu, false);
    assert!(holds(&plain, b"n,,n=ada,r=") && holds(&plain, b",i=4096"), "the proof begins, and is asked for more");
    for format in ALL {
        let masked = export(&mut bed, format, true);
        assert!(!holds(&masked, b"n,,n=ada") && !holds(&masked, b",i=4096"), "{format:?}");
        assert!(
            holds(&masked, b"SCRAM-SHA-256") || !holds(&plain, b"SCRAM-SHA-256") || format as u8 >= 2,
            "{format:?}: the method is none"
        );
    }
}

/// A CONNECT that cannot be read to its end may hold a password where nobody knows; so may what is no packet.
#[test]
fn what_cannot_be_read_is_masked() {
    let text = |text: &[u8]| [&(text.len() as u16).to_be_bytes()[..], text].concat();
    let head = |flags| [text(b"MQTT"), vec![4, flags, 0, 60], text(b"id")].concat();
    let long_will = [head(0xC6), text(b"t"), text(&[b'w'; 5_000]), text(b"ada"), text(PASSWORD.as_bytes())].concat();
    let strange = [text(b"MQTX"), vec![4, 0xC2, 0, 60], text(b"id"), text(b"ada"), text(PASSWORD.as_bytes())].concat();
    let behind = [head(0x02), text(PASSWORD.as_bytes())].concat();
    let streams = [
        packet(0x10, &long_will),
        packet(0x10, &strange),
        packet(0x10, &behind),
        format!("GET / HTTP/1.1\r\nAuthorization: {PASSWORD}\r\n\r\n").into_bytes(),
        [&[0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], PASSWORD.as_bytes()].concat(),
    ];
    for (n, stream) in streams.iter().enumerate() {
        let mut bed = Bed::live(2);
        let conn = bed.open();
        bed.send(conn, stream);
        bed.after(10);
        assert!(bed.bench.rows(0, 100).len() > 1, "stream {n} leaves a row");
        for format in ALL {
            let file = export(&mut bed, format, true);
            assert!(!holds(&file, PASSWORD.as_bytes()), "{format:?}, stream {n}");
        }
    }
}
