//! The page: where we are, what is loaded, and the one reducer that every action goes through.

mod ask;
mod content;
mod due;
mod files;
mod fork;
mod inspect;
mod language;
mod links;
mod loading;
mod pages;
mod play;
mod print;
mod share;

use std::cell::OnceCell;
use std::rc::Rc;

use highwater_player::checked::Checked;
use highwater_player::command::{Arrival, Command};
use highwater_player::course::{Course, Tags};
use highwater_player::lang::Lang;
use highwater_player::locale;
use highwater_player::phrase::Phrase;
use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::action::Action;
use crate::app::due::Due;
use crate::app::loading::Failure;
use crate::app::pages::LaterPage;
use crate::browser;
use crate::components::help::{HelpProps, help};
use crate::components::print::{Sheets, sheets};
use crate::components::say;
use crate::components::top_bar::{TopBarProps, top_bar};
use crate::keys;
use crate::options::{self, FILES, Link, REVIEW, TERMS, Theme, View};
use crate::own_files::FilesPlace;
use crate::progress::{KEPT_AS, Progress};
use crate::session::Session;
use crate::stage::Picture;
use crate::stage::frame::Frame;

/// Where the page is.
enum Place {
    Home,
    Loading(String),
    Playing(Box<Session>),
    /// Files that a reader brings.
    Files(Box<FilesPlace>),
    /// All terms.
    Terms,
    /// A page that comes with the second part of the program.
    Later(Box<LaterPage>),
    Failed(Failure),
}

/// The page.
pub struct App {
    lang: Lang,
    /// The language to change to when its words are here.
    lang_due: Option<Lang>,
    lang_chosen: bool,
    theme: Theme,
    theme_chosen: bool,
    view: View,
    width: f64,
    place: Place,
    asked_step: Option<String>,
    /// The changes that a link asks for.
    asked_forks: Vec<String>,
    /// The scenario is one that somebody brought: no link leads to it.
    brought: bool,
    /// The second part of the program is here.
    has_more: bool,
    course: Option<Result<Rc<Course>, String>>,
    progress: Progress,
    /// The reader came from the questions to look at again.
    reviewing: bool,
    checked: Option<Vec<Checked>>,
    notes: Vec<Phrase>,
    help: bool,
    search: String,
    /// By which the course is searched; none until somebody does.
    tags: Option<Tags>,
    family: Option<String>,
    announced: String,
    dispatch: Callback<Action>,
    due: Vec<Due>,
    /// The browser prints now.
    /// A link was followed, and what had the focus may have gone.
    moved: bool,
    printing: bool,
    /// What it prints, if that is more than what is shown.
    sheets: Option<Sheets>,
    hero: OnceCell<[Picture; 2]>,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(context: &Context<App>) -> App {
        let dispatch = context.link().callback(|action: Action| action);
        let mut app = App {
            lang: Lang::ALL.into_iter().find(|lang| locale::is_loaded(*lang)).unwrap_or_default(),
            lang_due: None,
            lang_chosen: false,
            theme: browser::kept("theme").and_then(|code| Theme::from_code(&code)).unwrap_or_default(),
            theme_chosen: false,
            view: View::Stage,
            width: browser::document_width(),
            place: Place::Home,
            asked_step: None,
            asked_forks: Vec::new(),
            brought: false,
            has_more: false,
            course: None,
            progress: browser::kept(KEPT_AS).map(|text| Progress::read(&text)).unwrap_or_default(),
            reviewing: false,
            checked: None,
            notes: Vec::new(),
            help: false,
            search: String::new(),
            tags: None,
            family: None,
            announced: String::new(),
            dispatch: dispatch.clone(),
            due: Vec::new(),
            moved: false,
            printing: false,
            sheets: None,
            hero: OnceCell::new(),
        };
        let kept = browser::kept("lang").and_then(|code| Lang::from_code(&code));
        app.speak(kept.unwrap_or_else(browser::preferred_lang));
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
        let asked = dispatch.clone();
        browser::outside::on_asked(move |what, name| {
            asked.emit(match what {
                Ok(step) => Action::Go(Command::Seek(step)),
                Err(text) => Action::Brought(name, text),
            });
        });
        let printed = dispatch.clone();
        browser::outside::on_print(move |begins| printed.emit(Action::Print(begins)));
        let dropped = dispatch.clone();
        browser::outside::on_drop(move |transfer| dropped.emit(Action::Dropped(browser::outside::files_of(&transfer))));
        if let Some(root) = browser::app_root() {
            browser::on_width(&root, move |width| dispatch.emit(Action::Width(width)));
        }
        app
    }

