//! The page: where we are, what is loaded, and the one reducer that every action goes through.

use std::rc::Rc;

use highwater_player::command::{Arrival, Command};
use highwater_player::course::Course;
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::playback::Player as ScenarioPlayer;
use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::action::Action;
use crate::browser;
use crate::components::help::Help;
use crate::components::home::Home;
use crate::components::icon::{Icon, Sign};
use crate::components::notice::Notice;
use crate::components::player::Player;
use crate::components::say;
use crate::components::top_bar::TopBar;
use crate::keys;
use crate::options::{self, Link, Theme, View};
use crate::progress::{KEPT_AS, Progress};
use crate::session::Session;
use crate::stage::focus;
use crate::stage::frame::Frame;
use crate::stage::hero;

/// Where the page is.
enum Place {
    Home,
    Loading(String),
    Playing(Box<Session>),
    Failed(Failure),
}

/// Why a scenario does not play.
struct Failure {
    id: String,
    title: Phrase,
    line: Phrase,
    said: Option<String>,
    can_try_again: bool,
}

/// What a rendered page still has to do.
enum Due {
    Emit(&'static str, Vec<(&'static str, JsValue)>),
    Play,
    Fade,
    Focus(String),
    Top,
}

/// The page.
pub struct App {
    lang: Lang,
    lang_chosen: bool,
    theme: Theme,
    theme_chosen: bool,
    view: View,
    width: f64,
    place: Place,
    asked_step: Option<String>,
    course: Option<Result<Rc<Course>, String>>,
    progress: Progress,
    notes: Vec<Phrase>,
    help: bool,
    search: String,
    family: Option<String>,
    announced: String,
    dispatch: Callback<Action>,
    due: Vec<Due>,
    hero: [Rc<crate::stage::Picture>; 2],
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(context: &Context<App>) -> App {
        let dispatch = context.link().callback(|action: Action| action);
        let mut app = App {
            lang: browser::kept("lang").and_then(|code| Lang::from_code(&code)).unwrap_or_else(browser::preferred_lang),
            lang_chosen: false,
            theme: browser::kept("theme").and_then(|code| Theme::from_code(&code)).unwrap_or_default(),
            theme_chosen: false,
            view: View::Stage,
            width: browser::document_width(),
            place: Place::Home,
            asked_step: None,
            course: None,
            progress: browser::kept(KEPT_AS).map(|text| Progress::read(&text)).unwrap_or_default(),
            notes: Vec::new(),
            help: false,
            search: String::new(),
            family: None,
            announced: String::new(),
            dispatch: dispatch.clone(),
            due: Vec::new(),
            hero: [Rc::new(hero::draw(false)), Rc::new(hero::draw(true))],
        };
        app.follow(options::parse(&browser::hash()));
        app.fetch_course();
        let hash = dispatch.clone();
        browser::on_hash(move |to| hash.emit(Action::Hash(to)));
        let key = dispatch.clone();
        browser::on_key(move |press| {
            let action = keys::action(&press).filter(|_| browser::find("[data-player]").is_some());
            // Esc belongs to the player only where there is something to close or leave.
            let uses = action.as_ref().is_some_and(|action| *action != Action::Escape);
            if let Some(action) = action {
                key.emit(action);
            }
            uses
        });
        if let Some(root) = browser::app_root() {
            browser::on_width(&root, move |width| dispatch.emit(Action::Width(width)));
        }
        app
    }

