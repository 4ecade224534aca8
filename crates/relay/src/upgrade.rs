//! HTTP with the socket handed back: answers requests, and makes WebSockets of those that ask for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::config::HTTP_HEAD;

/// An answer with all of its body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Answers the requests of one connection until it ends, or until an answer is [`switching`]; returns the socket then, with the bytes
/// that had been read behind the request.
pub(crate) async fn serve<F>(stream: TcpStream, head_timeout: Duration, answer: F) -> Option<(TcpStream, Bytes)>
where
    F: AsyncFn(&Request<Incoming>) -> Answer,
{
    let upgrade: Rc<RefCell<Option<OnUpgrade>>> = Rc::default();
    let service = service_fn(|mut request: Request<Incoming>| {
        let (answer, upgrade) = (&answer, upgrade.clone());
        async move {
            let response = answer(&request).await;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                *upgrade.borrow_mut() = Some(hyper::upgrade::on(&mut request));
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    // Whatever goes wrong here is the other end's affair: it has its answer, or it is gone.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HTTP_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    let upgrade = upgrade.take()?;
    let parts = upgrade.await.ok()?.downcast::<TokioIo<TcpStream>>().ok()?;
    Some((parts.io.into_inner(), parts.read_buf))
}

/// An answer of one sentence.
pub(crate) fn sentence(status: StatusCode, text: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(format!("{text}\n"))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

/// Sets a header of an answer.
pub(crate) fn with(mut answer: Answer, name: HeaderName, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}

/// Checks that a request asks for a WebSocket; returns its key.
///
/// # Errors
/// The answer that says what is missing.
pub(crate) fn key(request: &Request<Incoming>) -> Result<&HeaderValue, Box<Answer>> {
    let headers = request.headers();
    let asks = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && list(headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade"))
        && list(headers, &header::UPGRADE).any(|token| token.eq_ignore_ascii_case("websocket"));
    let current = headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    if !asks || !current {
        let answer = sentence(StatusCode::UPGRADE_REQUIRED, "This address takes WebSocket connections of version 13 only.");
        return Err(Box::new(with(with(answer, header::UPGRADE, "websocket"), header::SEC_WEBSOCKET_VERSION, "13")));
    }
    // Sixteen bytes in Base64.
    headers
        .get(header::SEC_WEBSOCKET_KEY)
        .filter(|key| key.len() == 24)
        .ok_or_else(|| Box::new(sentence(StatusCode::BAD_REQUEST, "The Sec-WebSocket-Key is missing or no key.")))
}

/// The answer that makes a WebSocket of a connection.
pub(crate) fn switching(key: &HeaderValue) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    answer
}

/// The items of a header that is a list, over all its lines.
pub(crate) fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}
