//! Where a step lies on the timeline, and which step lies at a place of it. Shares of the timeline hold equally many rows, so steps are
//! not spread evenly; within a share they are taken to be.

use contract::{Step, TimelineBucket};

/// The step at `part` of the timeline's width, 0 to 1. `present`: the last step there is.
pub(crate) fn step_at(buckets: &[TimelineBucket], part: f64, present: Step) -> Step {
    let place = part.clamp(0.0, 1.0) * buckets.len() as f64;
    let index = place as usize;
    let Some(bucket) = buckets.get(index) else { return present };
    let end = border(buckets, index, present);
    bucket.step + (end.saturating_sub(bucket.step) as f64 * place.fract()).round() as Step
}

/// Where a step lies, 0 to 1 of the timeline's width.
pub(crate) fn part_of(buckets: &[TimelineBucket], step: Step, present: Step) -> f64 {
    if step >= present {
        return 1.0;
    }
    let Some(index) = buckets.iter().rposition(|bucket| bucket.step <= step) else { return 0.0 };
    let begin = buckets.get(index).map_or(0, |bucket| bucket.step);
    let length = border(buckets, index, present).saturating_sub(begin);
    let within = if length == 0 { 0.0 } else { step.saturating_sub(begin) as f64 / length as f64 };
    (index as f64 + within.min(1.0)) / buckets.len().max(1) as f64
}

/// The step at which a share ends.
fn border(buckets: &[TimelineBucket], index: usize, present: Step) -> Step {
    buckets.get(index + 1).map_or(present, |next| next.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(steps: &[Step]) -> Vec<TimelineBucket> {
        steps.iter().map(|&step| TimelineBucket { step, ..TimelineBucket::default() }).collect()
    }

    #[test]
    fn a_step_is_found_again_where_it_lies() {
        let all = buckets(&[0, 10, 12, 90]);
        for step in 0..=100 {
            let part = part_of(&all, step, 100);
            assert!((0.0..=1.0).contains(&part));
            assert_eq!(step_at(&all, part, 100), step, "at {part}");
        }
    }

    #[test]
    fn the_ends_are_the_first_step_and_the_present() {
        let all = buckets(&[5, 6]);
        assert_eq!((step_at(&all, -1.0, 9), step_at(&all, 2.0, 9)), (5, 9));
        assert_eq!((part_of(&all, 1, 9), part_of(&all, 9, 9)), (0.0, 1.0));
        assert_eq!((step_at(&[], 0.5, 9), part_of(&[], 3, 9)), (9, 0.0));
    }
}