    fn update(&mut self, _: &Context<App>, action: Action) -> bool {
        match action {
            Action::Go(command) => self.go(command, true),
            Action::Chapter(number) => self.chapter(number),
            Action::PlayPause => self.play_pause(),
            Action::Speed(speed) => self.session_mut(|session| session.speed = speed),
            Action::View(view) => {
                self.view = view;
                self.session_mut(Session::settle);
                self.write_link();
                true
            }
            Action::Lang(lang) => {
                self.session_mut(Session::settle);
                (self.lang, self.lang_chosen) = (lang, true);
                browser::keep("lang", lang.code());
                self.write_link();
                true
            }
            Action::Theme(theme) => {
                (self.theme, self.theme_chosen) = (theme, true);
                browser::keep("theme", theme.code());
                self.write_link();
                true
            }
            Action::Help(shown) => {
                let changed = self.help != shown;
                self.help = shown;
                changed
            }
            Action::Menu(shown) => self.session_mut(|session| session.menu = shown),
            Action::Gloss(term) => self.session_mut(|session| session.gloss = term),
            Action::Filter(filter) => self.session_mut(|session| session.filter = filter),
            Action::Search(words) => {
                self.search = words;
                true
            }
            Action::Family(family) => {
                self.family = family;
                true
            }
            Action::Dismiss => {
                self.notes.clear();
                true
            }
            Action::Again => self.again(),
            Action::Scrub(step) => self.scrub(step),
            Action::ScrubEnd => self.scrub_end(),
            Action::ScrubOver(serial) => self.with_session(serial, |session| session.scrubbing = false),
            Action::Arrow(mark, direction) => self.arrow(mark.as_deref(), direction),
            Action::Escape => self.escape(),
            Action::Hash(hash) => {
                self.follow(options::parse(&hash));
                true
            }
            Action::Course(result) => {
                self.course = Some(result.and_then(|text| Course::from_json(&text).map(Rc::new).map_err(|error| error.to_string())));
                true
            }
            Action::Scenario(id, result) => self.arrived(&id, result),
            Action::Width(width) => {
                let changed = (self.width - width).abs() >= 0.5;
                self.width = width;
                if changed {
                    self.session_mut(Session::settle);
                }
                changed
            }
            Action::Beat(serial) => self.beat(serial),
            Action::Rest(serial) => self.rest(serial),
            Action::Onward(serial) => self.onward(serial),
        }
    }

    fn view(&self, _: &Context<App>) -> Html {
        let lang = self.lang;
        let place = match &self.place {
            Place::Playing(session) => Some((session.player.family(lang).into(), session.player.title(lang).into())),
            Place::Home | Place::Loading(_) | Place::Failed(_) => None,
        };
        let view = matches!(self.place, Place::Playing(_)).then_some(self.view);
        html! {
            <>
                <TopBar key="top" {lang} theme={self.theme} {place} {view} home={self.home_link()} dispatch={self.dispatch.clone()} />
                <div key="notes">{ self.notes() }</div>
                <div key="place" class="place-of">{ self.content() }</div>
                <output key="spoken" class="sr" aria-live="polite" data-announce="true">{ &self.announced }</output>
                <div key="help">
                    if self.help {
                        <Help {lang} dispatch={self.dispatch.clone()} />
                    }
                </div>
            </>
        }
    }

    fn rendered(&mut self, context: &Context<App>, first: bool) {
        if first {
            browser::remove_shell();
        }
        browser::dress(self.lang, self.theme, &self.title());
        for due in std::mem::take(&mut self.due) {
            match due {
                Due::Emit(name, detail) => browser::emit(name, &detail),
                Due::Fade => browser::fade_in_stage(),
                Due::Focus(selector) => browser::focus(&selector),
                Due::Top => browser::scroll_to_top(),
                Due::Play => self.play_moves(context),
            }
        }
    }
}

impl App {
    fn session(&self) -> Option<&Session> {
        match &self.place {
            Place::Playing(session) => Some(session),
            Place::Home | Place::Loading(_) | Place::Failed(_) => None,
        }
    }

    /// Changes the session, if there is one.
    fn session_mut(&mut self, change: impl FnOnce(&mut Session)) -> bool {
        if let Place::Playing(session) = &mut self.place {
            if session.is_busy() {
                browser::finish();
            }
            change(session);
            return true;
        }
        false
    }

