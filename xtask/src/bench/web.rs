//! The part that runs in a browser which nobody drives: a driver that is attached slows down a page which is busy with messages.
//!
//! A small server gives the page its files, and the page posts what it has measured to the server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::table::{self, Line};
use super::{built, cargo, folder};
use crate::setup;
use crate::sh::{Outcome, command, find, run, say};

/// All cases together take about half a minute; a busy machine several times that.
const PATIENCE: Duration = Duration::from_secs(300);

/// Bytes of a request that are taken: a result is some lines.
const LARGEST_REQUEST: u64 = 256 * 1024;

/// The flags of `webdriver.json`, without its driver.
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Builds the page, has Chromium run it, and reads what it measured.
pub(super) fn lines() -> Outcome<Vec<Line>> {
    let page = build()?;
    setup::debian(&[("chromium", "chromium")])?;
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| format!("cannot listen on 127.0.0.1: {e}"))?;
    let address = listener.local_addr().map_err(|e| format!("cannot tell the server's address: {e}"))?;
    say("measuring the whole machine beside aedes in headless Chromium (about half a minute)");
    let profile = built().join("chromium-profile");
    // What an earlier run has left would make this one another one.
    let _ = std::fs::remove_dir_all(&profile);
    let mut browser = Browser::start(&profile, &format!("http://{address}/index.html"))?;
    let said = serve(&listener, &page, &mut browser);
    drop(browser);
    let _ = std::fs::remove_dir_all(&profile);
    table::read(&said?)
}

/// The wasm machine as the product builds it, the worker with aedes in one file, and the page. Gives their folder.
fn build() -> Outcome<PathBuf> {
    setup::wasm_target()?;
    setup::npm()?;
    setup::wasm_bindgen()?;
    npm()?;
    say("building the machine as wasm, with the product's profile (a minute the first time)");
    let target = "wasm32-unknown-unknown";
    run(&mut cargo(&["build", "--profile", "product", "--locked", "--quiet", "--target", target, "--package", "glassmq-bench-web"]))?;
    let page = built().join("web");
    let wasm = built().join(target).join("product/glassmq_bench_web.wasm");
    run(command("wasm-bindgen").args(["--target", "web", "--no-typescript", "--out-name", "core", "--out-dir"]).arg(&page).arg(wasm))?;
    // As index.html has Trunk do it for the product's worker.
    let core = page.join("core_bg.wasm");
    run(command("wasm-opt").arg("-O3").arg(&core).arg("-o").arg(&core))?;
    run(command("node").arg(sources().join("bundle.mjs")).arg(&page))?;
    let index = page.join("index.html");
    std::fs::copy(sources().join("index.html"), &index).map_err(|e| format!("cannot write {}: {e}", index.display()))?;
    Ok(page)
}

fn sources() -> PathBuf {
    folder().join("web/page")
}

/// aedes, esbuild and what stands for Node in the browser, as the lock file has them.
fn npm() -> Outcome<()> {
    let lock = sources().join("package-lock.json");
    let wanted = std::fs::read_to_string(&lock).map_err(|e| format!("cannot read {}: {e}", lock.display()))?;
    let mark = sources().join("node_modules/.installed-lock.json");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say("installing aedes and esbuild into bench/web/page/node_modules (some seconds)");
    run(command("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(sources()))?;
    std::fs::write(&mark, wanted).map_err(|e| format!("cannot write {}: {e}", mark.display()))
}

/// Chromium, ended when it is dropped.
struct Browser(Child);

impl Browser {
    fn start(profile: &Path, url: &str) -> Outcome<Browser> {
        let program = find("chromium").ok_or("Chromium is not found")?;
        let mut chromium = command(program);
        chromium.args(FLAGS).arg(format!("--user-data-dir={}", profile.display())).arg(url);
        chromium.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        chromium.spawn().map(Browser).map_err(|e| format!("cannot run Chromium: {e}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers requests until the page has posted its result, which is given back.
fn serve(listener: &TcpListener, page: &Path, browser: &mut Browser) -> Outcome<String> {
    let wrong = |e: std::io::Error| format!("the benchmark's server failed: {e}");
    listener.set_nonblocking(true).map_err(wrong)?;
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        match listener.accept() {
            // A request that cannot be read is the browser's business; it asks again or it does not.
            Ok((stream, _)) => match answer(stream, page).unwrap_or(None) {
                Some(("/result", said)) => return Ok(said),
                Some((_, said)) => return Err(format!("the benchmark's page failed: {said}")),
                None => {}
            },
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {
                if let Ok(Some(status)) = browser.0.try_wait() {
                    return Err(format!("Chromium ended before the page had measured anything ({status})"));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(e) => return Err(wrong(e)),
        }
    }
    Err(format!("the benchmark's page did not answer within {} seconds", PATIENCE.as_secs()))
}

/// One request. Gives what was posted.
fn answer(mut stream: TcpStream, page: &Path) -> std::io::Result<Option<(&'static str, String)>> {
    stream.set_nonblocking(false)?;
    // Browsers open connections that they may need later: one that says nothing must not hold up the others.
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut reader = BufReader::new(stream.try_clone()?.take(LARGEST_REQUEST));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0usize;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method == "POST" {
        let mut body = Vec::new();
        reader.take(length as u64).read_to_end(&mut body)?;
        reply(&mut stream, "204 No Content", "text/plain", b"")?;
        let what = if path == "/result" { "/result" } else { "/failure" };
        return Ok(Some((what, String::from_utf8_lossy(&body).into_owned())));
    }
    // Only the files that were made for it, by name: no path leads out of the folder.
    let name = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let kind = match name {
        "index.html" => "text/html",
        "worker.js" | "core.js" => "text/javascript",
        "core_bg.wasm" => "application/wasm",
        _ => return reply(&mut stream, "404 Not Found", "text/plain", b"").map(|()| None),
    };
    match std::fs::read(page.join(name)) {
        Ok(bytes) => reply(&mut stream, "200 OK", kind, &bytes)?,
        Err(_) => reply(&mut stream, "404 Not Found", "text/plain", b"")?,
    }
    Ok(None)
}

/// Answers with the headers that give a page clocks of five microseconds instead of a hundred.
fn reply(stream: &mut TcpStream, status: &str, kind: &str, body: &[u8]) -> std::io::Result<()> {
    let isolated = "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{isolated}Connection: close\r\n\r\n")?;
    stream.write_all(body)
}
