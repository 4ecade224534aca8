//! A canvas that is sharp on every screen and knows the page's colours.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, ResizeObserver};

use crate::layout::family::Family;

/// The page's colours as the canvas wants them: resolved for the theme that is on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Colours {
    pub(crate) bg: String,
    pub(crate) surface: String,
    pub(crate) sunken: String,
    pub(crate) line: String,
    pub(crate) line_strong: String,
    pub(crate) ink: String,
    pub(crate) ink_2: String,
    pub(crate) ink_3: String,
    pub(crate) accent: String,
    pub(crate) accent_ink: String,
    pub(crate) accent_soft: String,
    strong: Vec<String>,
    soft: Vec<String>,
    /// Font families.
    pub(crate) mono: String,
}

impl Colours {
    /// Reads the tokens through an element that is never seen: a token may be a function of the theme, only a used colour is not.
    pub(crate) fn read() -> Colours {
        let Some(body) = document().body() else { return Colours::default() };
        let Ok(Ok(probe)) = document().create_element("i").map(|probe| probe.dyn_into::<HtmlElement>()) else {
            return Colours::default();
        };
        let _ = probe.style().set_property("display", "none");
        if body.append_child(&probe).is_err() {
            return Colours::default();
        }
        let token = |name: &str| {
            let _ = probe.style().set_property("color", &format!("var(--{name})"));
            computed(&probe, "color")
        };
        let families = |suffix: &str| Family::ALL.iter().map(|family| token(&format!("{}{suffix}", family.token()))).collect();
        let colours = Colours {
            bg: token("bg"),
            surface: token("surface"),
            sunken: token("sunken"),
            line: token("line"),
            line_strong: token("line-strong"),
            ink: token("ink"),
            ink_2: token("ink-2"),
            ink_3: token("ink-3"),
            accent: token("accent"),
            accent_ink: token("accent-ink"),
            accent_soft: token("accent-soft"),
            strong: families(""),
            soft: families("-soft"),
            mono: computed(&body, "--mono"),
        };
        probe.remove();
        colours
    }

    /// A family's own colour.
    pub(crate) fn of(&self, family: Family) -> &str {
        self.strong.get(family.index()).map_or(&self.ink, String::as_str)
    }

    /// The colour behind a family's chip.
    pub(crate) fn soft(&self, family: Family) -> &str {
        self.soft.get(family.index()).map_or(&self.sunken, String::as_str)
    }
}

fn computed(element: &Element, name: &str) -> String {
    let style = window().get_computed_style(element).ok().flatten();
    style.and_then(|style| style.get_property_value(name).ok()).unwrap_or_default()
}

/// Makes the canvas `width` × `height` CSS pixels on a screen of any density and gives the context to draw with, scaled and clean.
pub(crate) fn context(canvas: &HtmlCanvasElement, width: f64, height: f64) -> Option<CanvasRenderingContext2d> {
    let density = window().device_pixel_ratio().clamp(0.5, 4.0);
    let (across, down) = ((width * density).round().max(1.0) as u32, (height * density).round().max(1.0) as u32);
    if canvas.width() != across {
        canvas.set_width(across);
    }
    if canvas.height() != down {
        canvas.set_height(down);
    }
    let context = canvas.get_context("2d").ok().flatten()?.dyn_into::<CanvasRenderingContext2d>().ok()?;
    context.set_transform(density, 0.0, 0.0, density, 0.0, 0.0).ok()?;
    context.clear_rect(0.0, 0.0, width, height);
    Some(context)
}

/// Calls back with the element's inner size, now and whenever it changes.
pub(crate) fn on_resize(element: &HtmlElement, call: impl Fn(f64, f64) + 'static) {
    let watched = element.clone();
    let report = move || call(f64::from(watched.client_width()), f64::from(watched.client_height()));
    report();
    let closure = Closure::<dyn Fn()>::new(report);
    if let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) {
        observer.observe(element);
    }
    // It lives as long as the panel, and the panels live as long as the page.
    closure.forget();
}

/// Something to be drawn once per frame at most, however often it is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    asked: StoredValue<bool>,
}

impl Frame {
    pub(crate) fn new() -> Frame {
        Frame { asked: StoredValue::new(false) }
    }

    /// Draws with the next animation frame.
    pub(crate) fn ask(self, draw: impl FnOnce() + 'static) {
        if self.asked.get_value() {
            return;
        }
        self.asked.set_value(true);
        request_animation_frame(move || {
            self.asked.set_value(false);
            draw();
        });
    }
}
