//! Every limit of the lab, in one place. Those of the broker are in [`broker::Config`], within.

/// Limits of the world and of what is remembered of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The broker's.
    pub broker: broker::Config,
    /// Microseconds that a packet of a simulated device is under way. A real device's packet has its way behind it.
    pub simulated_latency: u64,
    /// Simulated devices in the world.
    pub max_simulated: usize,
    /// Real devices that are kept in the list without connection and session; the oldest is forgotten.
    pub max_strangers: usize,
    /// Keep rows of what happens. Off: nothing can be seen of it and every message costs less; what happens is the same.
    pub trace: bool,
    /// Rows that are kept.
    pub max_rows: usize,
    /// Bytes of packets that are kept for the inspector.
    pub max_row_bytes: usize,
    /// Bytes of one packet that are kept for the inspector.
    pub max_packet_bytes: usize,
    /// CONNECT packets that are kept for exports when their rows are forgotten; beyond, those of connections without rows go first.
    pub max_kept_connects: usize,
    /// Bytes of inputs that the journal keeps; older ones are forgotten and the horizon moves.
    pub max_journal_bytes: usize,
    /// Kept copies of the world.
    pub max_marks: usize,
    /// Steps between two marks, at least.
    pub mark_every: u64,
    /// Messages that a simulated device holds back because its window is full.
    pub max_client_backlog: usize,
    /// Bytes of the text of a file of users or rights.
    pub max_access_bytes: usize,
    /// Bytes of a capture that is to be looked at.
    pub max_import_bytes: usize,
    /// Rules of faults and break-points.
    pub max_rules: usize,
    /// Packets under way for which a fault is planned at once; those beyond pass, and the rule counts them as missed.
    pub max_planned_faults: usize,
    /// Steps that one press of Step may take until a packet has arrived.
    pub max_steps_per_press: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            broker: broker::Config::default(),
            simulated_latency: 1_000,
            max_simulated: 200,
            max_strangers: 50,
            trace: true,
            max_rows: 100_000,
            max_row_bytes: 32 * 1024 * 1024,
            max_packet_bytes: 4 * 1024,
            max_kept_connects: 1_024,
            max_journal_bytes: 64 * 1024 * 1024,
            max_marks: 16,
            mark_every: 16_384,
            max_client_backlog: 1_000,
            max_access_bytes: 1024 * 1024,
            max_import_bytes: 128 * 1024 * 1024,
            max_rules: 100,
            max_planned_faults: 10_000,
            max_steps_per_press: 100_000,
        }
    }
}
