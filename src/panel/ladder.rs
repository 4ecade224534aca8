//! The ladder: every packet between the devices and the broker, one row each, on a canvas that draws only what is in sight.
//!
//! The scrolled element is empty but for its height; the canvas lies over it. It follows the present until the user scrolls up.

mod chips;
mod draw;
mod rows;
mod strokes;

use contract::{Command, DeviceState, RowNo};
use leptos::{ev, html, prelude::*};
use web_sys::HtmlElement;

use crate::layout::lanes::{self, Lanes};
use crate::layout::window::{HEAD, ROW, height, row_at, top_of, wanted};
use crate::page::Page;
use crate::store::{Ladder, put};
use crate::text::{self, words};
use crate::widget::canvas::{Colours, Frame, context, on_resize};
use crate::widget::live::{effect, px, said, show};

/// The scene that an empty world offers.
const CAR_LOCK: &str = "car-lock";
/// Pixels from the end within which the ladder counts as being at its end.
const NEAR_END: f64 = 6.0;

/// What the ladder alone knows.
#[derive(Clone, Copy)]
struct View {
    page: Page,
    scroller: NodeRef<html::Div>,
    space: NodeRef<html::Div>,
    canvas: NodeRef<html::Canvas>,
    /// Inner size of the scrolled element, and how far it is scrolled.
    size: RwSignal<(f64, f64)>,
    scrolled: RwSignal<(f64, f64)>,
    hovered: RwSignal<Option<RowNo>>,
    /// How far it was scrolled when it was last put to its end.
    pinned: StoredValue<i32>,
    /// Where the present was when the user left it.
    left_at: RwSignal<RowNo>,
    lanes: Memo<Lanes>,
    frame: Frame,
}

pub(crate) fn ladder(page: Page) -> impl IntoView {
    let store = page.store;
    let size = RwSignal::new((0.0, 0.0));
    let who = Memo::new(move |_| {
        let chosen = store.shown_device();
        store.devices.with(|devices| store.ladder.with(|ladder| lanes::who(devices, &ladder.rows, chosen)))
    });
    let view = View {
        page,
        scroller: NodeRef::new(),
        space: NodeRef::new(),
        canvas: NodeRef::new(),
        size,
        scrolled: RwSignal::new((0.0, 0.0)),
        hovered: RwSignal::new(None),
        pinned: StoredValue::new(0),
        left_at: RwSignal::new(0),
        lanes: Memo::new(move |_| lanes::place(&who.get(), size.get().0)),
        frame: Frame::new(),
    };
    view.wire();
    let new_rows = move || store.ladder.with(|ladder| ladder.end).saturating_sub(view.left_at.get());
    view! {
        <div class="ladder" data-test="ladder">
            <div
                class="ladder-scroll"
                id="ladder"
                tabindex="0"
                role="group"
                aria-label=words::LADDER_HELP
                node_ref=view.scroller
                on:scroll=move |_| view.on_scroll()
                on:wheel=move |event| {
                    if event.delta_y() < 0.0 {
                        view.leave_present();
                    }
                }
                on:keydown=move |event| view.on_key(&event)
                on:mousemove=move |event| view.hovered.set(view.row_under(&event))
                on:mouseleave=move |_| view.hovered.set(None)
                on:click=move |event| view.on_click(&event)
                on:contextmenu=move |event| view.on_menu(&event)
            >
                <div class="ladder-space" node_ref=view.space></div>
            </div>
            <canvas class="ladder-canvas" aria-hidden="true" node_ref=view.canvas></canvas>
            {rows::list(page)}
            {show(move || store.ready.get() && store.ladder.with(|ladder| ladder.end == 0) && store.scene.with(|scene| !scene.as_ref().is_some_and(|scene| scene.waiting)), move || view! { <div class="empty">
                    <strong>{words::LADDER_EMPTY}</strong>
                    <p>{words::LADDER_EMPTY_HINT}</p>
                    <button data-test="load-scene" on:click=move |_| page.restart(Command::LoadScene(CAR_LOCK.to_owned()))>{words::LOAD_CAR_LOCK}</button>
                </div> }.into_any())}
            {show(move || !store.follow.get(), move || view! { <button class="follow" data-test="follow" aria-label=words::FOLLOW on:click=move |_| store.follow_newest()>
                    {said(move || text::session::new_rows(new_rows()))}
                </button> }.into_any())}
        </div>
    }
    .into_any()
}

