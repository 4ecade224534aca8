//! Strokes on a canvas. A context that refuses one draws a little less: there is nothing better to do about it.

use std::f64::consts::TAU;

use web_sys::CanvasRenderingContext2d;

pub(super) fn width_of(c: &CanvasRenderingContext2d, text: &str) -> f64 {
    c.measure_text(text).map_or(0.0, |measure| measure.width())
}

pub(super) fn line(c: &CanvasRenderingContext2d, x0: f64, y0: f64, x1: f64, y1: f64) {
    c.begin_path();
    c.move_to(x0, y0);
    c.line_to(x1, y1);
    c.stroke();
}

pub(super) fn dash(c: &CanvasRenderingContext2d, pattern: &[f64]) {
    let array: js_sys::Array = pattern.iter().map(|length| wasm_bindgen::JsValue::from_f64(*length)).collect();
    let _ = c.set_line_dash(&array);
}

/// The head of an arrow with its tip at `x`.
pub(super) fn head(c: &CanvasRenderingContext2d, x: f64, y: f64, way: f64) {
    c.begin_path();
    c.move_to(x, y);
    c.line_to(x - way * 11.0, y - 6.0);
    c.line_to(x - way * 11.0, y + 6.0);
    c.close_path();
    c.fill();
}

pub(super) fn rounded(c: &CanvasRenderingContext2d, x: f64, y: f64, width: f64, height: f64, r: f64) {
    let quarter = TAU / 4.0;
    c.begin_path();
    let _ = c.arc(x + width - r, y + r, r, -quarter, 0.0);
    let _ = c.arc(x + width - r, y + height - r, r, 0.0, quarter);
    let _ = c.arc(x + r, y + height - r, r, quarter, 2.0 * quarter);
    let _ = c.arc(x + r, y + r, r, 2.0 * quarter, 3.0 * quarter);
    c.close_path();
}
