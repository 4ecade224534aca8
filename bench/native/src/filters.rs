//! The subscriptions that all routers get: four match each topic, whatever their number.

/// Machines on one line.
pub const PER_LINE: usize = 16;

/// Four subscriptions for each machine, each of another session: one plain, two with `+`, one with `#`.
pub fn filters(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| {
        let (line, machine) = (n / 4 / PER_LINE, n / 4 % PER_LINE);
        match n % 4 {
            0 => format!("plant/{line}/machine/{machine}/temperature"),
            1 => format!("plant/{line}/machine/{machine}/+"),
            2 => format!("plant/{line}/+/{machine}/temperature"),
            _ => format!("plant/{line}/machine/{machine}/#"),
        }
    })
}
