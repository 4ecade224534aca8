//! Chips: what a packet brought about, in a few words beside its arrow.

use contract::{PacketRow, Row};
use web_sys::CanvasRenderingContext2d;

use super::draw::{BEGIN, LEAST, Picture, SLANT, SMALL_FONT};
use super::strokes::{rounded, width_of};
use crate::layout::family::{self, Family};
use crate::layout::fit;
use crate::text::{notes, packets};

const CHIP_HEIGHT: f64 = 18.0;
const CHIP_PAD: f64 = 6.0;
const CHIP_GAP: f64 = 5.0;
/// Width of the chip that counts those left out.
const MORE: f64 = 30.0;
/// A chip is worth cutting when this much of it stays.
const WORTH: f64 = 90.0;

impl Picture<'_> {
    /// Chips of a packet stand on the free side: right of the broker for a device on the left; for one on the right, right of its lane
    /// when they fit there, else left of the broker.
    pub(super) fn chips_of_packet(&self, c: &CanvasRenderingContext2d, row: &Row, device: f64) {
        if row.notes.is_empty() {
            return;
        }
        let broker = self.lanes.broker;
        if device < broker {
            self.chips(c, row, broker + 10.0, false);
            return;
        }
        let beside = self.words_to() - device - 10.0;
        if self.lanes.outermost(device) && self.chips_width(c, row) <= beside {
            self.chips(c, row, device + 10.0, false);
        } else {
            self.chips(c, row, broker - 10.0, true);
        }
    }

    pub(super) fn event(&self, c: &CanvasRenderingContext2d, row: &Row) {
        let x = self.lanes.of(row.device).unwrap_or(self.lanes.broker);
        let beside = self.words_to() - x - 10.0;
        if x <= self.lanes.broker || self.chips_width(c, row) <= beside {
            self.chips(c, row, x + 10.0, false);
        } else {
            self.chips(c, row, x - 10.0, true);
        }
    }

    /// A packet of a device that found no lane is told in words.
    pub(super) fn without_lane(&self, c: &CanvasRenderingContext2d, row: &Row, packet: &PacketRow) {
        let name = (self.names)(row.device);
        let way = if packet.to_broker { "→" } else { "←" };
        self.font(c, SMALL_FONT);
        let text = format!("{name} {way} {}", packets::line(packet));
        let x = (self.lanes.broker + 10.0).max(self.words_from());
        let text = fit::end(&text, self.words_to() - x - 12.0, &|text| width_of(c, text));
        self.chip(c, x, self.y(row.n) + BEGIN + SLANT / 2.0, &text, family::of_packet(packet));
    }

    fn chips_width(&self, c: &CanvasRenderingContext2d, row: &Row) -> f64 {
        self.font(c, SMALL_FONT);
        let widths = row.notes.iter().map(|note| width_of(c, &notes::chip(note, self.names)) + 2.0 * CHIP_PAD + CHIP_GAP);
        widths.sum::<f64>() - CHIP_GAP
    }

    /// Chips side by side from `x` on, or up to `x` when `leftwards`, within what is in sight; what finds no room is counted in one
    /// more chip.
    fn chips(&self, c: &CanvasRenderingContext2d, row: &Row, x: f64, leftwards: bool) {
        let x = if leftwards { x.min(self.words_to()) } else { x.max(self.words_from()) };
        let space = if leftwards { x - self.words_from() } else { self.words_to() - x };
        if space < LEAST {
            return;
        }
        self.font(c, SMALL_FONT);
        let measure = |text: &str| width_of(c, text);
        let mut chips: Vec<(String, Family)> =
            row.notes.iter().map(|note| (notes::chip(note, self.names), family::of_note(note))).collect();
        let widths: Vec<f64> = chips.iter().map(|(text, _)| measure(text) + 2.0 * CHIP_PAD).collect();
        let mut shown = fit::chips(&widths, CHIP_GAP, MORE, space);
        let used: f64 = widths.iter().take(shown).map(|width| width + CHIP_GAP).sum();
        let rest = if chips.len() > shown + 1 { MORE + CHIP_GAP } else { 0.0 };
        let room = space - used - rest;
        // The next one is cut where enough of it stays to be read; the very first one in any case.
        if let Some((text, _)) = chips.get_mut(shown).filter(|_| shown == 0 || room >= WORTH) {
            *text = fit::end(text, room - 2.0 * CHIP_PAD, &measure);
            shown += 1;
        }
        let hidden = chips.len().saturating_sub(shown);
        chips.truncate(shown);
        if hidden > 0 {
            chips.push((format!("+{hidden}"), Family::Ping));
        }
        let total: f64 = chips.iter().map(|(text, _)| measure(text) + 2.0 * CHIP_PAD + CHIP_GAP).sum::<f64>() - CHIP_GAP;
        let mut at = if leftwards { x - total } else { x };
        for (text, family) in &chips {
            at += self.chip(c, at, self.y(row.n) + BEGIN + SLANT / 2.0, text, *family) + CHIP_GAP;
        }
    }

    fn chip(&self, c: &CanvasRenderingContext2d, x: f64, middle: f64, text: &str, family: Family) -> f64 {
        let width = width_of(c, text) + 2.0 * CHIP_PAD;
        c.set_fill_style_str(self.colours.soft(family));
        rounded(c, x, middle - CHIP_HEIGHT / 2.0, width, CHIP_HEIGHT, 4.0);
        c.fill();
        c.set_fill_style_str(self.colours.of(family));
        let _ = c.fill_text(text, x + CHIP_PAD, middle + 4.0);
        width
    }
}