impl View {
    fn wire(self) {
        let store = self.page.store;
        effect(move || {
            if let Some(element) = self.scroller.get() {
                on_resize(&element, move |width, height| self.size.set((width, height)));
            }
        });
        // The height follows what is kept; the place follows the present, or stays with the row it shows when old rows go.
        Effect::new(move |last: Option<RowNo>| {
            let (first, end) = store.ladder.with(|ladder| (ladder.first, ladder.end));
            let (_, seen) = self.size.get();
            let width = self.lanes.with(|lanes| lanes.width);
            let follow = store.follow.get();
            if let (Some(scroller), Some(space)) = (self.scroller.get(), self.space.get()) {
                let _ = space.style(("height", px(height(first, end).max(seen))));
                let _ = space.style(("width", px(width)));
                if follow {
                    self.pin(&scroller);
                } else if let Some(gone) = last.filter(|last| *last < first).map(|last| first - last) {
                    scroller.set_scroll_top(scroller.scroll_top() - (gone as f64 * ROW) as i32);
                }
                self.note_place();
            }
            first
        });
        // Lanes that find no room begin with the broker in the middle of what is in sight.
        Effect::new(move |was: Option<bool>| {
            let (across, _) = self.size.get();
            let (width, broker) = self.lanes.with(|lanes| (lanes.width, lanes.broker));
            let wide = width > across + 1.0;
            if let Some(scroller) = self.scroller.get().filter(|_| wide && was != Some(true)) {
                scroller.set_scroll_left((broker - across / 2.0) as i32);
            }
            wide
        });
        effect(move || {
            let (_, seen) = self.size.get();
            let (_, top) = self.scrolled.get();
            let (first, _) = store.ladder.with_untracked(|ladder| (ladder.first, ladder.end));
            put(store.rows_wanted, wanted(store.follow.get(), top, seen, first));
        });
        effect(move || {
            if store.follow.get() {
                return;
            }
            self.left_at.set(store.ladder.with_untracked(|ladder| ladder.end));
        });
        effect(move || {
            if let Some(row) = store.go_to.get() {
                self.show_row(row, true);
                store.go_to.set(None);
            }
        });
        // Read first while drawing: by then the frame has put the theme on.
        let colours = Memo::new(move |_| {
            self.page.theme.get();
            Colours::read()
        });
        // Everything the picture depends on is read here; the drawing itself comes once per frame.
        effect(move || {
            store.ladder.track();
            store.devices.track();
            self.size.track();
            self.scrolled.track();
            self.hovered.track();
            self.lanes.with(|_| ());
            store.chosen_row.track();
            store.newest.track();
            store.chosen_device.track();
            store.past.track();
            self.page.theme.track();
            self.frame.ask(move || self.draw(colours));
        });
    }

    fn draw(self, colours: Memo<Colours>) {
        let store = self.page.store;
        let (width, height) = self.size.get_untracked();
        let Some(canvas) = self.canvas.get_untracked() else { return };
        let Some(context) = context(&canvas, width, height) else { return };
        let _ = canvas.style(("width", px(width)));
        let _ = canvas.style(("height", px(height)));
        untrack(|| {
            let (left, top) = self.scrolled.get();
            let names = store.names();
            let offline = |id| store.devices.with(|devices| !devices.iter().any(|d| d.id == id && d.state != DeviceState::Offline));
            store.ladder.with(|Ladder { first, end, rows }| {
                self.lanes.with(|lanes| {
                    colours.with(|colours| {
                        let picture = draw::Picture {
                            rows,
                            first: *first,
                            end: *end,
                            top,
                            left,
                            width,
                            height,
                            lanes,
                            names: &names,
                            offline: &offline,
                            chosen_device: store.shown_device(),
                            shown: store.shown_row(),
                            hovered: self.hovered.get(),
                            past: store.is_past(),
                            colours,
                        };
                        picture.draw(&context);
                    });
                });
            });
        });
    }

