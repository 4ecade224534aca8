//! Rules: those that are armed, those that can be armed with one press, and one of the user's own.

use contract::{Command, FaultRule, Kind, Refusal, RuleView};
use leptos::prelude::*;

use crate::make::rule::{self, Draft, KINDS};
use crate::page::Page;
use crate::store::Tab;
use crate::text::{self, faults, refusals, words};
use crate::widget::form::{Choices, button, choices, row, select, text as text_field, wrong};
use crate::widget::live::{effect, flag, live, said, show};

/// The form's fields. They outlive the panel, so that a rule is not lost by a look at the ladder.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    device: RwSignal<String>,
    way: RwSignal<String>,
    kinds: RwSignal<Vec<Kind>>,
    topic: RwSignal<String>,
    packet_id: RwSignal<String>,
    qos: RwSignal<String>,
    dup: RwSignal<String>,
    skip: RwSignal<String>,
    times: RwSignal<String>,
    chance: RwSignal<String>,
    seconds: RwSignal<String>,
    action: RwSignal<String>,
    amount: RwSignal<String>,
    wrong: RwSignal<Option<String>>,
    /// Whom the rules that are armed at once are about.
    preset_for: RwSignal<String>,
}

impl Form {
    pub(crate) fn new(page: Page) -> Form {
        let text = || RwSignal::new(String::new());
        let form = Form {
            device: text(),
            way: text(),
            kinds: RwSignal::default(),
            topic: text(),
            packet_id: text(),
            qos: text(),
            dup: text(),
            skip: text(),
            times: text(),
            chance: text(),
            seconds: text(),
            action: text(),
            amount: text(),
            wrong: RwSignal::default(),
            preset_for: text(),
        };
        form.fill(rule::blank());
        let store = page.store;
        effect(move || {
            if let Some(draft) = store.rule_draft.get() {
                form.fill(draft);
            }
        });
        // The presets are about the device that is chosen in the list.
        let chosen = Memo::new(move |_| store.shown_device().and_then(|id| store.device(id)).map(|device| device.name));
        effect(move || form.preset_for.set(chosen.get().unwrap_or_default()));
        form
    }

    fn fill(self, draft: Draft) {
        self.device.set(draft.device);
        self.way.set(draft.way);
        self.kinds.set(draft.kinds);
        self.topic.set(draft.topic);
        self.packet_id.set(draft.packet_id);
        self.qos.set(draft.qos);
        self.dup.set(draft.dup);
        self.skip.set(draft.skip);
        self.times.set(draft.times);
        self.chance.set(draft.chance);
        self.seconds.set(draft.seconds);
        self.action.set(draft.action);
        self.amount.set(draft.amount);
        self.wrong.set(None);
    }

    fn draft(self) -> Draft {
        Draft {
            device: self.device.get(),
            way: self.way.get(),
            kinds: self.kinds.get(),
            topic: self.topic.get(),
            packet_id: self.packet_id.get(),
            qos: self.qos.get(),
            dup: self.dup.get(),
            skip: self.skip.get(),
            times: self.times.get(),
            chance: self.chance.get(),
            seconds: self.seconds.get(),
            action: self.action.get(),
            amount: self.amount.get(),
        }
    }
}

/// The panel of the middle column.
pub(crate) fn rules(page: Page, form: Form) -> AnyView {
    view! {
        <div class="panel" data-test="rules">
            <p class="about">{words::RULES_ABOUT}</p>
            <h2>{words::ARMED}</h2>
            {list(page)}
            <fieldset class="bare" disabled=flag(move || page.store.is_past())>
                <h2>{words::PRESETS}</h2>
                {presets(page, form)}
                <h2>{words::NEW_RULE}</h2>
                {own(page, form)}
            </fieldset>
        </div>
    }
    .into_any()
}

/// The list of the left column: that there are rules is seen from everywhere.
pub(crate) fn brief(page: Page) -> AnyView {
    let store = page.store;
    let lines = move || store.rules.with(|rules| rules.iter().map(|view| brief_line(page, view)).collect::<Vec<_>>());
    view! {
        <section class="faults" aria-label=words::FAULTS>
            <h2>
                <span>{words::FAULTS}</span>
                <button class="link" data-test="add-rule" on:click=move |_| page.open(Tab::Rules)>{words::ADD}</button>
            </h2>
            <ul class="plain">{live(move || lines().into_any())}</ul>
        </section>
    }
    .into_any()
}

fn brief_line(page: Page, view: &RuleView) -> AnyView {
    let state = if view.spent { words::SPENT.to_owned() } else { format!("{}×", view.struck) };
    view! {
        <li class="rule-brief" class:spent=view.spent>
            <button class="choose" title=faults::sentence(&view.rule) on:click=move |_| page.open(Tab::Rules)>
                <span class="cut">{faults::title(&view.rule)}</span>
                <span class="tag">{state}</span>
                <small class="cut">{faults::way(&view.rule.matcher)}</small>
            </button>
        </li>
    }
    .into_any()
}

fn list(page: Page) -> AnyView {
    let store = page.store;
    let lines = move || store.rules.with(|rules| rules.iter().map(|view| line(page, view)).collect::<Vec<_>>());
    view! {
        <ul class="plain rules" id="rules">{live(move || lines().into_any())}</ul>
        {show(move || store.rules.with(Vec::is_empty), move || view! { <p class="note">{words::NO_RULES}</p> }.into_any())}
    }
    .into_any()
}