    fn update(&mut self, _: &Context<App>, action: Action) -> bool {
        if !self.has_more && action.needs_more() {
            let dispatch = self.dispatch.clone();
            browser::with_more(false, move |result| dispatch.emit(Action::More(result, Box::new(action))));
            return false;
        }
        match action {
            Action::More(Ok(()), action) => {
                self.has_more = true;
                self.dispatch.emit(*action);
                false
            }
            Action::More(Err(said), _) => {
                self.notes.push(Phrase::new("interface.more_failed").with("said", said));
                true
            }
            Action::Go(command) => self.go(command, true),
            Action::Chapter(number) => self.chapter(number),
            Action::PlayPause => self.play_pause(),
            Action::Speed(speed) => self.session_mut(|session| session.speed = speed),
            Action::View(view) => {
                self.view = view;
                self.menu(false);
                self.session_mut(Session::settle);
                self.write_link();
                true
            }
            Action::Lang(lang) => {
                self.speak(lang);
                self.lang_chosen = true;
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
                if shown && changed {
                    self.due.push(Due::Help);
                } else if changed {
                    self.back_to("[data-action=help]");
                }
                changed
            }
            Action::Menu(shown) => self.menu(shown),
            Action::Gloss(term) => self.session_mut(|session| session.gloss = term),
            Action::Show(step, marks) => self.show(step, marks),
            Action::LeaveWhy => self.leave_why(),
            Action::Why(mark) => self.why(mark),
            Action::Press(mark) => self.press(mark),
            Action::Inspect(mark) => self.inspect(mark),
            Action::InspectHere => self.inspect_here(),
            Action::FactsOf(mark) => self.facts_of(mark),
            Action::SequenceBack(back) => self.session_mut(|session| session.sequence_back = back),
            Action::Fork(action) => self.fork(action),
            Action::Share(action) => self.share(action),
            Action::Checked(shown) => self.ask_checked(shown),
            Action::CheckedReady(result) => self.checked_ready(result),
            Action::ToQuestion => self.go_to_question(),
            Action::ToMarks => self.go_to_marks(),
            Action::Give(text) => self.give(text),
            Action::Filter(filter) => self.session_mut(|session| session.filter = filter),
            Action::Search(words) => self.search_for(words),
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
                self.moved = true;
                self.follow(options::parse(&hash));
                true
            }
            Action::Course(lang, result) => self.course_arrived(lang, result),
            Action::Tags(result) => self.tags_arrived(result),
            Action::Scenario(id, result) => self.arrived(&id, result),
            Action::Words(lang, result) => self.words_arrived(lang, result),
            Action::Brought(name, text) => self.open_brought(name, text),
            Action::Dropped(things) => self.open_files(Some(things)),
            Action::Files(action) => self.files(action),
            Action::FilesReady(result, dropped) => self.files_ready(result, dropped),
            Action::TermsReady(result) => self.terms_ready(result),
            Action::Print(begins) => self.print(begins),
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
            Place::Playing(session) => Some((session.player.family(lang), session.player.title(lang))),
            _ => None,
        };
        let view = matches!(self.place, Place::Playing(_)).then_some(self.view);
        let place = place.as_ref().map(|(family, title)| (family.as_str(), title.as_str()));
        let (home, dispatch) = (self.home_link(), &self.dispatch);
        let theme = self.theme;
        html! {
            <>
                { top_bar(&TopBarProps { lang, theme, place, view, home: &home, dispatch }) }
                <div key="notes">{ self.notes() }</div>
                <output key="spoken" class="sr" aria-live="polite" data-announce="true">{ &self.announced }</output>
                <div key="place" class="place-of">{ self.content() }</div>
                <div key="dialog">{ self.dialog() }</div>
                <div key="sheets">
                    if let Some(all) = &self.sheets {
                        { sheets(all) }
                    }
                </div>
                <div key="help">
                    if self.help {
                        { help(&HelpProps { lang, dispatch }) }
                    } else if let Some(checked) = &self.checked {
                        { self.checked_dialog(checked) }
                    }
                </div>
            </>
        }
    }

    fn rendered(&mut self, context: &Context<App>, first: bool) {
        if first {
            browser::remove_shell();
        }
        self.dress();
        if self.moved && !matches!(self.place, Place::Loading(_)) {
            self.moved = false;
            browser::focus_if_lost("#app h1");
        }
        for due in std::mem::take(&mut self.due) {
            match due {
                Due::Emit(name, detail) => browser::emit(name, &detail),
                Due::Fade => browser::motion::fade_in_stage(),
                Due::Focus(selector) => browser::focus(&selector),
                Due::Show(selector) => browser::answering::show(selector),
                Due::ShowAll(selector) => browser::answering::show_all(selector),
                Due::Mark(marks) => browser::focus_first_mark(&marks),
                Due::Reveal(mark) => browser::reveal_inspected(&mark, self.frame().mode),
                Due::Why => browser::place_at_mark("[data-why]"),
                Due::KeepFocus(selector) => browser::focus_if_lost(selector),
                Due::Top => browser::scroll_to_top(),
                Due::Help => browser::open_dialog("dialog"),
                Due::Open(dialog) => browser::open_dialog(dialog),
                Due::Play => self.play_moves(context),
            }
        }
    }
}