    /// Changes the session, if it is still at the same motion or pause.
    fn with_session(&mut self, serial: u32, change: impl FnOnce(&mut Session)) -> bool {
        match &mut self.place {
            Place::Playing(session) if session.serial == serial => {
                change(session);
                true
            }
            _ => false,
        }
    }

    fn frame(&self) -> Frame {
        Frame::of(self.width)
    }

    fn home_link(&self) -> AttrValue {
        let (lang, theme) = self.chosen();
        options::format(None, None, lang, theme, View::Stage).into()
    }

    fn chosen(&self) -> (Option<Lang>, Option<Theme>) {
        (self.lang_chosen.then_some(self.lang), self.theme_chosen.then_some(self.theme))
    }

    /// The address says where we are, so that it can be copied and reloaded.
    fn write_link(&self) {
        let (lang, theme) = self.chosen();
        let hash = match &self.place {
            Place::Playing(session) => options::format(Some(session.player.id()), Some(session.player.step()), lang, theme, self.view),
            Place::Home => options::format(None, None, lang, theme, View::Stage),
            Place::Loading(id) | Place::Failed(Failure { id, .. }) => options::format(Some(id), None, lang, theme, self.view),
        };
        browser::replace_hash(&hash);
    }

    fn title(&self) -> String {
        match self.session() {
            Some(session) => format!("{} · Highwater", session.player.title(self.lang)),
            None => say(self.lang, "page_title"),
        }
    }

    /// Goes where a link leads; what it does not name stays as it is.
    fn follow(&mut self, link: Link) {
        if let Some(lang) = link.lang {
            (self.lang, self.lang_chosen) = (lang, true);
        }
        if let Some(theme) = link.theme {
            (self.theme, self.theme_chosen) = (theme, true);
        }
        self.notes = link.problems;
        browser::finish();
        let Some(id) = link.scenario else {
            if !matches!(self.place, Place::Home) {
                self.due.push(Due::Top);
            }
            self.place = Place::Home;
            self.announced = String::new();
            return;
        };
        self.view = link.view.unwrap_or_default();
        if self.session().is_some_and(|session| session.player.id() == id) {
            self.to_step(link.step.as_deref());
            return;
        }
        self.asked_step = link.step;
        self.load(id);
    }

    fn load(&mut self, id: String) {
        // Ids are file names: whatever is not one is no scenario, and is not asked for.
        let is_id = id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !is_id {
            self.place = Place::Failed(unknown(id));
            return;
        }
        let dispatch = self.dispatch.clone();
        let asked = id.clone();
        browser::fetch_text(&format!("scenarios/{id}.json"), move |result| dispatch.emit(Action::Scenario(asked, result)));
        self.place = Place::Loading(id);
        self.due.push(Due::Top);
    }

    fn fetch_course(&self) {
        let dispatch = self.dispatch.clone();
        browser::fetch_text("scenarios/index.json", move |result| dispatch.emit(Action::Course(result)));
    }

    fn again(&mut self) -> bool {
        if matches!(self.course, Some(Err(_))) {
            self.course = None;
            self.fetch_course();
        }
        if let Place::Failed(failure) = &self.place {
            let id = failure.id.clone();
            self.load(id);
        }
        true
    }

