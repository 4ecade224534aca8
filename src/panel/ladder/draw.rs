//! The ladder's picture. What stands where comes from `layout`; here are the strokes.

use std::f64::consts::TAU;

use contract::{CloseWhy, DeviceId, Fate, Note, PacketRow, Row, RowNo, What};
use web_sys::CanvasRenderingContext2d;

use crate::layout::family::{self, Family};
use crate::layout::fit;
use crate::layout::lanes::{Lanes, TIME_WIDTH};
use crate::layout::window::{HEAD, ROW, height, top_of};
use crate::text::{self, Names, notes, packets, words};
use crate::widget::canvas::Colours;

/// All that a picture of the ladder depends on.
pub(super) struct Picture<'a> {
    pub(super) rows: &'a [Row],
    pub(super) first: RowNo,
    pub(super) end: RowNo,
    /// Scrolled by this much.
    pub(super) top: f64,
    pub(super) left: f64,
    /// Size of what is in sight.
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lanes: &'a Lanes,
    pub(super) names: Names<'a>,
    pub(super) offline: &'a dyn Fn(DeviceId) -> bool,
    pub(super) chosen_device: Option<DeviceId>,
    pub(super) shown: Option<RowNo>,
    pub(super) hovered: Option<RowNo>,
    pub(super) colours: &'a Colours,
}

const LABEL_FONT: &str = "12px";
const BOLD_FONT: &str = "700 12px";
const SMALL_FONT: &str = "11px";
/// From the top of a row to its label's baseline, its arrow's beginning and its arrow's end.
const LABEL: f64 = 14.0;
const BEGIN: f64 = 20.0;
const SLANT: f64 = 10.0;
const CHIP_HEIGHT: f64 = 18.0;
const CHIP_PAD: f64 = 6.0;
const CHIP_GAP: f64 = 5.0;
/// A packet under way is drawn this far, a lost one that far.
const UNDER_WAY: f64 = 0.6;
const LOST: f64 = 0.52;

