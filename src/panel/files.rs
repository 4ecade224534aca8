//! Scenes to load, one's own text, the run as a file or a link, files for other tools, captures of others.

use contract::{Answer, Command, Expectation, ExportFormat, Refusal};
use leptos::prelude::*;

use crate::page::Page;
use crate::store::Tab;
use crate::text::{files, refusals, visible, words};
use crate::widget::file;
use crate::widget::form::{area, button, check, choices, row, select, wrong};
use crate::widget::live::{flag, live, show};

/// The fields. They outlive the panel, so that a text is not lost by a look at the ladder.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    text: RwSignal<String>,
    wrong: RwSignal<Option<String>>,
    format: RwSignal<String>,
    mask: RwSignal<bool>,
    link: RwSignal<Option<String>>,
    judged: RwSignal<Vec<Expectation>>,
}

impl Form {
    pub(crate) fn new() -> Form {
        Form {
            text: RwSignal::default(),
            wrong: RwSignal::default(),
            format: RwSignal::new("0".to_owned()),
            mask: RwSignal::new(true),
            link: RwSignal::default(),
            judged: RwSignal::default(),
        }
    }
}

/// The panel of the middle column.
pub(crate) fn panel(page: Page, form: Form) -> AnyView {
    view! {
        <div class="panel" data-test="files">
            <fieldset class="stack" disabled=flag(move || page.store.is_past())>
                <h2>{words::SCENES}</h2>
                {scenes(page)}
                {expectations(page, form)}
                <h2>{words::OWN_SCENE}</h2>
                <p class="note">{words::OWN_SCENE_ABOUT}</p>
                {area(words::OWN_SCENE, "scene-text", words::OWN_SCENE_HINT, form.text)}
                {button(words::LOAD_TEXT, "load-text", "", move || load_text(page, form))}
                {wrong("files-wrong", form.wrong)}
                <h2>{words::THE_RUN}</h2>
                <p class="note">{words::THE_RUN_ABOUT}</p>
                <p class="buttons">
                    {button(words::RECORD, "record", "", move || save(page, form, Command::Record))}
                    {button(words::SHARE, "share", "", move || share(page, form))}
                    {file::pick(words::REPLAY, "replay", ".glassmq", move |_, bytes| begin(page, form, Command::Replay { bytes }))}
                </p>
                {show(move || form.link.with(Option::is_some), move || link(form))}
                <h2>{words::CAPTURE}</h2>
                <p class="note">{words::CAPTURE_ABOUT}</p>
                {file::pick(words::IMPORT, "import", ".pcap,.pcapng,.cap", move |name, bytes| begin(page, form, Command::Import { name, bytes }))}
            </fieldset>
            <h2>{words::EXPORT}</h2>
            {export(page, form)}
        </div>
    }
    .into_any()
}

fn scenes(page: Page) -> AnyView {
    let one = |&(name, title, about): &(&'static str, &'static str, &'static str)| {
        let load = move |_| {
            page.restart(Command::LoadScene(name.to_owned()));
            page.open(Tab::Ladder);
        };
        view! { <li><button class="link" data-test=format!("scene-{name}") on:click=load>{title}</button>" "<small>{about}</small></li> }
            .into_any()
    };
    view! { <ul class="plain scenes">{files::SCENES.iter().map(one).collect::<Vec<_>>()}</ul> }.into_any()
}

/// What the scene that is loaded expects, and whether it has come true.
fn expectations(page: Page, form: Form) -> AnyView {
    let judge = move || {
        page.bridge.act_then(Command::Judge, move |result| match result {
            Ok(Answer::Judged(judged)) => form.judged.set(judged),
            Ok(_) => {}
            Err(refusal) => page.store.toast(refusals::refusal(&refusal)),
        });
    };
    let line = |of: &Expectation| {
        let class = if of.holds { "chip connect" } else { "chip fault" };
        view! { <li class=class>{files::expectation(of)}</li> }.into_any()
    };
    let lines = move || form.judged.with(|judged| judged.iter().map(line).collect::<Vec<_>>()).into_any();
    view! {
        <p class="buttons">{button(words::JUDGE, "judge", "", judge)}</p>
        <ul class="plain happened" data-test="judged">{live(lines)}</ul>
    }
    .into_any()
}

fn load_text(page: Page, form: Form) {
    begin(page, form, Command::LoadText(form.text.get_untracked()));
}

/// Does what begins again, or tells what is wrong with it.
fn begin(page: Page, form: Form, command: Command) {
    let store = page.store;
    page.bridge.act_then(command, move |result| match result {
        Ok(_) => {
            form.wrong.set(None);
            form.judged.set(Vec::new());
            store.new_world();
            page.open(Tab::Ladder);
        }
        Err(Refusal::BadField { why, .. }) => form.wrong.set(Some(visible(&why))),
        Err(refusal) => form.wrong.set(Some(refusals::refusal(&refusal))),
    });
}

/// Does what is answered with a file, and hands that to the user.
fn save(page: Page, form: Form, command: Command) {
    page.bridge.act_then(command, move |result| match result {
        Ok(Answer::File { name, bytes }) => file::save(&name, &bytes),
        Ok(_) => {}
        Err(refusal) => form.wrong.set(Some(refusals::refusal(&refusal))),
    });
}

fn share(page: Page, form: Form) {
    page.bridge.act_then(Command::Share, move |result| match result {
        Ok(Answer::Link(link)) => form.link.set(Some(format!("{}#{link}", file::here()))),
        Ok(_) => {}
        Err(refusal) => form.wrong.set(Some(refusals::refusal(&refusal))),
    });
}

fn link(form: Form) -> AnyView {
    let link = move || form.link.get().unwrap_or_default();
    view! {
        <p class="note">{words::LINK_ABOUT}</p>
        <textarea class="mono" readonly rows="3" aria-label=words::SHARE data-test="link" prop:value=link></textarea>
    }
    .into_any()
}

fn export(page: Page, form: Form) -> AnyView {
    let formats = Signal::derive(move || choices(&files::FORMATS));
    let go = move || {
        let at = form.format.get_untracked().parse::<usize>().unwrap_or(0);
        let format = FORMATS.get(at).copied().unwrap_or(ExportFormat::PcapngPdu);
        save(page, form, Command::Export { format, mask_passwords: form.mask.get_untracked() });
    };
    view! {
        <fieldset class="form inset">
            {row(words::FORMAT, select(words::FORMAT, "export-format", formats, form.format))}
            {check(words::MASK, "export-mask", form.mask)}
            <div class="end">{button(words::SAVE, "export", "primary", go)}</div>
        </fieldset>
    }
    .into_any()
}

/// In the order of their names.
const FORMATS: [ExportFormat; 6] = [
    ExportFormat::PcapngPdu,
    ExportFormat::PcapngTcp,
    ExportFormat::JsonLines,
    ExportFormat::Qlog,
    ExportFormat::Mermaid,
    ExportFormat::Svg,
];
