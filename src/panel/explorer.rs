//! The explorer: every placement of a few faults, what each QoS suffers, and counter-examples to open.

use contract::{Command, ExploreWanted, ExplorerView, FindingView, TriedView};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::Tab;
use crate::text::{explorer, refusals, words};
use crate::widget::form::{button, check, choices, row, select, wrong};
use crate::widget::live::{flag, live, show};

/// What is tried.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    faults: RwSignal<String>,
    drop: RwSignal<bool>,
    cut: RwSignal<bool>,
    double: RwSignal<bool>,
    wrong: RwSignal<Option<String>>,
}

impl Form {
    pub(crate) fn new() -> Form {
        Form {
            faults: RwSignal::new("2".to_owned()),
            drop: RwSignal::new(true),
            cut: RwSignal::new(true),
            double: RwSignal::new(true),
            wrong: RwSignal::default(),
        }
    }

    fn wanted(self) -> ExploreWanted {
        let faults = self.faults.get_untracked().parse().unwrap_or(1);
        ExploreWanted { faults, drop: self.drop.get_untracked(), cut: self.cut.get_untracked(), double: self.double.get_untracked() }
    }
}

/// The panel of the middle column.
pub(crate) fn panel(page: Page, form: Form) -> AnyView {
    let store = page.store;
    let go = move || {
        page.bridge.act_then(Command::Explore(form.wanted()), move |result| {
            form.wrong.set(result.err().map(|refusal| refusals::refusal(&refusal)));
        });
    };
    let running = move || store.explorer.with(|view| view.as_ref().is_some_and(|view| view.running));
    let result = move || {
        store.explorer.with(|view| match view {
            Some(view) => found(page, view),
            None => ().into_any(),
        })
    };
    let faults = Signal::derive(move || choices(&[("1", words::ONE_FAULT), ("2", words::TWO_FAULTS)]));
    view! {
        <div class="panel" data-test="explorer">
            <p class="about">{words::EXPLORER_ABOUT}</p>
            <fieldset class="form inset" disabled=flag(move || store.is_past())>
                {row(words::AT_ONCE, select(words::AT_ONCE, "explore-faults", faults, form.faults))}
                {check(words::TRY_CUT, "explore-cut", form.cut)}
                {check(words::TRY_DOUBLE, "explore-double", form.double)}
                {check(words::TRY_DROP, "explore-drop", form.drop)}
                {wrong("explore-wrong", form.wrong)}
                <div class="end">
                    {show(running, move || button(words::STOP, "explore-stop", "", move || page.bridge.act(Command::StopExploring)))}
                    {button(words::EXPLORE, "explore", "primary", go)}
                </div>
            </fieldset>
            {live(result)}
        </div>
    }
    .into_any()
}

fn found(page: Page, view: &ExplorerView) -> AnyView {
    let tried = view.tried.iter().map(tried).collect::<Vec<_>>();
    let findings = view.findings.iter().enumerate().map(|(at, finding)| finding_line(page, at, finding)).collect::<Vec<_>>();
    let head = [words::QOS, words::FAULTS_AT_ONCE, words::WORLDS, words::LOST, words::TWICE, words::OUT_OF_ORDER];
    let head = head.into_iter().map(|name| view! { <th>{name}</th> }.into_any()).collect::<Vec<_>>();
    view! {
        <h2>{words::RESULT}</h2>
        <progress max="1000" value=view.per_mille.to_string() aria-label=words::PROGRESS></progress>
        <p class="note" data-test="explore-worlds" data-running=view.running.to_string()>{explorer::progress(view)}</p>
        <table class="compare tried" data-test="explore-table"><thead><tr>{head}</tr></thead><tbody>{tried}</tbody></table>
        <h2>{words::FINDINGS}</h2>
        <ul class="plain findings">{findings}</ul>
        {(!view.running && view.findings.is_empty()).then(|| view! { <p class="note">{words::NO_FINDINGS}</p> }.into_any())}
    }
    .into_any()
}

fn tried(of: &TriedView) -> AnyView {
    let cells = [u64::from(of.qos), of.faults.into(), of.worlds, of.lost, of.twice, of.out_of_order];
    let differs = of.lost + of.twice + of.out_of_order > 0;
    let cells = cells.into_iter().map(|number| view! { <td class="mono">{number.to_string()}</td> }.into_any()).collect::<Vec<_>>();
    view! { <tr class:differs=differs data-qos=of.qos.to_string() data-faults=of.faults.to_string()>{cells}</tr> }.into_any()
}

fn finding_line(page: Page, at: usize, finding: &FindingView) -> AnyView {
    let open = move || {
        page.restart(Command::OpenFinding(at as u32));
        page.open(Tab::Ladder);
    };
    view! { <li>{explorer::finding(finding)}" "{button(words::OPEN, "explore-open", "link", open)}</li> }.into_any()
}