impl Picture<'_> {
    /// Draws everything, back to front.
    pub(super) fn draw(&self, c: &CanvasRenderingContext2d) {
        self.bands(c);
        c.save();
        let _ = c.translate(-self.left, 0.0);
        self.lane_lines(c);
        for row in self.in_sight() {
            self.cut(c, row);
        }
        for row in self.rows {
            self.copy_curve(c, row);
        }
        for row in self.in_sight() {
            match &row.what {
                What::Packet(packet) => self.packet(c, row, packet),
                What::Event => self.event(c, row),
            }
        }
        c.restore();
        self.times(c);
        self.present(c);
        self.heads(c);
    }

    fn in_sight(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| {
            let y = self.y(row.n);
            y > -ROW && y < self.height
        })
    }

    fn y(&self, n: RowNo) -> f64 {
        top_of(n, self.first) - self.top
    }

    fn font(&self, c: &CanvasRenderingContext2d, font: &str) {
        c.set_font(&format!("{font} {}", self.colours.mono));
    }

    /// The shown row, and the rows of the same flow or message as the one under the pointer.
    fn bands(&self, c: &CanvasRenderingContext2d) {
        let hovered = self.hovered.and_then(|n| self.rows.iter().find(|row| row.n == n));
        for row in self.in_sight() {
            let y = self.y(row.n);
            if self.shown == Some(row.n) {
                c.set_fill_style_str(&self.colours.accent_soft);
                c.fill_rect(0.0, y, self.width, ROW);
                c.set_fill_style_str(&self.colours.accent);
                c.fill_rect(0.0, y, 3.0, ROW);
            } else if hovered.is_some_and(|hovered| related(hovered, row)) {
                c.set_fill_style_str(&self.colours.sunken);
                c.fill_rect(0.0, y, self.width, ROW);
            }
        }
    }

    fn lane_lines(&self, c: &CanvasRenderingContext2d) {
        c.set_line_width(1.0);
        c.set_stroke_style_str(&self.colours.line_strong);
        let bottom = self.height;
        for lane in &self.lanes.devices {
            if (self.offline)(lane.device) {
                dash(c, &[2.0, 4.0]);
            }
            line(c, lane.x.round() + 0.5, HEAD - 10.0, lane.x.round() + 0.5, bottom);
            dash(c, &[]);
        }
        line(c, self.lanes.broker + 0.5, HEAD - 10.0, self.lanes.broker + 0.5, bottom);
    }

    /// A lane is broken where its link was cut.
    fn cut(&self, c: &CanvasRenderingContext2d, row: &Row) {
        let cut = |note: &Note| matches!(note, Note::Closed(CloseWhy::Gone(_) | CloseWhy::ByBroker(..) | CloseWhy::TunnelLost));
        let Some(x) = self.lanes.of(row.device).filter(|_| row.notes.iter().any(cut)) else { return };
        let (x, y) = (x.round() + 0.5, self.y(row.n));
        c.set_line_width(3.0);
        c.set_stroke_style_str(self.ground(row));
        line(c, x, y, x, y + ROW);
        c.set_line_width(2.0);
        c.set_stroke_style_str(self.colours.of(Family::Fault));
        dash(c, &[2.0, 5.0]);
        line(c, x, y, x, y + ROW);
        dash(c, &[]);
    }

    /// A packet that repeats an earlier one is tied to it by a curve outside its lane.
    fn copy_curve(&self, c: &CanvasRenderingContext2d, row: &Row) {
        let What::Packet(packet) = &row.what else { return };
        let Some(of) = packet.copy_of.filter(|of| self.rows.first().is_some_and(|first| first.n <= *of)) else { return };
        let Some(lane) = self.lanes.of(row.device) else { return };
        let (from, to) = (self.y(of) + BEGIN + 4.0, self.y(row.n) + BEGIN - 2.0);
        if to < 0.0 || from > self.height {
            return;
        }
        let side = if lane < self.lanes.broker { -1.0 } else { 1.0 };
        let (x, out) = (lane + side * 4.0, lane + side * 32.0);
        let bend = ((to - from) / 3.0).min(44.0);
        c.set_line_width(1.5);
        c.set_stroke_style_str(self.colours.of(Family::Dup));
        dash(c, &[2.0, 4.0]);
        c.begin_path();
        c.move_to(x, from);
        c.bezier_curve_to(out, from + bend / 2.0, out, from + bend / 2.0, out, from + bend);
        c.line_to(out, to - bend);
        c.bezier_curve_to(out, to - bend / 2.0, out, to - bend / 2.0, x, to);
        c.stroke();
        dash(c, &[]);
    }

    fn packet(&self, c: &CanvasRenderingContext2d, row: &Row, packet: &PacketRow) {
        let Some(device) = self.lanes.of(row.device) else { return self.without_lane(c, row, packet) };
        let broker = self.lanes.broker;
        let (from, to) = if packet.to_broker { (device, broker) } else { (broker, device) };
        let y = self.y(row.n);
        let family = family::of_packet(packet);
        self.arrow(c, packet, family, (from, y + BEGIN), (to, y + BEGIN + SLANT));
        self.label(c, row, packet, family, (from.min(to), from.max(to)));
        self.chips_of_packet(c, row, device);
    }

    fn arrow(&self, c: &CanvasRenderingContext2d, packet: &PacketRow, family: Family, from: (f64, f64), to: (f64, f64)) {
        let part = match packet.fate {
            Fate::UnderWay => UNDER_WAY,
            Fate::Arrived { .. } => 1.0,
            Fate::Lost { .. } => LOST,
        };
        let tip = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
        let way = (to.0 - from.0).signum();
        c.set_line_width(2.0);
        c.set_stroke_style_str(self.colours.of(family));
        c.set_fill_style_str(self.colours.of(family));
        let dashed = packet.dup || matches!(packet.fate, Fate::UnderWay);
        dash(c, if dashed { &[7.0, 4.0] } else { &[] });
        let end = if part == 1.0 { tip.0 - way * 8.0 } else { tip.0 };
        line(c, from.0, from.1, end, tip.1);
        dash(c, &[]);
        if matches!(packet.fate, Fate::Lost { .. }) {
            let (x, y) = (tip.0 + way * 8.0, tip.1);
            line(c, x - 4.0, y - 4.0, x + 4.0, y + 4.0);
            line(c, x - 4.0, y + 4.0, x + 4.0, y - 4.0);
        } else {
            head(c, tip.0 + if part == 1.0 { 0.0 } else { way * 9.0 }, tip.1, way);
        }
    }

    fn label(&self, c: &CanvasRenderingContext2d, row: &Row, packet: &PacketRow, family: Family, (left, right): (f64, f64)) {
        let strong = matches!(family, Family::Publish | Family::Fault | Family::Dup);
        self.font(c, if strong { BOLD_FONT } else { LABEL_FONT });
        let room = right - left - 14.0;
        let text = fit::label(&packets::label(packet), room, &|text| width_of(c, text));
        let width = width_of(c, &text);
        let x = ((left + right) / 2.0 - width / 2.0).round();
        let y = self.y(row.n) + LABEL;
        // An arrow may pass other lanes: their lines must not run through the words.
        c.set_fill_style_str(self.ground(row));
        c.fill_rect(x - 4.0, y - 11.0, width + 8.0, 14.0);
        let colour = if matches!(family, Family::Fault | Family::Dup) { self.colours.of(family) } else { &self.colours.ink };
        c.set_fill_style_str(colour);
        let _ = c.fill_text(&text, x, y);
    }

    /// Chips of a packet stand on the free side: right of the broker for a device on the left; for one on the right, right of its lane
    /// when they fit there, else left of the broker.
    fn chips_of_packet(&self, c: &CanvasRenderingContext2d, row: &Row, device: f64) {
        if row.notes.is_empty() {
            return;
        }
        let broker = self.lanes.broker;
        let right_end = self.lanes.width - 8.0;
        if device < broker {
            self.chips(c, row, broker + 10.0, right_end - broker - 10.0, false);
            return;
        }
        let beside = right_end - device - 10.0;
        if self.lanes.outermost(device) && self.chips_width(c, row) <= beside {
            self.chips(c, row, device + 10.0, beside, false);
        } else {
            self.chips(c, row, broker - 10.0, broker - 10.0 - TIME_WIDTH, true);
        }
    }

    fn event(&self, c: &CanvasRenderingContext2d, row: &Row) {
        let right_end = self.lanes.width - 8.0;
        let x = self.lanes.of(row.device).unwrap_or(self.lanes.broker);
        let beside = right_end - x - 10.0;
        if x <= self.lanes.broker || self.chips_width(c, row) <= beside {
            self.chips(c, row, x + 10.0, beside, false);
        } else {
            self.chips(c, row, x - 10.0, x - 10.0 - TIME_WIDTH, true);
        }
    }

    /// A packet of a device that found no lane is told in words.
    fn without_lane(&self, c: &CanvasRenderingContext2d, row: &Row, packet: &PacketRow) {
        let name = (self.names)(row.device);
        let way = if packet.to_broker { "→" } else { "←" };
        self.font(c, SMALL_FONT);
        let text = format!("{name} {way} {}", packets::line(packet));
        let x = self.lanes.broker + 10.0;
        let text = fit::end(&text, self.lanes.width - x - 20.0, &|text| width_of(c, text));
        self.chip(c, x, self.y(row.n) + BEGIN + SLANT / 2.0, &text, family::of_packet(packet));
    }

    fn chips_width(&self, c: &CanvasRenderingContext2d, row: &Row) -> f64 {
        self.font(c, SMALL_FONT);
        let widths = row.notes.iter().map(|note| width_of(c, &notes::chip(note, self.names)) + 2.0 * CHIP_PAD + CHIP_GAP);
        widths.sum::<f64>() - CHIP_GAP
    }

    /// Chips side by side from `x` on, or up to `x` when `leftwards`, within `space`; what finds no room is counted in one more chip.
    fn chips(&self, c: &CanvasRenderingContext2d, row: &Row, x: f64, space: f64, leftwards: bool) {
        self.font(c, SMALL_FONT);
        let measure = |text: &str| width_of(c, text);
        let mut chips: Vec<(String, Family)> =
            row.notes.iter().map(|note| (notes::chip(note, self.names), family::of_note(note))).collect();
        let widths: Vec<f64> = chips.iter().map(|(text, _)| measure(text) + 2.0 * CHIP_PAD).collect();
        let shown = fit::chips(&widths, CHIP_GAP, 30.0, space);
        if shown == 0 {
            // Not even the first one fits: it is cut, the others are counted.
            let rest = if chips.len() > 1 { 30.0 + CHIP_GAP } else { 0.0 };
            if let Some((text, _)) = chips.first_mut() {
                *text = fit::end(text, space - 2.0 * CHIP_PAD - rest, &measure);
            }
        }
        let hidden = chips.len() - shown.max(1).min(chips.len());
        chips.truncate(shown.max(1));
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

    /// Times stay at the left when the lanes are scrolled sideways.
    fn times(&self, c: &CanvasRenderingContext2d) {
        self.font(c, SMALL_FONT);
        let mut last = None;
        for row in self.in_sight() {
            let y = self.y(row.n) + BEGIN + 5.0;
            let text = text::instant(row.at);
            if self.left > 0.0 {
                c.set_fill_style_str(self.ground(row));
                c.fill_rect(4.0, self.y(row.n), TIME_WIDTH, ROW);
            }
            let same = last == Some(row.at);
            last = Some(row.at);
            c.set_fill_style_str(if same { &self.colours.line_strong } else { &self.colours.ink_3 });
            let _ = c.fill_text(&text, 12.0, y);
        }
    }

    fn present(&self, c: &CanvasRenderingContext2d) {
        let y = (height(self.first, self.end) - self.top - 36.0).round() + 0.5;
        if y > self.height + 20.0 {
            return;
        }
        c.set_line_width(1.5);
        c.set_stroke_style_str(&self.colours.accent);
        line(c, 0.0, y, self.width, y);
        self.font(c, SMALL_FONT);
        let width = width_of(c, words::NOW) + 16.0;
        c.set_fill_style_str(&self.colours.accent);
        rounded(c, self.width - width - 4.0, y - 10.0, width, 20.0, 4.0);
        c.fill();
        c.set_fill_style_str(&self.colours.accent_ink);
        let _ = c.fill_text(words::NOW, self.width - width + 4.0, y + 4.0);
    }

    /// Heads of the lanes; they stay at the top.
    fn heads(&self, c: &CanvasRenderingContext2d) {
        c.set_fill_style_str(&self.colours.bg);
        c.fill_rect(0.0, 0.0, self.width, HEAD - 4.0);
        c.save();
        let _ = c.translate(-self.left, 0.0);
        self.font(c, "600 12px");
        for lane in &self.lanes.devices {
            let chosen = self.chosen_device == Some(lane.device);
            let ink = if (self.offline)(lane.device) { &self.colours.ink_3 } else { &self.colours.ink };
            let border = if chosen { &self.colours.accent } else { &self.colours.line_strong };
            self.head(c, lane.x, &(self.names)(lane.device), &self.colours.surface, ink, border);
        }
        self.head(c, self.lanes.broker, words::BROKER, &self.colours.ink, &self.colours.surface, &self.colours.line_strong);
        c.restore();
    }

    fn head(&self, c: &CanvasRenderingContext2d, x: f64, name: &str, fill: &str, ink: &str, border: &str) {
        let beside = 2.0 * (self.lanes.width - x).min(x) - 8.0;
        let width = 124.0_f64.min(self.lanes.spacing - 10.0).min(beside.max(60.0));
        let left = (x - width / 2.0).round() + 0.5;
        c.set_line_width(1.0);
        c.set_fill_style_str(fill);
        c.set_stroke_style_str(border);
        rounded(c, left, 12.5, width, 30.0, 7.0);
        c.fill();
        c.stroke();
        let text = fit::middle(name, width - 14.0, &|text| width_of(c, text)).unwrap_or_default();
        c.set_fill_style_str(ink);
        let _ = c.fill_text(&text, (x - width_of(c, &text) / 2.0).round(), 32.0);
    }

    /// The colour a row stands on.
    fn ground(&self, row: &Row) -> &str {
        if self.shown == Some(row.n) {
            return &self.colours.accent_soft;
        }
        let hovered = self.hovered.and_then(|n| self.rows.iter().find(|row| row.n == n));
        if hovered.is_some_and(|hovered| related(hovered, row)) { &self.colours.sunken } else { &self.colours.bg }
    }
}

