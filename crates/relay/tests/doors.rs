//! What each port takes and what it turns away, and with which words.

mod common;
#[path = "../../broker/tests/rules/harness/rule.rs"]
mod rule;
/// Where the macro looks for it.
mod harness {
    pub(crate) use crate::rule;
}

use common::*;
use rule::rule;
use tokio_tungstenite::connect_async;

#[tokio::test]
async fn devices_are_taken_at_two_paths_with_the_sub_protocols_of_mqtt() {
    rule!("M31-websocket");
    rule!("MQTT-6.0.0-3", "MQTT-6.0.0-4", "MQTT311-6.0.0-3", "MQTT311-6.0.0-4", "B-27");
    let relay = start();
    let mut tab = Tab::hold(&relay).await;
    for (path, offered, chosen) in [
        ("/mqtt", "mqtt", "mqtt"),
        ("/", "mqttv3.1", "mqttv3.1"),
        ("/mqtt?token=1", "other, mqttv3.1, mqtt", "mqttv3.1"),
        ("/mqtt", "mqtt,mqttv3.1", "mqtt"),
    ] {
        let (_socket, answer) = connect_async(ws_request(&relay, path, offered)).await.expect("this is right");
        assert_eq!(answer.headers().get("sec-websocket-protocol").expect("it is echoed"), chosen);
        let (conn, _) = tab.opened().await;
        drop(_socket);
        tab.closed(conn).await;
    }
    for (path, offered, status) in [("/else", "mqtt", 404), ("/mqtt/", "mqtt", 404), ("/mqtt", "", 400), ("/mqtt", "MQTT, amqp", 400)] {
        assert_eq!(refusal(ws_request(&relay, path, offered)).await.0, status, "{path} {offered}");
    }
    let (head, body) = http(relay.ws(), "GET /mqtt", &[]).await;
    assert!(head.starts_with("http/1.1 426"), "{head}");
    assert!(String::from_utf8_lossy(&body).contains("WebSocket"));
    tab.is_silent().await;
}

#[tokio::test]
async fn a_tunnel_is_taken_only_from_the_own_page() {
    let relay = start();
    let changed = |name: &'static str, value: &str| {
        let mut request = tunnel_request(&relay);
        request.headers_mut().insert(name, value.parse().expect("a value"));
        request
    };
    let port = relay.http().port();
    let mut without = tunnel_request(&relay);
    without.headers_mut().remove("origin");
    for request in [
        changed("origin", "http://evil.example"),
        changed("origin", "null"),
        changed("origin", &format!("http://localhost:{port}")),
        changed("host", &format!("evil.example:{port}")),
        changed("host", "127.0.0.1:1"),
        without,
    ] {
        let (status, text) = refusal(request).await;
        assert_eq!(status, 403);
        assert!(text.starts_with("A tunnel is taken only"), "{text}");
    }
    let mut named = tunnel_request(&relay);
    named.headers_mut().insert("host", format!("localhost:{port}").parse().expect("a value"));
    named.headers_mut().insert("origin", format!("http://localhost:{port}").parse().expect("a value"));
    connect_async(named).await.expect("localhost is this machine");
}

#[tokio::test]
async fn health_is_told() {
    let relay = start();
    let (head, body) = http(relay.http(), "GET /healthz", &[]).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("text/plain"), "{head}");
    assert_eq!(body, b"ok, no tab holds the broker\n");
    let mut tab = Tab::hold(&relay).await;
    let _device = tcp(&relay).await;
    tab.opened().await;
    let (_, body) = http(relay.http(), "GET /healthz", &[]).await;
    assert_eq!(body, b"ok, a tab holds the broker, devices: 1\n");
}

#[tokio::test]
async fn the_page_is_served_with_what_a_browser_needs() {
    let folder = std::env::temp_dir().join(format!("glassmq-doors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let html = "<html><head><meta name=\"glassmq-relay\" content=\"\"><script>alert('Hello, world.');</script></head></html>";
    std::fs::write(folder.join("index.html"), html).expect("a file");
    std::fs::write(folder.join("app_bg.wasm"), b"\0asm").expect("a file");
    let relay = start_with(|config| config.dist = Some(folder.clone()));

    let (head, body) = http(relay.http(), "GET /", &[]).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("content-type: text/html"), "{head}");
    assert!(String::from_utf8_lossy(&body).contains("<meta name=\"glassmq-relay\" content=\"/tunnel\">"));
    assert!(head.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-"), "{head}");
    for header in ["x-content-type-options: nosniff", "cross-origin-opener-policy: same-origin", "cache-control: no-cache"] {
        assert!(head.contains(header), "{head}");
    }
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("there is one");
    let (head, again) = http(relay.http(), "GET /index.html", &[&format!("If-None-Match: \"other\", W/{etag}")]).await;
    assert!(head.starts_with("http/1.1 304") && again.is_empty(), "{head}");

    let (head, body) = http(relay.http(), "HEAD /", &[]).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("content-length: ") && body.is_empty(), "{head}");
    let (head, body) = http(relay.http(), "GET /app_bg.wasm?v=1", &[]).await;
    assert!(head.contains("content-type: application/wasm") && body == b"\0asm", "{head}");

    std::fs::write(folder.join("app_bg.wasm"), b"\0asm new").expect("a file");
    assert_eq!(http(relay.http(), "GET /app_bg.wasm", &[]).await.1, b"\0asm new", "read anew");
    for path in ["/nothing", "/../etc/passwd", "//etc/passwd", "/%2e%2e/etc/passwd"] {
        assert!(http(relay.http(), &format!("GET {path}"), &[]).await.0.starts_with("http/1.1 404"), "{path}");
    }
    assert!(http(relay.http(), "POST /", &[]).await.0.starts_with("http/1.1 405"));
    std::fs::remove_dir_all(folder).expect("it was there");
}

#[tokio::test]
async fn the_carried_page_or_a_word_on_how_to_build_it() {
    let relay = start_with(|config| config.limits.compress = true);
    let (head, body) = http(relay.http(), "GET /", &["Accept-Encoding: identity"]).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("text/html"), "{head}");
    let text = String::from_utf8_lossy(&body).into_owned();
    assert!(text.contains("cargo xtask build") || text.contains("content=\"/tunnel\""), "{text}");
}