impl App {
    fn session(&self) -> Option<&Session> {
        match &self.place {
            Place::Playing(session) => Some(session),
            _ => None,
        }
    }

    /// Changes the session, if there is one.
    fn session_mut(&mut self, change: impl FnOnce(&mut Session)) -> bool {
        if let Place::Playing(session) = &mut self.place {
            if session.is_busy() {
                browser::motion::finish();
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
        let frame = Frame::of(self.width);
        if browser::outside::is_low() { frame.low() } else { frame }
    }

    fn home_link(&self) -> AttrValue {
        let (lang, theme) = self.chosen();
        options::format(None, None, lang, theme, View::Stage).into()
    }

    fn chosen(&self) -> (Option<Lang>, Option<Theme>) {
        (self.lang_chosen.then_some(self.lang_due.unwrap_or(self.lang)), self.theme_chosen.then_some(self.theme))
    }

    fn title(&self) -> String {
        match self.session() {
            Some(session) => format!("{} · Highwater", session.player.title(self.lang)),
            None if matches!(self.place, Place::Terms) => say(self.lang, "glossary.page_title"),
            None if matches!(self.place, Place::Files(_)) => say(self.lang, "own.page_title"),
            None => match &self.place {
                Place::Later(page) => page.title(self.lang),
                _ => say(self.lang, "page_title"),
            },
        }
    }

    /// Goes where a link leads; what it does not name stays as it is.
    fn follow(&mut self, link: Link) {
        if let Some(lang) = link.lang {
            self.speak(lang);
            self.lang_chosen = true;
        }
        if let Some(theme) = link.theme {
            (self.theme, self.theme_chosen) = (theme, true);
        }
        self.notes = link.problems;
        self.brought = false;
        self.checked = None;
        self.reviewing = matches!(&self.place, Place::Later(page) if page.id() == REVIEW);
        browser::motion::finish();
        let Some(id) = link.scenario else {
            if !matches!(self.place, Place::Home) {
                self.due.push(Due::Top);
            }
            self.place = Place::Home;
            self.announced = self.title();
            return;
        };
        self.view = link.view.unwrap_or_default();
        if id == FILES {
            self.open_files(None);
            return;
        }
        if id == TERMS {
            self.open_terms();
            return;
        }
        if self.session().is_some_and(|session| session.player.id() == id) {
            if self.session().is_some_and(|session| session.compare.as_ref().is_some_and(|compare| !compare.is_own)) {
                self.leave_fork();
            }
            self.go_to_step(link.step.as_deref());
            if !link.forks.is_empty() {
                self.fork_as_asked(&link.forks);
            }
            return;
        }
        self.asked_step = link.step;
        self.asked_forks = link.forks;
        self.load(id);
    }

    fn go(&mut self, command: Command, by_hand: bool) -> bool {
        let (lang, frame, width) = (self.lang, self.frame(), self.width);
        let in_picture = self.view == View::Stage;
        let Place::Playing(session) = &mut self.place else {
            return false;
        };
        browser::motion::finish();
        session.reduced = browser::wants_less_motion();
        if by_hand && !command.is_answer() {
            session.playing = false;
            session.menu = false;
        }
        if browser::stage_has_focus() {
            self.due.push(Due::KeepFocus("[data-stage]"));
        }
        let step = session.player.step();
        match session.go(command, lang, frame, width) {
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
                if command.is_answer() {
                    self.answered(step);
                }
            }
            Err(phrase) => self.notes.push(phrase),
        }
        true
    }
}

fn number(value: usize) -> JsValue {
    JsValue::from_f64(value as f64)
}