/// The rows belong to one exchange or one message.
fn related(a: &Row, b: &Row) -> bool {
    let (What::Packet(one), What::Packet(other)) = (&a.what, &b.what) else { return a.n == b.n };
    let same = |x: Option<u64>, y: Option<u64>| x.is_some() && x == y;
    a.n == b.n || same(one.flow, other.flow) || same(one.message, other.message)
}

fn width_of(c: &CanvasRenderingContext2d, text: &str) -> f64 {
    c.measure_text(text).map_or(0.0, |measure| measure.width())
}

fn line(c: &CanvasRenderingContext2d, x0: f64, y0: f64, x1: f64, y1: f64) {
    c.begin_path();
    c.move_to(x0, y0);
    c.line_to(x1, y1);
    c.stroke();
}

fn dash(c: &CanvasRenderingContext2d, pattern: &[f64]) {
    let array: js_sys::Array = pattern.iter().map(|length| wasm_bindgen::JsValue::from_f64(*length)).collect();
    let _ = c.set_line_dash(&array);
}

/// The head of an arrow with its tip at `x`.
fn head(c: &CanvasRenderingContext2d, x: f64, y: f64, way: f64) {
    c.begin_path();
    c.move_to(x, y);
    c.line_to(x - way * 11.0, y - 6.0);
    c.line_to(x - way * 11.0, y + 6.0);
    c.close_path();
    c.fill();
}

fn rounded(c: &CanvasRenderingContext2d, x: f64, y: f64, width: f64, height: f64, r: f64) {
    let quarter = TAU / 4.0;
    c.begin_path();
    let _ = c.arc(x + width - r, y + r, r, -quarter, 0.0);
    let _ = c.arc(x + width - r, y + height - r, r, 0.0, quarter);
    let _ = c.arc(x + r, y + height - r, r, quarter, 2.0 * quarter);
    let _ = c.arc(x + r, y + r, r, 2.0 * quarter, 3.0 * quarter);
    c.close_path();
}