    /// A scenario's file is here, or is not.
    fn arrived(&mut self, id: &str, result: Result<String, String>) -> bool {
        if !matches!(&self.place, Place::Loading(waiting) if waiting == id) {
            return false;
        }
        let opened = match result {
            Ok(text) => ScenarioPlayer::open(&text).map_err(|error| Failure {
                id: id.to_owned(),
                title: Phrase::new("interface.broken_title").with("id", id),
                line: Phrase::new("interface.broken_line").with("file", format!("scenarios/{id}.json")),
                said: Some(error.to_string()),
                can_try_again: false,
            }),
            Err(said) if said.starts_with("404") => Err(unknown(id.to_owned())),
            Err(said) => Err(Failure {
                id: id.to_owned(),
                title: Phrase::new("interface.unloaded_title").with("id", id),
                line: Phrase::new("interface.unloaded_line").with("file", format!("scenarios/{id}.json")),
                said: Some(said),
                can_try_again: true,
            }),
        };
        match opened {
            Ok(player) => {
                let steps = player.steps();
                self.place = Place::Playing(Box::new(Session::new(player, browser::wants_less_motion())));
                let asked = self.asked_step.take();
                self.due.push(Due::Emit("highwater-ready", vec![("scenario", id.into()), ("steps", number(steps))]));
                if !self.to_step(asked.as_deref()) {
                    self.stepped();
                }
            }
            Err(failure) => {
                let message = failure.said.clone().unwrap_or_else(|| failure.title.say(Lang::En));
                self.due.push(Due::Emit("highwater-error", vec![("message", message.into())]));
                self.place = Place::Failed(failure);
            }
        }
        true
    }

    /// To the step that a link names, by number or id. Says whether that moved anything.
    fn to_step(&mut self, text: Option<&str>) -> bool {
        let Some(text) = text else { return false };
        let Some(session) = self.session() else { return false };
        match session.player.step_number(text) {
            Some(step) if step == session.player.step() => false,
            Some(step) => self.go(Command::Seek(step), false),
            None => {
                let note = Phrase::new("interface.bad_step")
                    .with("value", options::shorten(text))
                    .with("steps", i64::try_from(session.player.steps()).unwrap_or(i64::MAX));
                self.notes.push(note);
                false
            }
        }
    }

    fn go(&mut self, command: Command, by_hand: bool) -> bool {
        let (lang, frame) = (self.lang, self.frame());
        let in_picture = self.view == View::Stage;
        let Place::Playing(session) = &mut self.place else { return false };
        browser::finish();
        session.reduced = browser::wants_less_motion();
        if by_hand && !matches!(command, Command::Answer(_)) {
            session.playing = false;
        }
        let step = session.player.step();
        match session.go(command, lang, frame) {
            Ok(Arrival::Forward) if in_picture => {
                if session.is_busy() {
                    self.due.push(Due::Play);
                }
                self.stepped();
            }
            Ok(Arrival::Forward) => {
                session.settle();
                self.stepped();
            }
            Ok(Arrival::Cut) => {
                if in_picture && !session.scrubbing {
                    self.due.push(Due::Fade);
                }
                self.stepped();
            }
            Ok(Arrival::Stayed) => {
                if matches!(command, Command::Answer(_)) {
                    self.answered(step);
                }
            }
            Err(phrase) => self.notes.push(phrase),
        }
        true
    }

    /// We are at another step: the address, the progress, the events and the words for screen readers say so.
    fn stepped(&mut self) {
        let lang = self.lang;
        let Some(session) = self.session() else { return };
        let (id, step, steps) = (session.player.id().to_owned(), session.player.step(), session.player.steps());
        let announced = session.spoken(lang);
        let pause = (session.playing && !session.is_busy()).then(|| (session.reading_ms(lang), session.serial));
        self.announced = announced;
        self.progress.arrive(&id, step, steps);
        browser::keep(KEPT_AS, &self.progress.write());
        self.write_link();
        self.due.push(Due::Emit(
            "highwater-step",
            vec![("scenario", id.into()), ("step", number(step)), ("steps", number(steps))],
        ));
        if step == steps {
            self.due.push(Due::Emit("highwater-end", Vec::new()));
        }
        if let Some((pause, serial)) = pause {
            let dispatch = self.dispatch.clone();
            browser::after(pause, move || dispatch.emit(Action::Onward(serial)));
        }
    }

    fn answered(&mut self, step: usize) {
        let Some(session) = self.session() else { return };
        let Some((_, right)) = session.player.answers().into_iter().find(|(answered, _)| *answered == step) else {
            return;
        };
        let id = session.player.id().to_owned();
        self.progress.answer(&id, step, right);
        browser::keep(KEPT_AS, &self.progress.write());
        self.due.push(Due::Emit(
            "highwater-answer",
            vec![("scenario", id.into()), ("step", number(step)), ("correct", right.into())],
        ));
        self.due.push(Due::Focus("[data-action=next]".to_owned()));
    }

