//! The window of the ladder: rows of one height, of which only those in sight are asked for and drawn.

use contract::{RowNo, RowsWanted};

/// Height of a row.
pub(crate) const ROW: f64 = 38.0;
/// Room above the first row, for the heads of the lanes.
pub(crate) const HEAD: f64 = 52.0;
/// Room below the last row, for the line of the present.
pub(crate) const TAIL: f64 = 56.0;
/// Rows asked for beyond what is in sight, on each side.
const OVERSCAN: u64 = 40;
/// A window begins at a multiple of this, so that scrolling by a few pixels asks nothing new.
const GRID: u64 = 20;

/// Height of all that is kept.
pub(crate) fn height(first: RowNo, end: RowNo) -> f64 {
    HEAD + end.saturating_sub(first) as f64 * ROW + TAIL
}

/// Top of a row in the content.
pub(crate) fn top_of(row: RowNo, first: RowNo) -> f64 {
    HEAD + row.saturating_sub(first) as f64 * ROW
}

/// The row at a height of the content, if there is one.
pub(crate) fn row_at(y: f64, first: RowNo, end: RowNo) -> Option<RowNo> {
    if y < HEAD {
        return None;
    }
    let row = first + ((y - HEAD) / ROW) as u64;
    (row < end).then_some(row)
}

/// What to ask for when the content is scrolled to `top` and `seen` pixels are in sight.
pub(crate) fn wanted(follow: bool, top: f64, seen: f64, first: RowNo) -> RowsWanted {
    let visible = (seen / ROW).ceil().clamp(1.0, 120.0) as u64 + 2;
    if follow {
        return RowsWanted::Last { count: (visible + OVERSCAN) as u32 };
    }
    let at = first + ((top - HEAD).max(0.0) / ROW) as u64;
    let from = at.saturating_sub(OVERSCAN) / GRID * GRID;
    RowsWanted::From { from, count: (visible + 2 * OVERSCAN + GRID) as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_where_it_stands() {
        for row in [100, 101, 5000] {
            assert_eq!(row_at(top_of(row, 100) + 1.0, 100, 5001), Some(row));
        }
        assert_eq!(row_at(3.0, 0, 10), None);
        assert_eq!(row_at(top_of(10, 0) + 1.0, 0, 10), None);
    }

    #[test]
    fn the_window_holds_what_is_in_sight_and_is_no_larger_than_allowed() {
        for step in 0..2000 {
            let top = f64::from(step) * 17.0;
            let RowsWanted::From { from, count } = wanted(false, top, 700.0, 50) else { panic!("not following") };
            let first = row_at(top.max(HEAD), 50, u64::MAX).unwrap_or(50);
            let last = row_at(top + 700.0, 50, u64::MAX).unwrap_or(50);
            assert!(from <= first && last < from + u64::from(count) && count <= 500, "{top}: {from} {count}");
        }
    }
}