fn line(page: Page, view: &RuleView) -> AnyView {
    let id = view.id;
    let remove = move || page.bridge.act(Command::RemoveRule(id));
    let halts = page.store.halted_by.with(|halted| *halted == Some(id));
    view! {
        <li class="rule" class:spent=view.spent class:halts=halts data-rule=id.to_string() data-matched=view.matched.to_string() data-struck=view.struck.to_string()>
            <span class="tag">{id}</span>
            <span>{faults::sentence(&view.rule)}<small>{faults::tally(view)}{view.spent.then(|| format!(" · {}", words::SPENT))}</small></span>
            {button(words::REMOVE, "remove-rule", "small", remove)}
        </li>
    }
    .into_any()
}

fn presets(page: Page, form: Form) -> AnyView {
    let buttons = move || {
        let device = form.preset_for.get();
        let buttons = faults::PRESETS.iter().zip(rule::presets(&device)).enumerate().map(|(at, (name, rule))| {
            let sentence = faults::sentence(&rule);
            let arm = move |_| send(page, form, rule.clone());
            view! { <button type="button" title=sentence data-test=format!("preset-{at}") on:click=arm>{*name}</button> }.into_any()
        });
        buttons.collect::<Vec<_>>()
    };
    view! {
        <div class="form inset">{row(words::RULE_DEVICE, select(words::RULE_DEVICE, "preset-device", names(page, form.preset_for), form.preset_for))}</div>
        <div class="choices inset">{live(move || buttons().into_any())}</div>
    }
    .into_any()
}

/// Names of all devices, and of the one that is chosen even if it has not come yet.
fn names(page: Page, chosen: RwSignal<String>) -> Signal<Choices> {
    Signal::derive(move || {
        let mut all = choices(&[("", words::ANY_DEVICE)]);
        page.store.devices.with(|devices| all.extend(devices.iter().map(|device| (device.name.clone(), text::device_name(device)))));
        let chosen = chosen.get();
        if !all.iter().any(|(name, _)| *name == chosen) {
            all.push((chosen.clone(), text::visible(&chosen)));
        }
        all
    })
}

fn own(page: Page, form: Form) -> AnyView {
    let fixed = |all: &'static [(&'static str, &'static str)]| Signal::derive(move || choices(all));
    let ways = fixed(&[("", words::WAY_BOTH), ("in", words::WAY_IN), ("out", words::WAY_OUT)]);
    let qos = fixed(&[("", words::ANY), ("0", "0"), ("1", "1"), ("2", "2")]);
    let flags = fixed(&[("", words::ANY), ("yes", words::YES), ("no", words::NO)]);
    let amount = move || rule::amount_of(&form.action.get()).map(|name| text_field(name, "rule-amount", "", form.amount));
    // The rule in words, as it would be armed; and what hinders it.
    let preview = move || match rule::rule(&form.draft()) {
        Ok(rule) => faults::sentence(&rule),
        Err(why) => why,
    };
    let arm = move || match untrack(|| rule::rule(&form.draft())) {
        Ok(rule) => send(page, form, rule),
        Err(why) => form.wrong.set(Some(why)),
    };
    view! {
        <form class="form inset" on:submit=move |event| { event.prevent_default(); arm(); }>
            <div class="two">
                {row(words::RULE_DEVICE, select(words::RULE_DEVICE, "rule-device", names(page, form.device), form.device))}
                {row(words::RULE_WAY, select(words::RULE_WAY, "rule-way", ways, form.way))}
            </div>
            <div class="row"><span>{words::RULE_KINDS}</span>{kinds(form)}</div>
            <div class="two">
                {text_field(words::FILTER, "rule-topic", words::ANY, form.topic)}
                {text_field(words::PACKET_ID, "rule-packet-id", words::RULE_ID_HINT, form.packet_id)}
                {row(words::QOS, select(words::QOS, "rule-qos", qos, form.qos))}
                {row(words::DUP, select(words::DUP, "rule-dup", flags, form.dup))}
                {text_field(words::RULE_SKIP, "rule-skip", "0", form.skip)}
                {text_field(words::RULE_TIMES, "rule-times", words::RULE_TIMES_HINT, form.times)}
                {text_field(words::RULE_CHANCE, "rule-chance", "100", form.chance)}
                {text_field(words::RULE_SECONDS, "rule-seconds", words::RULE_SECONDS_HINT, form.seconds)}
                {row(words::RULE_ACTION, select(words::RULE_ACTION, "rule-action", fixed(&faults::ACTIONS), form.action))}
                {live(move || amount().into_any())}
            </div>
            <p class="preview" data-test="rule-preview">{said(preview)}</p>
            {wrong("rule-wrong", form.wrong)}
            <div class="end"><button class="primary" data-test="rule-arm">{words::ARM}</button></div>
        </form>
    }
    .into_any()
}

fn kinds(form: Form) -> AnyView {
    let chips = KINDS.iter().map(|&kind| {
        let on = move || form.kinds.with(|kinds| kinds.contains(&kind));
        let toggle = move |_| {
            form.kinds.update(|kinds| match kinds.iter().position(|known| *known == kind) {
                Some(at) => drop(kinds.remove(at)),
                None => kinds.push(kind),
            });
        };
        view! { <button type="button" class="small" class:on=flag(on) aria-pressed=said(move || on().to_string()) data-kind=kind.name() on:click=toggle>{kind.name()}</button> }
            .into_any()
    });
    view! { <span class="kinds" title=words::RULE_KINDS_HINT data-test="rule-kinds">{chips.collect::<Vec<_>>()}</span> }.into_any()
}

fn send(page: Page, form: Form, rule: FaultRule) {
    page.bridge.act_then(Command::AddRule(rule), move |result| match result {
        Ok(_) => form.wrong.set(None),
        Err(Refusal::BadField { why, .. }) => form.wrong.set(Some(text::visible(&why))),
        Err(refusal) => form.wrong.set(Some(refusals::refusal(&refusal))),
    });
}
