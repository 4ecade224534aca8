use super::*;

/// What a client would send: a frame with a mask.
fn frame(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 200];
    let mut out = Vec::new();
    FrameHeader { opcode, is_final, mask: Some(mask), ..FrameHeader::default() }
        .format(payload.len() as u64, &mut out)
        .expect("memory takes all");
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    out
}

const BINARY: OpCode = OpCode::Data(Data::Binary);
const CONTINUE: OpCode = OpCode::Data(Data::Continue);
const PING: OpCode = OpCode::Control(Control::Ping);

/// Feeds a stream in pieces of this many bytes; returns the payload and all steps but `More`.
fn feed(stream: &[u8], piece: usize, longest: u64) -> Result<(Vec<u8>, Vec<Step>), Fault> {
    let mut reader = Reader::new(longest);
    let (mut payload, mut steps) = (Vec::new(), Vec::new());
    for part in stream.chunks(piece) {
        let begin = payload.len();
        payload.extend_from_slice(part);
        let (mut at, mut to) = (0, 0);
        loop {
            let step = reader.step(&mut payload[begin..], &mut at, &mut to)?;
            assert!(to <= at && at <= part.len());
            if step == Step::More {
                break;
            }
            steps.push(step);
        }
        assert_eq!(at, part.len());
        payload.truncate(begin + to);
    }
    Ok((payload, steps))
}

#[test]
fn payload_comes_together_however_the_stream_is_cut() {
    let long: Vec<u8> = (0..70_000_u32).map(|n| n as u8).collect();
    let mut stream = frame(BINARY, true, b"one");
    stream.extend(frame(BINARY, true, b""));
    stream.extend(frame(BINARY, false, b"tw"));
    stream.extend(frame(PING, true, b"there?"));
    stream.extend(frame(CONTINUE, false, b""));
    stream.extend(frame(CONTINUE, true, &[b'o'; 300]));
    stream.extend(frame(OpCode::Control(Control::Pong), true, b""));
    stream.extend(frame(BINARY, true, &long));
    stream.extend(frame(OpCode::Control(Control::Close), true, &[3, 232, b'b', b'y', b'e']));
    let mut wanted = b"onetw".to_vec();
    wanted.extend([b'o'; 300]);
    wanted.extend(&long);
    for piece in [1, 2, 3, 7, 13, 14, 15, 64, 1000, stream.len()] {
        let (payload, steps) = feed(&stream, piece, u64::MAX).expect("all is right");
        assert!(payload == wanted, "pieces of {piece}");
        use Step::{Close, MessageEnd, Ping, Pong};
        let order = [MessageEnd, MessageEnd, Ping(b"there?".to_vec()), MessageEnd, Pong, MessageEnd, Close(1000)];
        assert_eq!(steps, order, "pieces of {piece}");
    }
}

#[test]
fn what_a_client_may_not_send_is_a_fault() {
    let fault = |stream: &[u8]| {
        let faults: Vec<_> = [1, 3, stream.len()].into_iter().map(|piece| feed(stream, piece, 1000).expect_err("this is wrong")).collect();
        assert!(faults.iter().all(|fault| *fault == faults[0]));
        faults[0].code()
    };
    assert_eq!(fault(&frame(OpCode::Data(Data::Text), true, b"hello")), code::UNSUPPORTED);
    assert_eq!(fault(&frame(BINARY, true, &[0; 1001])), code::TOO_LONG);
    assert_eq!(fault(&[frame(BINARY, false, &[0; 600]), frame(CONTINUE, true, &[0; 600])].concat()), code::TOO_LONG);
    assert_eq!(fault(&frame(CONTINUE, true, b"x")), code::PROTOCOL);
    assert_eq!(fault(&[frame(BINARY, false, b"x"), frame(BINARY, true, b"x")].concat()), code::PROTOCOL);
    assert_eq!(fault(&frame(PING, false, b"x")), code::PROTOCOL);
    assert_eq!(fault(&frame(PING, true, &[0; 126])), code::PROTOCOL);
    assert_eq!(fault(&frame(OpCode::Control(Control::Close), true, b"x")), code::PROTOCOL);
    assert_eq!(fault(&[0x82, 1, b'x']), code::PROTOCOL, "no mask");
    assert_eq!(fault(&[0xC2, 0x80, 0, 0, 0, 0]), code::PROTOCOL, "an extension");
    assert_eq!(fault(&[0x83, 0x80, 0, 0, 0, 0]), code::PROTOCOL, "an unknown kind");
    assert_eq!(fault(&[&[0x82, 0xFF][..], &[0xFF; 12]].concat()), code::TOO_LONG);
}

#[test]
fn frames_we_write_have_the_lengths_they_say() {
    let mut out = Vec::new();
    for (length, header) in [(0, vec![0x82, 0]), (126, vec![0x82, 126, 0, 126]), (65_536, vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])] {
        out.clear();
        binary_header(length, &mut out);
        assert_eq!(out, header);
    }
    out.clear();
    close(code::GOING_AWAY, &"ä".repeat(100), &mut out);
    assert_eq!(out.len(), 2 + 2 + 122, "cut at the border of a character");
    out.clear();
    close(code::NO_CODE, "no text without a code", &mut out);
    assert_eq!(out, [0x88, 0]);
}
