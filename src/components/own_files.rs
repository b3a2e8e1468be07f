//! The page for files of a real broker: where they are dropped, and what stands in them.

use highwater_player::lang::Lang;
use highwater_player::own_files::{BatchLine, Finding, Look, OwnFiles, RecordLine, SegmentLine};
use highwater_player::phrase::Phrase;
use highwater_player::scene::{Scene, text};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::say;
use super::text_view::{TextViewProps, text_view};
use crate::action::Action;
use crate::own_files::{FilesAction, FilesPlace, Stage, picture};
use crate::stage::frame::Frame;
use crate::stage::text::grouped;
use crate::stage::view::{StageProps, scene as drawn};

/// The page.
pub fn own_files(place: &FilesPlace, lang: Lang, width: f64, dispatch: &Callback<Action>) -> Html {
    let page = Page { place, lang, frame: Frame::alone(width), dispatch };
    let problem = place.problem.as_ref().map(|problem| problem.say(lang));
    html! {
        <main key="files" class="frame own" data-own={stage_name(&place.stage)}>
            { match &place.stage {
                Stage::Empty => page.empty(problem),
                Stage::Reading(thousandths) => page.reading(*thousandths),
                Stage::Shown(files) => page.shown(files, problem),
            } }
        </main>
    }
}

fn stage_name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Empty => "empty",
        Stage::Reading(_) => "reading",
        Stage::Shown(_) => "shown",
    }
}

struct Page<'a> {
    place: &'a FilesPlace,
    lang: Lang,
    frame: Frame,
    dispatch: &'a Callback<Action>,
}