    fn pin(self, scroller: &HtmlElement) {
        scroller.set_scroll_top(scroller.scroll_height());
        self.pinned.set_value(scroller.scroll_top());
    }

    fn note_place(self) {
        if let Some(scroller) = self.scroller.get_untracked() {
            put(self.scrolled, (f64::from(scroller.scroll_left()), f64::from(scroller.scroll_top())));
        }
    }

    fn on_scroll(self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let store = self.page.store;
        if store.follow.get_untracked() && scroller.scroll_top() >= self.pinned.get_value() {
            // Not the user but the page has moved: a scrollbar came, or the ladder grew.
            self.pin(&scroller);
        } else {
            let rest = scroller.scroll_height() - scroller.scroll_top() - scroller.client_height();
            put(store.follow, f64::from(rest) <= NEAR_END);
        }
        self.note_place();
    }

    /// The user turns to the past: said by the wheel before the place itself changes, so that no new row pulls it back.
    fn leave_present(self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        if scroller.scroll_height() > scroller.client_height() {
            put(self.page.store.follow, false);
        }
    }

    fn row_under(self, event: &ev::MouseEvent) -> Option<RowNo> {
        let y = f64::from(event.offset_y());
        let (first, end) = self.page.store.ladder.with_untracked(|ladder| (ladder.first, ladder.end));
        // The event's target is the space within the scrolled element, so that its offset is already that of the content.
        let scrolled = self.scrolled.get_untracked().1;
        if y - scrolled < HEAD - 6.0 { None } else { row_at(y, first, end) }
    }

    fn on_click(self, event: &ev::MouseEvent) {
        let store = self.page.store;
        let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        if y - self.scrolled.get_untracked().1 < HEAD - 6.0 {
            let hit = self
                .lanes
                .with_untracked(|lanes| lanes.devices.iter().find(|lane| (lane.x - x).abs() < lanes.spacing / 2.0 - 4.0).copied());
            if let Some(lane) = hit {
                store.chosen_device.set(Some(lane.device));
            }
        } else if let Some(row) = self.row_under(event) {
            self.page.choose_row(row);
        }
    }

    /// The menu of the row under the pointer; of the shown one when the menu key was pressed.
    fn on_menu(self, event: &ev::MouseEvent) {
        event.prevent_default();
        if let Some(row) = self.row_under(event) {
            self.page.choose_row(row);
        }
        self.page.offer_at(f64::from(event.client_x()), f64::from(event.client_y()));
    }

    fn on_key(self, event: &ev::KeyboardEvent) {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let store = self.page.store;
        let (first, end) = store.ladder.with_untracked(|ladder| (ladder.first, ladder.end));
        let Some(last) = end.checked_sub(1).filter(|last| *last >= first) else { return };
        let shown = untrack(|| store.shown_row());
        let to = match event.key().as_str() {
            "ArrowDown" => shown.map_or(first, |n| n.saturating_add(1)).clamp(first, last),
            "ArrowUp" => shown.map_or(last, |n| n.saturating_sub(1)).clamp(first, last),
            "Home" => first,
            "End" => {
                event.prevent_default();
                return store.follow_newest();
            }
            _ => return,
        };
        event.prevent_default();
        store.chosen_row.set(Some(to));
        self.show_row(to, false);
    }

    /// Scrolls as little as needed to bring the row into sight, or brings it to the middle.
    fn show_row(self, row: RowNo, middle: bool) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let first = self.page.store.ladder.with_untracked(|ladder| ladder.first);
        let (_, seen) = self.size.get_untracked();
        let (y, top) = (top_of(row, first), f64::from(scroller.scroll_top()));
        let to = if middle {
            y - seen / 2.0
        } else if y < top + HEAD {
            y - HEAD
        } else if y + ROW > top + seen {
            y + ROW - seen
        } else {
            return;
        };
        if to < top {
            self.leave_present();
        }
        scroller.set_scroll_top(to as i32);
        self.on_scroll();
    }
}