    fn chapter(&mut self, number: usize) -> bool {
        let first = self
            .session()
            .and_then(|session| session.player.chapters(self.lang).get(number.wrapping_sub(1)).map(|chapter| chapter.first));
        first.is_some_and(|first| self.go(Command::Seek(first), true))
    }

    fn play_pause(&mut self) -> bool {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else { return false };
        session.playing = !session.playing;
        session.serial = session.serial.wrapping_add(u32::from(!session.is_busy()));
        if !session.playing || session.is_busy() {
            return true;
        }
        if session.is_at_end() {
            session.playing = false;
            let started = self.go(Command::First, false);
            self.session_mut(|session| session.playing = true);
            let Some(session) = self.session() else { return started };
            let (serial, pause) = (session.serial, session.reading_ms(lang));
            let dispatch = self.dispatch.clone();
            browser::after(pause, move || dispatch.emit(Action::Onward(serial)));
            return true;
        }
        let serial = session.serial;
        self.onward(serial)
    }

    /// The pause of a playing scenario is over. An open question stops it, and so does the end.
    fn onward(&mut self, serial: u32) -> bool {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else { return false };
        if session.serial != serial || !session.playing {
            return false;
        }
        if session.is_at_end() || session.is_asking(lang) {
            session.playing = false;
            return true;
        }
        self.go(Command::Next, false)
    }

    /// Starts the motions of the picture that has just been drawn, and waits for the next.
    fn play_moves(&self, _: &Context<App>) {
        let Some(session) = self.session() else { return };
        for one in session.moves() {
            browser::play(&one);
        }
        let Some((at, is_over)) = session.next_at() else { return };
        let (serial, dispatch) = (session.serial, self.dispatch.clone());
        let wait = (at - session.drawn_at()).max(0.0);
        browser::after(wait, move || dispatch.emit(if is_over { Action::Rest(serial) } else { Action::Beat(serial) }));
    }

    fn beat(&mut self, serial: u32) -> bool {
        let drawn = self.with_session(serial, Session::draw_beat);
        if drawn {
            self.due.push(Due::Play);
        }
        drawn
    }

    fn rest(&mut self, serial: u32) -> bool {
        if !self.with_session(serial, |_| {}) {
            return false;
        }
        browser::finish();
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else { return false };
        session.settle();
        if session.playing {
            let (serial, pause) = (session.serial, session.reading_ms(lang));
            let dispatch = self.dispatch.clone();
            browser::after(pause, move || dispatch.emit(Action::Onward(serial)));
        }
        true
    }

    fn scrub(&mut self, step: usize) -> bool {
        let Place::Playing(session) = &mut self.place else { return false };
        session.scrubbing = true;
        if session.player.step() == step {
            return true;
        }
        self.go(Command::Seek(step), true)
    }

    fn scrub_end(&mut self) -> bool {
        let Some(session) = self.session().filter(|session| session.scrubbing) else { return false };
        let (serial, dispatch) = (session.serial, self.dispatch.clone());
        browser::after(120.0, move || dispatch.emit(Action::ScrubOver(serial)));
        false
    }

    fn arrow(&mut self, mark: Option<&str>, direction: focus::Direction) -> bool {
        let Some(session) = self.session() else { return false };
        let areas = session.picture(self.lang, self.frame()).areas();
        if let Some(next) = focus::next(&areas, mark, direction) {
            browser::focus_mark(&next);
        }
        false
    }

    fn escape(&mut self) -> bool {
        let had_menu = self.session().is_some_and(|session| session.menu || session.gloss.is_some());
        if had_menu {
            return self.session_mut(|session| {
                session.menu = false;
                session.gloss = None;
            });
        }
        browser::focus("[data-timeline]");
        false
    }

