//! `glassmq`: the relay as a program. Everything it does is in the library, so that tests can start it in their own process.

use std::io::Write as _;
use std::process::ExitCode;

use relay::args::{self, Args};
use relay::{Relay, Running};

fn main() -> ExitCode {
    let result = match args::parse(std::env::args_os().skip(1)) {
        Ok(Args::Help) => {
            print(args::HELP);
            Ok(())
        }
        Ok(Args::Version) => {
            print(&format!("glassmq {} (build {})\n", env!("CARGO_PKG_VERSION"), contract::BUILD));
            Ok(())
        }
        Ok(Args::Run { config, json, open }) => {
            Relay::start(*config).map_err(|e| e.to_string()).and_then(|running| run(running, json, open))
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("glassmq: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(running: Running, json: bool, open: bool) -> Result<(), String> {
    let signals = Signals::catch().map_err(|e| format!("cannot wait for signals: {e}"))?;
    let (page, ws, tcp) = (running.page_url(), running.ws_url(), running.tcp_text());
    if json {
        print(&format!("{{\"http\": \"{page}\", \"ws\": \"{ws}\", \"tcp\": \"{tcp}\"}}\n"));
    } else {
        print(&format!(
            "GlassMQ is ready; the broker runs in the tab that opens the page.\n  page     {page}\n  devices  {ws}\n           tcp {tcp}\nCtrl-C stops it.\n"
        ));
    }
    if open && let Err(error) = open::that_detached(&page) {
        eprintln!("glassmq: no browser could be opened ({error}); open {page} yourself");
    }
    signals.wait();
    running.stop();
    Ok(())
}

/// Whoever started the relay may have closed its standard output; that is no reason to stop.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// The signals that end the relay, caught from the moment this exists.
struct Signals {
    runtime: tokio::runtime::Runtime,
    #[cfg(unix)]
    caught: [tokio::signal::unix::Signal; 2],
}

impl Signals {
    fn catch() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        #[cfg(unix)]
        let caught = {
            use tokio::signal::unix::{SignalKind, signal};
            let _inside = runtime.enter();
            [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]
        };
        Ok(Self {
            runtime,
            #[cfg(unix)]
            caught,
        })
    }

    #[cfg(unix)]
    fn wait(mut self) {
        use std::task::Poll;
        self.runtime.block_on(std::future::poll_fn(|cx| {
            let any = self.caught.iter_mut().any(|signal| signal.poll_recv(cx).is_ready());
            if any { Poll::Ready(()) } else { Poll::Pending }
        }));
    }

    #[cfg(not(unix))]
    fn wait(self) {
        // Without a handler the system ends the program by itself, so an error needs no word.
        let _ = self.runtime.block_on(tokio::signal::ctrl_c());
    }
}
