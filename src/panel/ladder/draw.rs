//! The ladder's picture. What stands where comes from `layout`; here are the strokes.

use contract::{CloseWhy, DeviceId, Fate, Note, PacketRow, Row, RowNo, What};
use web_sys::CanvasRenderingContext2d;

use crate::layout::family::{self, Family};
use crate::layout::fit;
use crate::layout::lanes::{Lanes, TIME_WIDTH};
use crate::layout::window::{HEAD, ROW, height, top_of};
use crate::text::{self, Names, packets, words};
use crate::widget::canvas::Colours;

use super::strokes::{dash, head, line, rounded, width_of};

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
    /// What is drawn is not the present.
    pub(super) past: bool,
    pub(super) colours: &'a Colours,
}

/// Where less than this is in sight there are no words.
pub(super) const LEAST: f64 = 40.0;
/// Lanes closer than this have smaller words between them.
const NARROW: f64 = 200.0;
pub(super) const SMALL_FONT: &str = "11px";
/// From the top of a row to its label's baseline, its arrow's beginning and its arrow's end.
const LABEL: f64 = 14.0;
pub(super) const BEGIN: f64 = 20.0;
pub(super) const SLANT: f64 = 10.0;
/// A packet under way is drawn this far, a lost one that far.
const UNDER_WAY: f64 = 0.6;
const LOST: f64 = 0.52;
const HELD: f64 = 0.8;

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

    pub(super) fn y(&self, n: RowNo) -> f64 {
        top_of(n, self.first) - self.top
    }

    /// The part of the content in which words can be read: right of the times, left of the edge.
    pub(super) fn words_from(&self) -> f64 {
        self.left + TIME_WIDTH
    }

    pub(super) fn words_to(&self) -> f64 {
        self.lanes.width.min(self.left + self.width) - 6.0
    }

    pub(super) fn font(&self, c: &CanvasRenderingContext2d, font: &str) {
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
        c.bezier_curve_to((x + out) / 2.0, from + bend * 0.1, out, from + bend * 0.4, out, from + bend);
        c.line_to(out, to - bend);
        c.bezier_curve_to(out, to - bend * 0.4, (x + out) / 2.0, to - bend * 0.1, x, to);
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
            Fate::Lost { .. } | Fate::Dropped { .. } => LOST,
            Fate::Held { .. } => HELD,
        };
        let tip = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
        let way = (to.0 - from.0).signum();
        c.set_line_width(2.0);
        c.set_stroke_style_str(self.colours.of(family));
        c.set_fill_style_str(self.colours.of(family));
        let dashed = packet.dup || matches!(packet.fate, Fate::UnderWay | Fate::Held { .. });
        dash(c, if dashed { &[7.0, 4.0] } else { &[] });
        let end = if part == 1.0 { tip.0 - way * 8.0 } else { tip.0 };
        line(c, from.0, from.1, end, tip.1);
        dash(c, &[]);
        if matches!(packet.fate, Fate::Lost { .. } | Fate::Dropped { .. }) {
            let (x, y) = (tip.0 + way * 8.0, tip.1);
            line(c, x - 4.0, y - 4.0, x + 4.0, y + 4.0);
            line(c, x - 4.0, y + 4.0, x + 4.0, y - 4.0);
        } else {
            head(c, tip.0 + if part == 1.0 { 0.0 } else { way * 9.0 }, tip.1, way);
        }
    }

    fn label(&self, c: &CanvasRenderingContext2d, row: &Row, packet: &PacketRow, family: Family, (left, right): (f64, f64)) {
        let strong = matches!(family, Family::Publish | Family::Fault | Family::Dup);
        let narrow = right - left < NARROW;
        self.font(
            c,
            match (strong, narrow) {
                (true, false) => "700 12px",
                (true, true) => "700 11px",
                (false, false) => "12px",
                (false, true) => "11px",
            },
        );
        // Words stand in the part of the arrow that is in sight, clear of the times.
        let (left, right) = (left.max(self.words_from()), right.min(self.words_to()));
        let room = right - left - 12.0;
        if room < LEAST {
            return;
        }
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

    /// Times stay at the left when the lanes are scrolled sideways.
    fn times(&self, c: &CanvasRenderingContext2d) {
        self.font(c, SMALL_FONT);
        for row in self.in_sight() {
            let y = self.y(row.n) + BEGIN + 5.0;
            let text = text::instant(row.at);
            if self.left > 0.0 {
                c.set_fill_style_str(self.ground(row));
                c.fill_rect(4.0, self.y(row.n), TIME_WIDTH, ROW);
            }
            c.set_fill_style_str(&self.colours.ink_3);
            let _ = c.fill_text(&text, 12.0, y);
        }
    }

    fn present(&self, c: &CanvasRenderingContext2d) {
        let y = (height(self.first, self.end) - self.top - 36.0).round() + 0.5;
        if y > self.height + 20.0 {
            return;
        }
        let (word, colour) = if self.past { (words::THEN, self.colours.of(Family::Dup)) } else { (words::NOW, &*self.colours.accent) };
        c.set_line_width(1.5);
        c.set_stroke_style_str(colour);
        line(c, 0.0, y, self.width, y);
        self.font(c, SMALL_FONT);
        let width = width_of(c, word) + 16.0;
        c.set_fill_style_str(colour);
        rounded(c, self.width - width - 4.0, y - 10.0, width, 20.0, 4.0);
        c.fill();
        c.set_fill_style_str(&self.colours.accent_ink);
        let _ = c.fill_text(word, self.width - width + 4.0, y + 4.0);
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
