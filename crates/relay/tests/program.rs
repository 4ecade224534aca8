//! The executable: what it prints, and how it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

fn glassmq(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glassmq"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn output(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = glassmq(args).output().expect("it starts");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

const ANY: [&str; 6] = ["--http", "127.0.0.1:0", "--ws", "127.0.0.1:0", "--tcp", "127.0.0.1:0"];

fn port(text: &str) -> u16 {
    text.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("it ends with a port")
}

/// Starts the relay; returns its first line too.
fn start(args: &[&str]) -> (Child, String, BufReader<std::process::ChildStdout>) {
    let mut child = glassmq(&[&ANY, args].concat()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("it prints a line");
    (child, line, out)
}

#[test]
fn json_is_one_line_with_the_real_ports() {
    let (mut child, line, mut out) = start(&["--json"]);
    let parts: Vec<&str> = line.split('"').collect();
    let &["{", "http", ": ", http, ", ", "ws", ": ", ws, ", ", "tcp", ": ", tcp, "}\n"] = parts.as_slice() else {
        panic!("another form was agreed on: {line}")
    };
    assert_eq!(http, format!("http://127.0.0.1:{}", port(http)));
    let inner = ws.strip_suffix("/mqtt").expect("with the path");
    assert_eq!(inner, format!("ws://127.0.0.1:{}", port(inner)));
    assert_eq!(tcp, format!("127.0.0.1:{}", port(tcp)));
    for port in [port(http), port(inner), port(tcp)] {
        std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens there");
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("it is text");
    assert_eq!(rest, "", "one line and no more");
}

#[cfg(unix)]
#[test]
fn signals_end_it_well() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, line, mut out) = start(&[]);
        assert!(line.starts_with("GlassMQ is ready"), "{line}");
        let mut banner = String::new();
        while !banner.contains("Ctrl-C") {
            assert!(out.read_line(&mut banner).expect("it is text") > 0, "{banner}");
        }
        assert!(banner.contains("/mqtt") && banner.contains("http://127.0.0.1:"), "{banner}");
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill is there");
        assert!(killed.success());
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{signal}");
    }
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound");
    for flag in ["--http", "--ws", "--tcp"] {
        let mut args = ANY.map(str::to_owned);
        let at = args.iter().position(|arg| arg == flag).expect("it is one of them");
        args[at + 1] = address.to_string();
        let (status, out, err) = output(&args.each_ref().map(String::as_str));
        let wanted = format!(
            "glassmq: port {} on 127.0.0.1 is taken; stop what listens there or choose another with {flag} 127.0.0.1:0\n",
            address.port()
        );
        assert_eq!((status, out.as_str(), err), (Some(1), "", wanted));
    }
}

#[test]
fn help_version_and_mistakes() {
    let (status, out, _) = output(&["--help"]);
    assert_eq!(status, Some(0));
    assert!(["--http", "--ws", "--tcp", "--json", "--open", "--dist"].iter().all(|flag| out.contains(flag)), "{out}");
    let (status, out, _) = output(&["--version"]);
    assert_eq!(status, Some(0));
    assert!(out.starts_with(&format!("glassmq {}", env!("CARGO_PKG_VERSION"))), "{out}");
    let (status, out, err) = output(&["--tcp", "x"]);
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert_eq!(err, "glassmq: --tcp needs ADDRESS:PORT or PORT, such as 127.0.0.1:1883; `x` is none\n");
}
