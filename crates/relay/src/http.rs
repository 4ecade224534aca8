//! The page's port: the page, the tab's tunnel, and a word on how the relay is.

use std::net::SocketAddr;
use std::rc::Rc;

use hyper::body::Incoming;
use hyper::header;
use hyper::{Method, Request, StatusCode};
use tokio::net::TcpStream;

use crate::config::TUNNEL;
use crate::hub::Hub;
use crate::page::Page;
use crate::tunnel;
use crate::upgrade::{self, Answer, sentence};

/// Serves one connection of a browser.
pub(crate) async fn serve(hub: Rc<Hub>, page: Rc<Page>, stream: TcpStream) {
    let Ok(here) = stream.local_addr() else { return };
    let limit = hub.limits().handshake;
    let upgraded = upgrade::serve(stream, limit, async |request| answer(&hub, &page, here, request)).await;
    if let Some((stream, early)) = upgraded {
        tokio::task::spawn_local(tunnel::run(hub, stream, early));
    }
}

fn answer(hub: &Hub, page: &Page, here: SocketAddr, request: &Request<Incoming>) -> Answer {
    match request.uri().path() {
        TUNNEL => tunnel_answer(hub, here, request),
        "/healthz" if is_read(request) => {
            let state = match hub.is_held() {
                true => format!("ok, a tab holds the broker, devices: {}", hub.device_count()),
                false => "ok, no tab holds the broker".to_owned(),
            };
            upgrade::with(sentence(StatusCode::OK, &state), header::CACHE_CONTROL, "no-store")
        }
        path if is_read(request) => page.answer(path, request),
        _ => {
            let answer = sentence(StatusCode::METHOD_NOT_ALLOWED, "This address only answers GET and HEAD.");
            upgrade::with(answer, header::ALLOW, "GET, HEAD")
        }
    }
}

fn is_read(request: &Request<Incoming>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

fn tunnel_answer(hub: &Hub, here: SocketAddr, request: &Request<Incoming>) -> Answer {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Err(why) = is_own_page(here, text(header::HOST), text(header::ORIGIN)) {
        return sentence(StatusCode::FORBIDDEN, why);
    }
    let key = match upgrade::key(request) {
        Ok(key) => key,
        Err(answer) => return *answer,
    };
    if !hub.has_room_for_tunnel() {
        let answer = sentence(StatusCode::SERVICE_UNAVAILABLE, "Too many tabs wait for the broker already.");
        return upgrade::with(answer, header::RETRY_AFTER, "10");
    }
    upgrade::switching(key)
}

/// Only a page that this relay has served may hold the broker. A page of another site has another Origin; one that has bent its own
/// name to this machine (DNS rebinding) has another Host, for `here`, the address that the connection came to, is no name.
fn is_own_page(here: SocketAddr, host: Option<&str>, origin: Option<&str>) -> Result<(), &'static str> {
    let host = host.ok_or("A tunnel needs a Host.")?;
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
        _ => (host, Some(80)),
    };
    let ip = here.ip().to_canonical();
    let own = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
    let known = name == own || name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]");
    if !known || port != Some(here.port()) {
        return Err("A tunnel is taken only at the relay's own address.");
    }
    let of = origin.and_then(|origin| origin.strip_prefix("http://")).ok_or("A tunnel is taken only from the relay's own page.")?;
    match of.eq_ignore_ascii_case(host) {
        true => Ok(()),
        false => Err("A tunnel is taken only from the relay's own page."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_page_may_open_a_tunnel() {
        let here = |text: &str| text.parse().expect("an address");
        let local: SocketAddr = here("127.0.0.1:8080");
        let good = |here, host: &str, origin: &str| is_own_page(here, Some(host), Some(origin)).is_ok();
        assert!(good(local, "127.0.0.1:8080", "http://127.0.0.1:8080"));
        assert!(good(local, "localhost:8080", "http://localhost:8080"));
        assert!(good(here("[::1]:8080"), "[::1]:8080", "http://[::1]:8080"));
        assert!(good(here("192.168.1.5:9"), "192.168.1.5:9", "http://192.168.1.5:9"));
        assert!(good(here("127.0.0.1:80"), "127.0.0.1", "http://127.0.0.1"));

        assert!(!good(local, "127.0.0.1:8080", "http://localhost:8080"), "another name is another origin");
        assert!(!good(local, "127.0.0.1:8080", "http://127.0.0.1:8081"));
        assert!(!good(local, "127.0.0.1:8080", "null"));
        assert!(!good(local, "127.0.0.1:8080", "https://127.0.0.1:8080"));
        assert!(!good(local, "evil.example:8080", "http://evil.example:8080"), "DNS rebinding");
        assert!(!good(local, "127.0.0.1:8081", "http://127.0.0.1:8081"), "another port");
        assert!(!good(local, "192.168.1.5:8080", "http://192.168.1.5:8080"), "the connection came to another address");
        assert!(is_own_page(local, Some("127.0.0.1:8080"), None).is_err());
        assert!(is_own_page(local, None, Some("http://127.0.0.1:8080")).is_err());
    }
}