impl Page<'_> {
    fn say(&self, key: &str) -> String {
        say(self.lang, &format!("own.{key}"))
    }

    fn act(&self, action: impl Fn() -> FilesAction + 'static) -> Callback<MouseEvent> {
        self.dispatch.reform(move |_| Action::Files(action()))
    }

    fn look(&self, look: Look) -> Callback<MouseEvent> {
        self.act(move || FilesAction::Look(look.clone()))
    }

    fn empty(&self, problem: Option<String>) -> Html {
        let onchange = self.dispatch.reform(|event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let files = input.files().map(|files| js_sys::Array::from(files.unchecked_ref())).unwrap_or_default();
            Action::Files(FilesAction::Offered(files))
        });
        html! {
            <section key="empty" class="own-drop">
                <h1 tabindex="-1">{ self.say("title") }</h1>
                <div>
                    if let Some(problem) = problem {
                        <p class="own-problem" role="alert" data-own-problem="true">{ problem }</p>
                    }
                </div>
                <p class="own-say">{ self.say("drop") }</p>
                <p class="own-kinds">{ self.say("kinds") }</p>
                <div class="acts">
                    <label class="btn btn-primary">
                        <input type="file" multiple={true} class="sr" data-action="pick-files" onchange={onchange.clone()} />
                        { self.say("pick_files") }
                    </label>
                    <label class="btn">
                        <input type="file" multiple={true} webkitdirectory={true} class="sr" data-action="pick-folder" {onchange} />
                        { self.say("pick_folder") }
                    </label>
                </div>
                <p class="own-private">{ self.say("private") }</p>
            </section>
        }
    }

    fn reading(&self, thousandths: u32) -> Html {
        let words = Phrase::new("interface.own.reading").with("percent", i64::from(thousandths / 10)).say(self.lang);
        html! {
            <section key="reading" class="own-drop">
                <p role="status">{ words.clone() }</p>
                <progress max="1000" value={thousandths.to_string()} aria-label={words}></progress>
            </section>
        }
    }

    fn shown(&self, files: &OwnFiles, problem: Option<String>) -> Html {
        let look = &self.place.look;
        let (first, end) = files.offsets();
        let segments = files.segments();
        let offsets = Phrase::new("interface.own.offsets")
            .with("first", first)
            .with("last", end.saturating_sub(1))
            .say(self.lang);
        let (overview, bytes) = (files.scene(look), files.bytes(look));
        html! {
            <div key="shown" class="own-shown">
                <header>
                    <h1>{ files.partition() }</h1>
                    <p>{ if end > first { offsets } else { String::new() } }</p>
                    <button type="button" class="btn" data-action="other-files" onclick={self.act(|| FilesAction::Again)}>{ self.say("again") }</button>
                </header>
                { self.findings(files) }
                <div>{ if segments.is_empty() { html! {} } else { self.search(problem) } }</div>
                <div key="overview">{ self.stage(&overview, &self.say("title")) }</div>
                <div key="batches">{ if segments.is_empty() { html! {} } else { self.batches(files, &segments) } }</div>
                <div key="records">{ if bytes.panels.is_empty() { html! {} } else { self.records(files, &bytes) } }</div>
                { self.in_words(&overview, &bytes) }
            </div>
        }
    }

    fn stage(&self, scene: &Scene, label: &str) -> Html {
        if scene.panels.is_empty() {
            return html! {};
        }
        let picture = picture(scene, self.lang, self.frame);
        html! { <div class="stage">{ drawn(&StageProps { picture: &picture, dispatch: None, label }) }</div> }
    }

    fn findings(&self, files: &OwnFiles) -> Html {
        let line = |(index, finding): (usize, &Finding)| {
            let at = finding.position.map(|position| {
                let position = grouped(i64::try_from(position).unwrap_or(i64::MAX));
                Phrase::new("interface.own.at_byte").with("position", position).say(self.lang)
            });
            html! {
                <li key={index}>
                    <code>{ &finding.file }</code>
                    <span class="at">{ at.unwrap_or_default() }</span>
                    <b>{ finding.exception.unwrap_or_default() }</b>
                    <span lang="en">{ &finding.message }</span>
                </li>
            }
        };
        let left_out = files.left_out().join(", ");
        html! {
            <section class="own-findings" aria-label={self.say("problems")} data-own-findings={files.findings().len().to_string()}>
                if files.findings().is_empty() {
                    <p class="is-sound">{ self.say("sound") }</p>
                } else {
                    <h2>{ self.say("problems") }</h2>
                    <ul>{ for files.findings().iter().enumerate().map(line) }</ul>
                }
                if !left_out.is_empty() {
                    <p class="own-left">{ Phrase::new("interface.own.left_out").with("names", left_out).say(self.lang) }</p>
                }
            </section>
        }
    }

    fn search(&self, problem: Option<String>) -> Html {
        let dispatch = self.dispatch;
        let typed = dispatch.reform(|event: InputEvent| {
            Action::Files(FilesAction::Typed(event.target_unchecked_into::<HtmlInputElement>().value()))
        });
        let find = dispatch.reform(|event: SubmitEvent| {
            event.prevent_default();
            Action::Files(FilesAction::Find)
        });
        let by = |by_time: bool, key: &str| {
            let onclick = self.act(move || FilesAction::ByTime(by_time));
            let pressed = (self.place.by_time == by_time).to_string();
            html! { <button key={key.to_owned()} type="button" aria-pressed={pressed} data-action={key.to_owned()} {onclick}>{ self.say(key) }</button> }
        };
        html! {
            <form class="own-find" onsubmit={find}>
                <label class="search">
                    <span class="sr">{ self.say("find_label") }</span>
                    <input inputmode="numeric" autocomplete="off" placeholder={self.say("find_label")} value={self.place.typed.clone()} oninput={typed} data-own-search="true" />
                </label>
                <div class="seg" role="group" aria-label={self.say("find_label")}>{ by(false, "by_offset") }{ by(true, "by_time") }</div>
                <button type="submit" class="btn btn-primary" data-action="find">{ self.say("find") }</button>
                <output class="own-problem" data-own-problem="true">{ problem.unwrap_or_default() }</output>
            </form>
        }
    }

    fn batches(&self, files: &OwnFiles, segments: &[SegmentLine]) -> Html {
        let look = &self.place.look;
        let base = look.segment.or_else(|| segments.first().map(|first| first.base_offset)).unwrap_or(0);
        let (lines, pages) = files.batches(look);
        let heading = Phrase::new("interface.own.batches").with("file", format!("{base:020}.log")).say(self.lang);
        let chosen = look.clone();
        let onchange = self.dispatch.reform(move |event: Event| {
            let segment = event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok();
            Action::Files(FilesAction::Look(Look { segment, page: 0, ..chosen.clone() }))
        });
        let names =
            ["position", "offsets_column", "records", "bytes", "codec", "timestamp", "epoch", "producer", "kind"];
        html! {
            <section class="own-list">
                <header>
                    <h2>{ heading }</h2>
                    if segments.len() > 1 {
                        <label>{ self.say("segment") }{ " " }
                            <select {onchange} data-own-segment="true">
                                { for segments.iter().map(|line| html! {
                                    <option key={line.base_offset} value={line.base_offset.to_string()} selected={line.base_offset == base}>{ line.base_offset }</option>
                                }) }
                            </select>
                        </label>
                    }
                </header>
                <table class="rows" data-own-batches="true">
                    <thead><tr>{ for names.iter().map(|name| html! { <th key={*name} scope="col">{ self.say(name) }</th> }) }</tr></thead>
                    <tbody>{ for lines.iter().map(|line| self.batch(line, &names)) }</tbody>
                </table>
                { self.pager(pages) }
            </section>
        }
    }

    fn batch(&self, line: &BatchLine, names: &[&str]) -> Html {
        let look = &self.place.look;
        let number = |value: i64| grouped(value);
        let position = number(i64::try_from(line.position).unwrap_or(i64::MAX));
        let bytes = line.bytes.map(|bytes| number(i64::try_from(bytes).unwrap_or(i64::MAX))).unwrap_or_default();
        let Some(fields) = &line.fields else {
            return html! {
                <tr key={line.position.to_string()} class="is-bad">
                    <td data-label={self.say("position")}>{ position }</td>
                    <td colspan="8" data-label={self.say("no_batch")}><span lang="en">{ line.problem.clone().unwrap_or_default() }</span></td>
                </tr>
            };
        };
        let is_open = look.batch.is_some_and(|offset| (fields.base_offset..=fields.last_offset).contains(&offset));
        let offset = fields.base_offset;
        let open = self.look(Look { batch: (!is_open).then_some(offset), ..look.clone() });
        let offsets = match fields.last_offset {
            last if last > offset => format!("{offset}–{last}"),
            _ => offset.to_string(),
        };
        let label = Phrase::new("interface.own.open").with("offsets", offsets.as_str()).say(self.lang);
        let kinds = [(fields.transactional, "transactional"), (fields.control, "control")];
        let kind: Vec<String> = kinds.iter().filter(|(is, _)| *is).map(|(_, key)| self.say(key)).collect();
        let producer = fields.producer.map(|(id, epoch, sequence)| format!("{id}:{epoch} #{sequence}"));
        let cells = [
            position,
            String::new(),
            fields.records.to_string(),
            bytes,
            fields.codec.to_owned(),
            fields.max_timestamp.to_string(),
            fields.leader_epoch.to_string(),
            producer.unwrap_or_else(|| "–".to_owned()),
            if kind.is_empty() { "–".to_owned() } else { kind.join(" ") },
        ];
        let class = classes!(line.problem.is_some().then_some("is-bad"), is_open.then_some("is-open"));
        html! {
            <>
                <tr key={line.position.to_string()} {class}>
                    { for cells.into_iter().zip(names).map(|(cell, name)| html! {
                        <td key={*name} data-label={self.say(name)}>
                            if *name == "offsets_column" {
                                <button type="button" class="link" aria-expanded={is_open.to_string()} aria-label={label.clone()} onclick={open.clone()} data-own-batch={offset.to_string()}>
                                    { offsets.clone() }
                                </button>
                            } else { { cell } }
                        </td>
                    }) }
                </tr>
                if let Some(problem) = &line.problem {
                    <tr key={format!("{}!", line.position)} class="is-bad"><td colspan="9"><span lang="en">{ problem }</span></td></tr>
                }
            </>
        }
    }

    fn pager(&self, pages: usize) -> Html {
        if pages < 2 {
            return html! {};
        }
        let look = &self.place.look;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let words = Phrase::new("interface.own.page").with("page", count(look.page + 1)).with("pages", count(pages));
        let to = |page: usize| self.look(Look { page, ..look.clone() });
        html! {
            <nav class="pager" aria-label={words.say(self.lang)}>
                <button type="button" class="btn" disabled={look.page == 0} onclick={to(look.page.saturating_sub(1))} data-action="earlier-batches">{ self.say("earlier") }</button>
                <span>{ words.say(self.lang) }</span>
                <button type="button" class="btn" disabled={look.page + 1 >= pages} onclick={to(look.page + 1)} data-action="later-batches">{ self.say("later") }</button>
            </nav>
        }
    }

    fn records(&self, files: &OwnFiles, bytes: &Scene) -> Html {
        let look = &self.place.look;
        let (lines, problem) = files.records(look);
        let of = |records: bool, key: &str| {
            let onclick = self.look(Look { records, ..look.clone() });
            html! { <button key={key.to_owned()} type="button" aria-pressed={(look.records == records).to_string()} data-action={key.to_owned()} {onclick}>{ self.say(key) }</button> }
        };
        let offsets = |line: Option<&RecordLine>| line.map_or(0, |line| line.offset);
        let heading = Phrase::new("interface.own.records_of")
            .with("first", offsets(lines.first()))
            .with("last", offsets(lines.last()))
            .say(self.lang);
        let names = ["offset", "timestamp", "key", "value", "headers"];
        html! {
            <section class="own-list" data-own-records={lines.len().to_string()}>
                <header>
                    <h2>{ heading }</h2>
                    <div class="seg" role="group">{ of(false, "header_bytes") }{ of(true, "record_bytes") }</div>
                </header>
                { self.stage(bytes, &self.say("header_bytes")) }
                <div>
                    if let Some(problem) = problem {
                        <p class="own-problem" lang="en">{ problem }</p>
                    }
                </div>
                <table class="rows is-records">
                    <thead><tr>{ for names.iter().map(|name| html! { <th key={*name} scope="col">{ self.say(name) }</th> }) }</tr></thead>
                    <tbody>{ for lines.iter().map(|line| self.record(line, &names)) }</tbody>
                </table>
            </section>
        }
    }

    fn record(&self, line: &RecordLine, names: &[&str]) -> Html {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| self.say("null"));
        let cells = [
            line.offset.to_string(),
            line.timestamp.to_string(),
            text(&line.key),
            text(&line.value),
            if line.headers.is_empty() { "–".to_owned() } else { line.headers.join(", ") },
        ];
        html! {
            <tr key={line.offset}>
                { for cells.into_iter().zip(names).map(|(cell, name)| html! { <td key={*name} data-label={self.say(name)}>{ cell }</td> }) }
            </tr>
        }
    }

    fn in_words(&self, overview: &Scene, bytes: &Scene) -> Html {
        let blocks = [overview, bytes].into_iter().flat_map(|scene| text::describe(scene, self.lang));
        let blocks: Vec<(String, Vec<String>)> = blocks.map(|block| (block.heading, block.lines)).collect();
        html! {
            <details class="own-words">
                <summary>{ self.say("in_words") }</summary>
                { text_view(&TextViewProps { lang: self.lang, blocks: &blocks, marks: &[], dispatch: None }) }
            </details>
        }
    }
}
