//! The page: the files that the build has put into the executable, or those of a folder.

mod html;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::upgrade::{Answer, list, sentence};

include!(concat!(env!("OUT_DIR"), "/carried.rs"));

/// What stands at `/` when the executable carries no page.
const MISSING: &str = "<!doctype html><meta charset=\"utf-8\"><title>GlassMQ</title>\
<p>This relay was built without its page. Build both with <code>cargo xtask build</code>, or give it a folder with <code>--dist DIR</code>.";

/// The page's files.
pub(crate) struct Page {
    source: Source,
}

enum Source {
    Carried(HashMap<&'static str, Arc<File>>),
    Folder(PathBuf),
}

/// One file as it is served.
struct File {
    kind: &'static str,
    body: Bytes,
    etag: String,
    policy: Option<HeaderValue>,
    /// The same, compressed; made beside the serving, once.
    brotli: OnceLock<Bytes>,
}

impl Page {
    /// The page in this folder, else the carried one, which is then compressed if that is wanted.
    pub(crate) fn new(folder: Option<PathBuf>, compress: bool) -> Self {
        if let Some(folder) = folder {
            return Self { source: Source::Folder(folder) };
        }
        let mut files: HashMap<_, _> = CARRIED.iter().map(|(name, body)| (*name, Arc::new(File::new(name, Cow::Borrowed(body))))).collect();
        files.entry("index.html").or_insert_with(|| Arc::new(File::new("index.html", Cow::Borrowed(MISSING.as_bytes()))));
        if compress {
            let todo: Vec<_> = files.values().cloned().collect();
            // Without the thread the page is only longer on its way.
            let _ = std::thread::Builder::new().name("compress".to_owned()).spawn(move || todo.iter().for_each(|file| file.compress()));
        }
        Self { source: Source::Carried(files) }
    }

    /// Answers a GET or a HEAD; of the latter hyper leaves the body out.
    pub(crate) fn answer(&self, path: &str, request: &Request<Incoming>) -> Answer {
        let name = path.strip_prefix('/').unwrap_or(path);
        let name = if name.is_empty() { "index.html" } else { name };
        let file = match &self.source {
            Source::Carried(files) => files.get(name).cloned(),
            Source::Folder(folder) => read(folder, name).map(Arc::new),
        };
        match file {
            Some(file) => file.answer(request.headers()),
            None => sentence(StatusCode::NOT_FOUND, "There is no such file in the page."),
        }
    }
}

/// Reads a file of the folder, if the name stays within it. Names are not decoded: the page has none that would need it.
fn read(folder: &Path, name: &str) -> Option<File> {
    let within = Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) && !name.contains(['\\', ':']);
    let path = folder.join(name).canonicalize().ok().filter(|_| within)?;
    // A link may lead outside.
    let inside = folder.canonicalize().is_ok_and(|folder| path.starts_with(folder));
    let body = std::fs::read(path).ok().filter(|_| inside)?;
    Some(File::new(name, Cow::Owned(body)))
}

impl File {
    fn new(name: &str, body: Cow<'static, [u8]>) -> Self {
        let kind = kind(name);
        let page = kind.starts_with("text/html").then(|| html::prepare(&String::from_utf8_lossy(&body)));
        let (body, policy) = match (page, body) {
            (Some((html, policy)), _) => (Bytes::from(html), HeaderValue::try_from(policy).ok()),
            (None, Cow::Borrowed(body)) => (Bytes::from_static(body), None),
            (None, Cow::Owned(body)) => (Bytes::from(body), None),
        };
        let hash = Sha256::digest(&body);
        let etag = data_encoding::HEXLOWER.encode(hash.get(..16).unwrap_or_default());
        Self { kind, body, etag, policy, brotli: OnceLock::new() }
    }

    fn answer(&self, asked: &HeaderMap) -> Answer {
        let brotli = self.brotli.get().filter(|_| list(asked, &header::ACCEPT_ENCODING).any(takes_brotli));
        let etag = match brotli {
            Some(_) => format!("\"{}-br\"", self.etag),
            None => format!("\"{}\"", self.etag),
        };
        let known = list(asked, &header::IF_NONE_MATCH).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
        let body = brotli.unwrap_or(&self.body);
        let mut answer = Response::new(Full::new(if known { Bytes::new() } else { body.clone() }));
        if known {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = answer.headers_mut();
        let mut say = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        say(header::CONTENT_TYPE, self.kind);
        say(header::CACHE_CONTROL, "no-cache");
        say(header::VARY, "accept-encoding");
        say(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        say(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        if brotli.is_some() {
            say(header::CONTENT_ENCODING, "br");
        }
        if let Some(policy) = &self.policy {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        if let Ok(etag) = HeaderValue::try_from(etag) {
            headers.insert(header::ETAG, etag);
        }
        answer
    }

    fn compress(&self) {
        if self.body.len() < 1024 || self.kind.starts_with("image/png") || self.kind.starts_with("font/") {
            return;
        }
        let mut out = Vec::new();
        // 9 of 11: the last two steps cost ten times the time for the last few percent.
        let params = brotli::enc::BrotliEncoderParams { quality: 9, size_hint: self.body.len(), ..Default::default() };
        if brotli::BrotliCompress(&mut &self.body[..], &mut out, &params).is_ok() && out.len() < self.body.len() {
            let _ = self.brotli.set(Bytes::from(out));
        }
    }
}

/// Whether an item of Accept-Encoding is brotli, and not with the weight that means "not".
fn takes_brotli(item: &str) -> bool {
    let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
    let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
    coding.trim().eq_ignore_ascii_case("br") && weight.is_ok_and(|weight| weight > 0.0)
}

/// The content type by the name's ending. Wasm needs its own to be compiled while it comes.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "scn" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_taken_when_it_is_asked_for() {
        assert!(takes_brotli("br") && takes_brotli("BR;q=0.5") && takes_brotli("br; q=1"));
        assert!(!takes_brotli("gzip") && !takes_brotli("br;q=0") && !takes_brotli("br;q=0.0") && !takes_brotli("br;q=x"));
    }

    #[test]
    fn a_folder_is_not_left() {
        let root = std::env::temp_dir().join(format!("glassmq-page-{}", std::process::id()));
        let folder = root.join("dist");
        std::fs::create_dir_all(folder.join("sub")).expect("a folder");
        std::fs::write(root.join("secret"), "no").expect("a file");
        std::fs::write(folder.join("sub/a.js"), "yes").expect("a file");
        assert!(read(&folder, "sub/a.js").is_some());
        for name in
            ["../secret", "sub/../../secret", "/etc/passwd", "./sub/a.js/../../../secret", "sub", "", "..", "sub\\a.js", "%2e%2e/secret"]
        {
            assert!(read(&folder, name).is_none(), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.join("secret"), folder.join("link")).expect("a link");
            assert!(read(&folder, "link").is_none());
        }
        std::fs::remove_dir_all(root).expect("it was there");
    }

    #[test]
    fn the_compressed_twin_is_the_same_file() {
        let text = "the same again, ".repeat(1000);
        let file = File::new("a.js", Cow::Owned(text.clone().into_bytes()));
        file.compress();
        let small = file.brotli.get().expect("it can be compressed");
        assert!(small.len() < 200);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &small[..], &mut back).expect("it is brotli");
        assert_eq!(back, text.as_bytes());
    }
}
