//! Access: who may connect and who may do what, and how strict the broker is.

use contract::{AccessSpec, Command, Refusal};
use leptos::prelude::*;

use crate::page::Page;
use crate::text::{self, faults, refusals, words};
use crate::widget::form::{area, button, check, row, wrong};
use crate::widget::live::{flag, said, show};

/// The texts. They stay in the page: the broker tells numbers only.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    passwords: RwSignal<String>,
    acl: RwSignal<String>,
    scram: RwSignal<String>,
    anonymous: RwSignal<bool>,
    wrong: RwSignal<Option<String>>,
    applied: RwSignal<bool>,
}

impl Form {
    pub(crate) fn new() -> Form {
        Form {
            passwords: RwSignal::default(),
            acl: RwSignal::default(),
            scram: RwSignal::default(),
            anonymous: RwSignal::new(true),
            wrong: RwSignal::default(),
            applied: RwSignal::new(false),
        }
    }

    fn spec(self) -> AccessSpec {
        let some = |text: RwSignal<String>| Some(text.get_untracked()).filter(|text| !text.trim().is_empty());
        AccessSpec {
            password_file: some(self.passwords),
            acl_file: some(self.acl),
            scram_file: some(self.scram),
            allow_anonymous: self.anonymous.get_untracked(),
        }
    }
}

pub(crate) fn access(page: Page, form: Form) -> AnyView {
    let store = page.store;
    form.applied.set(false);
    let apply = move || {
        page.bridge.act_then(Command::SetAccess(form.spec()), move |result| {
            form.applied.set(result.is_ok());
            form.wrong.set(match result {
                Ok(_) => None,
                Err(Refusal::BadField { field, why }) => Some(format!("{}: {}", text::visible(&field), text::visible(&why))),
                Err(refusal) => Some(refusals::refusal(&refusal)),
            });
        });
    };
    let now = move || store.access.with(faults::access);
    view! {
        <div class="panel" data-test="access">
            <p class="about">{words::ACCESS_ABOUT}</p>
            <p class="about" data-test="access-now">{said(now)}</p>
            <fieldset class="form inset" disabled=flag(move || store.is_past())>
                {row(words::PASSWORD_FILE, area(words::PASSWORD_FILE, "access-passwords", words::PASSWORD_HINT, form.passwords))}
                {row(words::ACL_FILE, area(words::ACL_FILE, "access-acl", words::ACL_HINT, form.acl))}
                {row(words::SCRAM_FILE, area(words::SCRAM_FILE, "access-scram", words::SCRAM_HINT, form.scram))}
                {check(words::ALLOW_ANONYMOUS, "access-anonymous", form.anonymous)}
                {wrong("access-wrong", form.wrong)}
                <div class="end">
                    {show(move || form.applied.get(), move || view! { <span role="status" data-test="access-applied">{words::APPLIED}</span> }.into_any())}
                    {button(words::APPLY, "access-apply", "primary", apply)}
                </div>
                {mode(page)}
            </fieldset>
        </div>
    }
    .into_any()
}

fn mode(page: Page) -> AnyView {
    let store = page.store;
    let choice = move |strict: bool, name: &'static str, test: &'static str| {
        let on = move || store.mode.with(|mode| mode.strict == strict);
        let set = move |_| page.bridge.act(Command::SetMode { strict, explain: !strict && store.mode.with_untracked(|mode| mode.explain) });
        view! { <button type="button" class:on=flag(on) aria-pressed=said(move || on().to_string()) data-test=test on:click=set>{name}</button> }
            .into_any()
    };
    let explain = move |event| page.bridge.act(Command::SetMode { strict: false, explain: event_target_checked(&event) });
    view! {
        <div class="row"><span>{words::MODE}</span>
            <div class="seg" role="group" aria-label=words::MODE>
                {choice(false, words::FRIENDLY, "mode-friendly")}
                {choice(true, words::STRICT, "mode-strict")}
            </div>
        </div>
        <label class="row check"><span></span><span>
            <input type="checkbox" data-test="mode-explain" prop:checked=flag(move || store.mode.with(|mode| mode.explain)) on:change=explain />" "{words::EXPLAIN}
        </span></label>
    }
    .into_any()
}