    fn notes(&self) -> Html {
        if self.notes.is_empty() {
            return html! {};
        }
        let onclick = self.dispatch.reform(|_: MouseEvent| Action::Dismiss);
        html! {
            <section class="note" role="alert" data-note="true">
                <div>{ for self.notes.iter().enumerate().map(|(index, note)| html! { <p key={index}>{ note.say(self.lang) }</p> }) }</div>
                <button type="button" class="btn" data-action="dismiss" {onclick}>{ say(self.lang, "all_right") }</button>
            </section>
        }
    }

    fn content(&self) -> Html {
        let lang = self.lang;
        match &self.place {
            Place::Home => self.home(),
            Place::Loading(_) => html! {
                <main key="loading" class="frame"><p class="loading" role="status">{ say(lang, "loading_scenario") }</p></main>
            },
            Place::Playing(session) => {
                let shown = Rc::new(session.shown(lang, self.view, self.frame()));
                html! { <main key={shown.id.clone()} class="frame"><Player {shown} dispatch={self.dispatch.clone()} /></main> }
            }
            Place::Failed(failure) => {
                let again = self.dispatch.reform(|_: MouseEvent| Action::Again);
                let course: Vec<(String, String)> = match &self.course {
                    Some(Ok(course)) => course
                        .families
                        .iter()
                        .flat_map(|family| &family.scenarios)
                        .take(6)
                        .map(|card| (card.id.clone(), card.title.get(lang).to_owned()))
                        .collect(),
                    _ => Vec::new(),
                };
                html! {
                    <main key="failed" class="frame is-notice">
                        <Notice title={failure.title.say(lang)} lines={vec![failure.line.say(lang).into()]} said={failure.said.clone().map(AttrValue::from)}>
                            if failure.can_try_again {
                                <button key="again" type="button" class="btn btn-primary" data-action="again" onclick={again}>{ say(lang, "try_again") }</button>
                            }
                            <a key="home" class={if failure.can_try_again { "btn" } else { "btn btn-primary" }} href={self.home_link()} data-action="home">
                                { say(lang, "to_course") }<Icon sign={Sign::Next} />
                            </a>
                            { for course.into_iter().map(|(id, title)| html! {
                                <a key={id.clone()} class="btn" href={options::format(Some(&id), None, None, None, View::Stage)}>{ title }</a>
                            }) }
                        </Notice>
                    </main>
                }
            }
        }
    }

    fn home(&self) -> Html {
        let lang = self.lang;
        if let Some(Err(said)) = &self.course {
            let again = self.dispatch.reform(|_: MouseEvent| Action::Again);
            return html! {
                <main key="failed" class="frame is-notice">
                    <Notice title={say(lang, "course_failed")} lines={vec![say(lang, "course_failed_line").into()]} said={AttrValue::from(said.clone())}>
                        <button type="button" class="btn btn-primary" data-action="again" onclick={again}>{ say(lang, "try_again") }</button>
                    </Notice>
                </main>
            };
        }
        let course = match &self.course {
            Some(Ok(course)) => Some(Rc::clone(course)),
            _ => None,
        };
        let [wide, narrow] = &self.hero;
        let hero = if self.width < 640.0 { narrow } else { wide };
        html! {
            <div key="home">
                <Home {lang} {course} progress={self.progress.clone()} search={self.search.clone()} family={self.family.clone()}
                    hero={Rc::clone(hero)} dispatch={self.dispatch.clone()} />
            </div>
        }
    }
}

fn number(value: usize) -> JsValue {
    JsValue::from_f64(value as f64)
}

fn unknown(id: String) -> Failure {
    Failure {
        title: Phrase::new("interface.unknown_title").with("id", options::shorten(&id)),
        line: Phrase::new("interface.unknown_line"),
        said: None,
        can_try_again: false,
        id,
    }
}
