//! The timeline: where in the kept time packets and faults lie. A click goes there on the ladder.

use contract::TimelineBucket;
use leptos::{ev, html, prelude::*};

use crate::layout::family::Family;
use crate::page::Page;
use crate::text::words;
use crate::widget::canvas::{Colours, Frame, context, on_resize};

const HEIGHT: f64 = 60.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 46.0;

pub(crate) fn timeline(page: Page) -> impl IntoView {
    let store = page.store;
    let canvas = NodeRef::<html::Canvas>::new();
    let holder = NodeRef::<html::Div>::new();
    let width = RwSignal::new(0.0_f64);
    let frame = Frame::new();
    Effect::new(move |_| {
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
    let place = Memo::new(move |_| {
        let row = store.shown_row().filter(|_| !store.follow.get() || store.chosen_row.get().is_some())?;
        store.timeline.with(|buckets| bucket_of(buckets, row))
    });
    Effect::new(move |_| {
        store.timeline.track();
        width.track();
        place.with(|_| ());
        page.theme.track();
        frame.ask(move || {
            let Some(canvas) = canvas.get_untracked() else { return };
            let width = width.get_untracked();
            let Some(context) = context(&canvas, width, HEIGHT) else { return };
            untrack(|| {
                store.timeline.with(|buckets| colours.with(|colours| draw(&context, width, buckets, place.get(), colours)));
            });
        });
    });
    let go = move |event: ev::MouseEvent| {
        let buckets = store.timeline.get_untracked();
        let at = f64::from(event.offset_x()) / width.get_untracked().max(1.0) * buckets.len() as f64;
        if let Some(bucket) = buckets.get(at as usize) {
            let last = store.ladder.with_untracked(|ladder| ladder.end).saturating_sub(1);
            store.chosen_row.set(Some(bucket.row.min(last)));
            store.go_to.set(Some(bucket.row.min(last)));
        }
    };
    view! {
        <div class="timeline" node_ref=holder data-test="timeline" title=words::TIMELINE on:click=go>
            <canvas node_ref=canvas role="img" aria-label=words::TIMELINE></canvas>
        </div>
    }
    .into_any()
}

/// The bucket a row lies in.
fn bucket_of(buckets: &[TimelineBucket], row: u64) -> Option<usize> {
    buckets.iter().rposition(|bucket| bucket.row <= row && bucket.publish + bucket.other + bucket.fault > 0)
}

fn draw(c: &web_sys::CanvasRenderingContext2d, width: f64, buckets: &[TimelineBucket], place: Option<usize>, colours: &Colours) {
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
    let x = place.map_or(width - 2.0, |at| (at as f64 * stride + bar / 2.0).round());
    c.set_fill_style_str(&colours.accent);
    c.fill_rect(x - 1.0, TOP - 8.0, 2.0, BOTTOM - TOP + 14.0);
}
