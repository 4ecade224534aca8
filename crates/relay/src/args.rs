//! The command line.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, ValueExt};

use crate::config::Config;

/// What `--help` prints.
pub const HELP: &str = "\
glassmq: the MQTT broker you can see through. Serves its page and carries devices to the broker in the tab that opens it.

Usage: glassmq [OPTIONS]

  --http ADDR   where the page is                     [127.0.0.1:8080]
  --ws ADDR     where devices speak MQTT over WebSocket [127.0.0.1:8083]
  --tcp ADDR    where devices speak MQTT over TCP       [127.0.0.1:1883]
                ADDR is ADDRESS:PORT or PORT; port 0 takes any free one
  --json        print the addresses as one line of JSON instead of a banner
  --open        open the page in the default browser
  --dist DIR    serve the page from this folder instead of the one carried inside
  --help        print this
  --version     print the version
";

/// What the command line asks for.
#[derive(Debug)]
pub enum Args {
    /// Run the relay.
    Run {
        /// With these addresses and this page.
        config: Box<Config>,
        /// Print JSON.
        json: bool,
        /// Open the browser.
        open: bool,
    },
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version,
}

/// Reads the command line, without the program's name.
///
/// # Errors
/// One line for people: which argument is wrong and what would be right.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Args, String> {
    let mut config = Config::default();
    let (mut json, mut open) = (false, false);
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next().map_err(|e| hint(&e))? {
        match arg {
            Long("http") => config.http = address(&mut parser, "http", "8080")?,
            Long("ws") => config.ws = address(&mut parser, "ws", "8083")?,
            Long("tcp") => config.tcp = address(&mut parser, "tcp", "1883")?,
            Long("json") => json = true,
            Long("open") => open = true,
            Long("dist") => config.dist = Some(folder(&mut parser)?),
            Long("help") | Short('h') => return Ok(Args::Help),
            Long("version") | Short('V') => return Ok(Args::Version),
            other => return Err(hint(&other.unexpected())),
        }
    }
    Ok(Args::Run { config: Box::new(config), json, open })
}

fn hint(error: &lexopt::Error) -> String {
    format!("{error}; `glassmq --help` lists the options")
}

fn address(parser: &mut lexopt::Parser, flag: &str, port: &str) -> Result<SocketAddr, String> {
    let wanted = || format!("--{flag} needs ADDRESS:PORT or PORT, such as 127.0.0.1:{port}");
    let value = parser.value().map_err(|_| wanted())?;
    let text = value.string().map_err(|_| wanted())?;
    if let Ok(port) = text.parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let numeric = text.strip_prefix("localhost:").map_or_else(|| text.clone(), |port| format!("127.0.0.1:{port}"));
    numeric.parse().map_err(|_| format!("{}; `{text}` is none", wanted()))
}

fn folder(parser: &mut lexopt::Parser) -> Result<PathBuf, String> {
    let path = PathBuf::from(parser.value().map_err(|_| "--dist needs a folder, such as dist".to_owned())?);
    if path.join("index.html").is_file() {
        return Ok(path);
    }
    Err(format!("--dist needs a folder with an index.html; `{}` has none", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Args, String> {
        parse(args.iter().map(OsString::from))
    }

    #[test]
    fn addresses_may_be_whole_or_a_port() {
        let Ok(Args::Run { config, json, open }) = read(&["--http", "0", "--ws=[::1]:9", "--tcp", "localhost:7", "--json"]) else {
            panic!("these are right")
        };
        assert_eq!(config.http.to_string(), "127.0.0.1:0");
        assert_eq!(config.ws.to_string(), "[::1]:9");
        assert_eq!(config.tcp.to_string(), "127.0.0.1:7");
        assert!(json && !open);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        let wrong = |args: &[&str]| read(args).expect_err("this is wrong");
        assert_eq!(wrong(&["--tcp", "nowhere"]), "--tcp needs ADDRESS:PORT or PORT, such as 127.0.0.1:1883; `nowhere` is none");
        assert_eq!(wrong(&["--ws"]), "--ws needs ADDRESS:PORT or PORT, such as 127.0.0.1:8083");
        assert!(wrong(&["--prot", "1"]).contains("--prot"));
        assert!(wrong(&["here"]).contains("here"));
        assert!(wrong(&["--dist", "/nowhere/at/all"]).contains("index.html"));
    }
}
