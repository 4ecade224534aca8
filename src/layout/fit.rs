//! Fitting words into a width: labels on arrows, chips beside them.

/// How long a text is when it is drawn, in pixels.
pub(crate) type Measure<'a> = &'a dyn Fn(&str) -> f64;

/// Part of a label, by what may be given up when room is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Never given up, at worst cut.
    Head(String),
    /// Given up last.
    Mark(String),
    /// May be shortened in its middle.
    Topic(String),
    /// Given up first, from the last one on.
    Extra(String),
}

/// Between two pieces; a label that gives up anything gives up the wide gap, too.
const WIDE: &str = "  ";
const NARROW: &str = " ";

/// The label with all its pieces.
pub(crate) fn whole(pieces: &[Piece]) -> String {
    join(pieces, WIDE)
}

fn join(pieces: &[Piece], gap: &str) -> String {
    pieces.iter().map(text_of).collect::<Vec<_>>().join(gap)
}

/// The longest form of the label that is no wider than `width`: extras go first, then the middle of the topic, then the topic, then
/// the marks; at last the head itself is cut.
pub(crate) fn label(pieces: &[Piece], width: f64, measure: Measure<'_>) -> String {
    let text = whole(pieces);
    if measure(&text) <= width {
        return text;
    }
    let mut kept: Vec<Piece> = pieces.to_vec();
    loop {
        let text = join(&kept, NARROW);
        if measure(&text) <= width {
            return text;
        }
        if let Some(at) = kept.iter().rposition(|piece| matches!(piece, Piece::Extra(_))) {
            kept.remove(at);
        } else if let Some(at) = kept.iter().rposition(|piece| matches!(piece, Piece::Topic(_))) {
            if let Some(text) = with_short_topic(&kept, at, width, measure) {
                return text;
            }
            kept.remove(at);
        } else if let Some(at) = kept.iter().rposition(|piece| matches!(piece, Piece::Mark(_))) {
            kept.remove(at);
        } else {
            return end(&text, width, measure);
        }
    }
}

/// Shortens in the middle; a text that does not even fit with four characters is `None`.
pub(crate) fn middle(text: &str, width: f64, measure: Measure<'_>) -> Option<String> {
    if measure(text) <= width {
        return Some(text.to_owned());
    }
    let chars: Vec<char> = text.chars().collect();
    longest(4, chars.len().saturating_sub(1), |keep| {
        let left = keep / 2;
        let right = keep - left;
        let mut short: String = chars.iter().take(left).collect();
        short.push('…');
        short.extend(chars.iter().skip(chars.len() - right));
        (measure(&short) <= width).then_some(short)
    })
}

/// Cuts at the end.
pub(crate) fn end(text: &str, width: f64, measure: Measure<'_>) -> String {
    if measure(text) <= width {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    longest(1, chars.len().saturating_sub(1), |keep| {
        let mut short: String = chars.iter().take(keep).collect();
        short.push('…');
        (measure(&short) <= width).then_some(short)
    })
    .unwrap_or_default()
}

/// How many of the chips fit side by side into `space`, when those left out are told by one more chip of width `more`.
pub(crate) fn chips(widths: &[f64], gap: f64, more: f64, space: f64) -> usize {
    let total: f64 = widths.iter().sum::<f64>() + gap * widths.len().saturating_sub(1) as f64;
    if total <= space {
        return widths.len();
    }
    let mut used = more;
    let mut shown = 0;
    for width in widths {
        used += width + gap;
        if used > space {
            break;
        }
        shown += 1;
    }
    shown
}

fn text_of(piece: &Piece) -> &str {
    match piece {
        Piece::Head(text) | Piece::Mark(text) | Piece::Topic(text) | Piece::Extra(text) => text,
    }
}

fn with_short_topic(kept: &[Piece], at: usize, width: f64, measure: Measure<'_>) -> Option<String> {
    let Some(Piece::Topic(topic)) = kept.get(at) else { return None };
    let mut rest = kept.to_vec();
    rest.remove(at);
    let room = width - measure(&join(&rest, NARROW)) - measure(NARROW);
    let short = middle(topic, room, measure)?;
    let mut all = kept.to_vec();
    if let Some(piece) = all.get_mut(at) {
        *piece = Piece::Topic(short);
    }
    Some(join(&all, NARROW))
}

/// The value for the greatest number from `least` to `most` that has one, where every smaller one has one too; found by halving.
fn longest(least: usize, most: usize, try_it: impl Fn(usize) -> Option<String>) -> Option<String> {
    let (mut low, mut high, mut best) = (least, most, None);
    while low <= high {
        let at = low.midpoint(high);
        match try_it(at) {
            Some(found) => {
                best = Some(found);
                low = at + 1;
            }
            None => high = at - 1,
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seven(text: &str) -> f64 {
        text.chars().count() as f64 * 7.0
    }

    fn publish() -> Vec<Piece> {
        vec![
            Piece::Head("PUBLISH 7".into()),
            Piece::Mark("QoS 2".into()),
            Piece::Topic("car/Car001/lock".into()),
            Piece::Extra("retain".into()),
        ]
    }

    #[test]
    fn what_fits_is_whole() {
        assert_eq!(label(&publish(), 1000.0, &seven), "PUBLISH 7  QoS 2  car/Car001/lock  retain");
    }

    #[test]
    fn a_label_gives_up_extras_then_topic_then_marks() {
        assert_eq!(label(&publish(), 7.0 * 34.0, &seven), "PUBLISH 7 QoS 2 car/Car001/lock");
        assert_eq!(label(&publish(), 7.0 * 24.0, &seven), "PUBLISH 7 QoS 2 car…lock");
        assert_eq!(label(&publish(), 7.0 * 20.0, &seven), "PUBLISH 7 QoS 2");
        assert_eq!(label(&publish(), 7.0 * 10.0, &seven), "PUBLISH 7");
        assert_eq!(label(&publish(), 7.0 * 5.0, &seven), "PUBL…");
    }

    #[test]
    fn no_label_is_ever_wider_than_its_room() {
        for width in 0..400 {
            let width = f64::from(width);
            assert!(seven(&label(&publish(), width, &seven)) <= width, "at {width}");
        }
    }

    #[test]
    fn chips_that_do_not_fit_leave_room_to_say_so() {
        assert_eq!(chips(&[50.0, 50.0], 4.0, 20.0, 104.0), 2);
        assert_eq!(chips(&[50.0, 50.0], 4.0, 20.0, 103.0), 1);
        assert_eq!(chips(&[50.0, 50.0], 4.0, 20.0, 60.0), 0);
        assert_eq!(chips(&[], 4.0, 20.0, 0.0), 0);
    }

    #[test]
    fn a_short_form_keeps_both_ends() {
        assert_eq!(middle("home/kitchen/temperature", 7.0 * 11.0, &seven).as_deref(), Some("home/…ature"));
        assert_eq!(middle("abcdefgh", 7.0 * 3.0, &seven), None);
    }
}
