//! GlassMQ's machine as the product's worker runs it, behind the same door: a batch of the tunnel in, a batch of the tunnel out.
//!
//! The worker's shell does the same with `lab::Bench`, with a WebSocket where here is the caller. What is not here is the page: nobody
//! looks.

use lab::{Bench, Config, Incoming, Outgoing};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Where batches go.
    pub type Socket;

    /// Takes a batch that is its own only for the length of the call.
    #[wasm_bindgen(method)]
    fn send(this: &Socket, batch: &[u8]);
}

/// The machine.
#[wasm_bindgen]
pub struct Machine {
    bench: Bench,
    out: Vec<Outgoing>,
}

#[wasm_bindgen]
impl Machine {
    /// A machine with an open tunnel, live. `trace`: keep rows of what happens.
    #[wasm_bindgen(constructor)]
    pub fn new(trace: bool) -> Machine {
        let mut bench = Bench::new(Config { trace, ..Config::default() }, 0, 7);
        let mut out = Vec::new();
        bench.handle(0, Incoming::TunnelOpen, &mut out);
        out.clear();
        Machine { bench, out }
    }

    /// One turn at this time in microseconds, and further ones while there is more to do at once. Batches are lent to `socket`, as the
    /// product's shell lends them to its WebSocket.
    pub fn turn(&mut self, wall: f64, batch: Vec<u8>, socket: &Socket) {
        let wall = wall as u64;
        let mut incoming = Incoming::Tunnel(batch);
        loop {
            self.bench.handle(wall, incoming, &mut self.out);
            let mut more = false;
            for outgoing in self.out.drain(..) {
                match outgoing {
                    Outgoing::Tunnel(batch) => socket.send(&batch),
                    Outgoing::WakeAt(at) => more |= at <= wall,
                    Outgoing::Report(_) | Outgoing::OpenTunnel { .. } | Outgoing::CloseTunnel => {}
                }
            }
            if !more {
                return;
            }
            incoming = Incoming::Wake;
        }
    }

    /// Messages that were published and deliveries that were made, as the machine counts them.
    pub fn counted(&self) -> Vec<f64> {
        let counters = self.bench.world().counters();
        vec![counters.published as f64, counters.delivered as f64, counters.dropped as f64]
    }

    /// Rows that are kept.
    pub fn rows(&self) -> usize {
        self.bench.rows(0, usize::MAX).len()
    }
}
