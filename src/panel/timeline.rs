//! The timeline: where packets and faults lie in what is kept. Whoever drags over it, or goes along it by keys, sees the world as it was
//! there; its end is the present.

use contract::{Step, TimelineBucket};
use leptos::{ev, html, prelude::*};

use crate::layout::family::Family;
use crate::layout::scrub::{part_of, step_at};
use crate::page::Page;
use crate::text::{faults, words};
use crate::widget::canvas::{Colours, Frame, context, on_resize};
use crate::widget::live::{effect, said};

const HEIGHT: f64 = 60.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 46.0;
/// Page Up and Page Down go by this part of all steps.
const PAGES: Step = 20;

/// What a picture of the timeline depends on besides its buckets.
struct Marks {
    /// Parts of the width: where the shown step lies, and where what can be seen again begins.
    place: f64,
    horizon: f64,
    past: bool,
}

pub(crate) fn timeline(page: Page) -> impl IntoView {
    let store = page.store;
    let canvas = NodeRef::<html::Canvas>::new();
    let holder = NodeRef::<html::Div>::new();
    let width = RwSignal::new(0.0_f64);
    let frame = Frame::new();
    effect(move || {
        if let Some(holder) = holder.get() {
            on_resize(&holder, move |across, _| {
                width.set(across);
                store.buckets.set((across / 7.0).clamp(20.0, 160.0) as u32);
            });
        }
    });
    let colours = Memo::new(move |_| {
        page.theme.get();
        Colours::read()
    });
    effect(move || {
        store.timeline.track();
        store.past.track();
        store.horizon.track();
        width.track();
        page.theme.track();
        frame.ask(move || {
            let Some(canvas) = canvas.get_untracked() else { return };
            let width = width.get_untracked();
            let Some(context) = context(&canvas, width, HEIGHT) else { return };
            untrack(|| {
                let (past, present, horizon) = (store.past.get(), store.present.get(), store.horizon.get());
                store.timeline.with(|buckets| {
                    let place = part_of(buckets, past.unwrap_or(present), present);
                    let marks = Marks { place, horizon: part_of(buckets, horizon, present), past: past.is_some() };
                    colours.with(|colours| draw(&context, width, buckets, &marks, colours));
                });
            });
        });
    });
    let at = move || store.past.get().unwrap_or_else(|| store.present.get());
    let drag = move |event: &ev::PointerEvent| {
        let part = f64::from(event.offset_x()) / width.get_untracked().max(1.0);
        let step = store.timeline.with_untracked(|buckets| step_at(buckets, part, store.present.get_untracked()));
        page.look_back(step);
    };
    let begin = move |event: ev::PointerEvent| {
        if let Some(holder) = holder.get_untracked() {
            // Without the capture a drag ends at the edge.
            let _ = holder.set_pointer_capture(event.pointer_id());
        }
        drag(&event);
    };
    view! {
        <div
            class="timeline"
            node_ref=holder
            data-test="timeline"
            role="slider"
            tabindex="0"
            aria-label=words::SCRUB
            title=words::SCRUB
            aria-valuemin=said(move || store.horizon.get().to_string())
            aria-valuemax=said(move || store.present.get().to_string())
            aria-valuenow=said(move || at().to_string())
            aria-valuetext=said(move || faults::past_place(at(), store.present.get(), store.horizon.get()))
            on:pointerdown=begin
            on:pointermove=move |event| {
                if event.buttons() & 1 == 1 {
                    drag(&event);
                }
            }
            on:keydown=move |event| on_key(page, &event)
        >
            <canvas node_ref=canvas role="img" aria-label=words::TIMELINE></canvas>
        </div>
    }
    .into_any()
}

fn on_key(page: Page, event: &ev::KeyboardEvent) {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let store = page.store;
    let present = store.present.get_untracked();
    let at = store.past.get_untracked().unwrap_or(present);
    let far = (present / PAGES).max(1);
    let to = match event.key().as_str() {
        "ArrowLeft" | "ArrowDown" => at.saturating_sub(1),
        "ArrowRight" | "ArrowUp" => at.saturating_add(1),
        "PageDown" => at.saturating_sub(far),
        "PageUp" => at.saturating_add(far),
        "Home" => 0,
        "End" => present,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    page.look_back(to);
}

fn draw(c: &web_sys::CanvasRenderingContext2d, width: f64, buckets: &[TimelineBucket], marks: &Marks, colours: &Colours) {
    c.set_fill_style_str(&colours.sunken);
    c.fill_rect(0.0, TOP - 2.0, width, BOTTOM - TOP + 2.0);
    let most = buckets.iter().map(|bucket| bucket.publish.saturating_add(bucket.other)).max().unwrap_or(0).max(1);
    let stride = width / buckets.len().max(1) as f64;
    let bar = (stride - 1.0).clamp(1.0, 6.0);
    // The root keeps one packet visible beside a hundred.
    let tall = |count: u32| (f64::from(count) / f64::from(most)).sqrt() * (BOTTOM - TOP - 4.0);
    for (at, bucket) in buckets.iter().enumerate() {
        let x = (at as f64 * stride).round();
        let (other, publish) = (tall(bucket.other.saturating_add(bucket.publish)), tall(bucket.publish));
        c.set_global_alpha(0.75);
        c.set_fill_style_str(colours.of(Family::Ping));
        c.fill_rect(x, BOTTOM - other, bar, other);
        c.set_fill_style_str(colours.of(Family::Publish));
        c.fill_rect(x, BOTTOM - publish, bar, publish);
        c.set_global_alpha(1.0);
        if bucket.fault > 0 {
            c.set_fill_style_str(colours.of(Family::Fault));
            c.fill_rect(x, TOP - 2.0, 3.0, BOTTOM - TOP + 2.0);
        }
    }
    // What comes after the shown step, and what cannot be seen again, is faint.
    let x = (marks.place * width).round().clamp(1.0, (width - 2.0).max(1.0));
    c.set_global_alpha(0.7);
    c.set_fill_style_str(&colours.surface);
    if marks.past {
        c.fill_rect(x, TOP - 2.0, width - x, BOTTOM - TOP + 2.0);
    }
    c.fill_rect(0.0, TOP - 2.0, (marks.horizon * width).round(), BOTTOM - TOP + 2.0);
    c.set_global_alpha(1.0);
    let colour = if marks.past { colours.of(Family::Dup) } else { &colours.accent };
    c.set_fill_style_str(colour);
    c.fill_rect(x - 1.0, TOP - 8.0, 2.0, BOTTOM - TOP + 14.0);
    c.begin_path();
    let _ = c.arc(x, TOP - 5.0, 4.0, 0.0, std::f64::consts::TAU);
    c.fill();
}
