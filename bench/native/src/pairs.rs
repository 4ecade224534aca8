//! Measuring side by side on a machine whose speed drifts: everyone gets a short turn in each round, and ratios are taken round by round.

use std::time::Instant;

/// Rounds of which the median is taken.
const ROUNDS: usize = 41;

/// Rounds that only warm up.
const WARM_UP: usize = 3;

/// One contestant: does its work once and says how long the work alone took, in nanoseconds per item.
pub type Turn<'a> = (&'static str, Box<dyn FnMut() -> f64 + 'a>);

/// Times `work` and divides by the number of items.
pub fn per_item<R>(items: usize, work: impl FnOnce() -> R) -> f64 {
    let begin = Instant::now();
    std::hint::black_box(work());
    begin.elapsed().as_nanos() as f64 / items as f64
}

/// Runs all contestants round by round; the first is ours. Prints a line for each of the others.
pub fn compare(id: &str, mut turns: Vec<Turn<'_>>) -> Vec<f64> {
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(ROUNDS); turns.len()];
    for round in 0..ROUNDS + WARM_UP {
        for (nth, (_, turn)) in turns.iter_mut().enumerate() {
            let time = turn();
            if round >= WARM_UP {
                times[nth].push(time);
            }
        }
    }
    let ours = times[0].clone();
    for ((name, _), theirs) in turns.iter().zip(&times).skip(1) {
        let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
        let case = format!("{id}/{name}");
        line(&case, median(ours.clone()), Some(median(theirs.clone())), median(ratios), "ns");
    }
    times.into_iter().map(median).collect()
}

/// Prints one line of the result.
pub fn line(case: &str, ours: f64, theirs: Option<f64>, ratio: f64, unit: &str) {
    let theirs = theirs.map_or_else(|| "-".to_owned(), |theirs| format!("{theirs:.2}"));
    println!("{case}\t{ours:.2}\t{theirs}\t{ratio:.4}\t{unit}");
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
