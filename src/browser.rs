//! The page's edge: the only file that touches the window, the document, storage, history, the network and animations.

pub mod answering;
pub mod files;
pub mod motion;
pub mod outside;
pub mod share;

use std::cell::RefCell;

use highwater_player::lang::Lang;
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    CustomEvent, CustomEventInit, Document, Element, EventTarget, FocusEvent, HtmlDialogElement, HtmlElement,
    KeyboardEvent, MouseEvent, PointerEvent, Response, Window,
};

use crate::options::Theme;
use crate::stage::frame::{Mode, bounded};
use crate::stage::node::number;

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

/// The element that the page is mounted in.
pub fn app_root() -> Option<Element> {
    document()?.get_element_by_id("app")
}

/// Takes away the picture that stood there while the page was loading.
pub fn remove_shell() {
    if let Some(shell) = document().and_then(|document| document.get_element_by_id("shell")) {
        shell.remove();
    }
}

/// The page is in a frame of another page.
fn is_framed() -> bool {
    window().is_some_and(|window| window.parent().ok().flatten().is_some_and(|parent| parent != window))
}

/// All steps can be printed: the second part of the program is here (`page.js`), and the page is not another's.
pub fn prints_all() -> bool {
    find(":root[data-more]").is_some() && !is_framed()
}

/// The location's hash, with its `#`.
pub fn hash() -> String {
    window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Puts a hash into the address bar without a new entry in the history.
pub fn replace_hash(hash: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok())
        && self::hash() != hash
    {
        // A sandboxed frame may refuse; the page goes on without.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}

/// A value kept from an earlier visit; none where there is no storage.
pub fn kept(name: &str) -> Option<String> {
    let storage = window()?.local_storage().ok()??;
    storage.get_item(&format!("highwater.{name}")).ok()?
}

/// Keeps a value for later visits; where storage throws, it is not kept.
pub fn keep(name: &str, value: &str) {
    if let Some(Ok(Some(storage))) = window().map(|window| window.local_storage()) {
        let _ = storage.set_item(&format!("highwater.{name}"), value);
    }
}

/// The reader's language as the browser says it.
pub fn preferred_lang() -> Lang {
    window()
        .and_then(|window| window.navigator().language())
        .and_then(|code| Lang::from_code(&code))
        .unwrap_or_default()
}

/// The document's language, colours and title.
pub fn dress(lang: Lang, theme: Theme, title: &str) {
    let Some(document) = document() else { return };
    if document.title() != title {
        document.set_title(title);
    }
    if let Some(root) = document.document_element() {
        let _ = root.set_attribute("lang", lang.code());
        let _ = match theme {
            Theme::Auto => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.code()),
        };
    }
}

/// Whether the reader asked for less motion.
pub fn wants_less_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

/// Whether a media query holds.
fn matches(query: &str) -> bool {
    window().and_then(|window| window.match_media(query).ok().flatten()).is_some_and(|query| query.matches())
}

/// The width of the document, in CSS px.
pub fn document_width() -> f64 {
    document().and_then(|document| document.document_element()).map_or(1280.0, |root| f64::from(root.client_width()))
}

/// Calls `then` after `ms`.
pub fn after(ms: f64, then: impl FnOnce() + 'static) {
    if let Some(window) = window() {
        let callback = Closure::once_into_js(then);
        let ms = bounded(ms, 0.0, 1e9) as i32;
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), ms);
    }
}

thread_local! {
    /// Gives a promise of the second part of the program.
    static LOAD_MORE: std::cell::OnceCell<js_sys::Function> = const { std::cell::OnceCell::new() };
}

/// Keeps the function that loads the second part of the program.
pub fn keep_load_more(load_more: js_sys::Function) {
    LOAD_MORE.with(|kept| drop(kept.set(load_more)));
}

/// Loads the second part of the program, and the codecs if they are wanted, unless they are here, from now on; the error names
/// what the server or the network said.
fn more(with_codecs: bool) -> impl Future<Output = Result<(), String>> {
    let load_more = LOAD_MORE.with(|kept| kept.get().cloned());
    let promise = load_more.map(|load_more| {
        let promise = load_more.call1(&JsValue::NULL, &with_codecs.into());
        promise.and_then(wasm_bindgen::JsCast::dyn_into::<js_sys::Promise>)
    });
    async move {
        let Some(promise) = promise else { return Ok(()) };
        JsFuture::from(promise.map_err(|error| said(&error))?).await.map_err(|error| said(&error))?;
        Ok(())
    }
}

fn said(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message())))
        .unwrap_or_default()
}

thread_local! {
    /// The scenario that came along with the program, with its id.
    static AHEAD: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Keeps the scenario that the address asked for while the program came.
pub fn keep_ahead(id: String, text: String) {
    AHEAD.set(Some((id, text)));
}

/// The text of a scenario, if it came along with the program. It is given once.
pub fn take_ahead(id: &str) -> Option<String> {
    AHEAD.take().filter(|(ahead, _)| ahead == id).map(|(_, text)| text)
}

/// Fetches a scenario, unless its text is here, and, meanwhile, the part of the program that it needs.
pub fn fetch_scenario(
    url: &str,
    ahead: Option<String>,
    needs_more: bool,
    then: impl FnOnce(Result<String, String>) + 'static,
) {
    let url = url.to_owned();
    let more = needs_more.then(|| more(false));
    spawn_local(async move {
        let text = match ahead {
            Some(text) => Ok(text),
            None => text_of(&url).await,
        };
        then(match (text, more) {
            (Ok(text), Some(more)) => more.await.map(|()| text),
            (text, _) => text,
        });
    });
}

/// Calls `then` when the second part of the program, and the codecs if they are wanted, are here, or cannot be.
pub fn with_more(with_codecs: bool, then: impl FnOnce(Result<(), String>) + 'static) {
    spawn_local(async move { then(more(with_codecs).await) });
}

/// Fetches a text; the error names what the server or the network said.
pub fn fetch_text(url: &str, then: impl FnOnce(Result<String, String>) + 'static) {
    let url = url.to_owned();
    spawn_local(async move { then(text_of(&url).await) });
}

async fn text_of(url: &str) -> Result<String, String> {
    let window = window().ok_or("no window")?;
    let response: Response = JsFuture::from(window.fetch_with_str(url))
        .await
        .map_err(|error| said(&error))?
        .dyn_into()
        .map_err(|error| said(&error))?;
    if !response.ok() {
        return Err(format!("{} {}", response.status(), response.status_text()).trim_end().to_owned());
    }
    let text = JsFuture::from(response.text().map_err(|error| said(&error))?).await.map_err(|error| said(&error))?;
    text.as_string().ok_or_else(|| "no text".to_owned())
}

/// Listens on the window or the document for as long as the page lives.
fn listen(target: &EventTarget, name: &str, listener: impl FnMut(web_sys::Event) + 'static) {
    let listener = Closure::<dyn FnMut(web_sys::Event)>::new(listener);
    let _ = target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Calls `then` with the hash whenever it changes by a link or the browser's back and forward.
pub fn on_hash(then: impl Fn(String) + 'static) {
    if let Some(window) = window() {
        listen(&window, "hashchange", move |_| then(hash()));
    }
}

/// A key press with what has the focus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPress {
    /// As `KeyboardEvent.key` says it.
    pub key: String,
    /// A mark of the stage has the focus.
    pub mark: Option<String>,
    /// The stage or something in it has the focus.
    pub in_stage: bool,
    /// A button, a link or another control has the focus: Space and Enter are its own.
    pub on_control: bool,
}

/// Calls `wants` for each key press that is not for a text field and not part of a shortcut of the browser;
/// if it says true, the press is used up.
pub fn on_key(wants: impl Fn(KeyPress) -> bool + 'static) {
    let Some(document) = document() else { return };
    listen(&document.clone().into(), "keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        if key.default_prevented() || key.ctrl_key() || key.alt_key() || key.meta_key() || key.is_composing() {
            return;
        }
        let focused = document.active_element();
        let tag = focused.as_ref().map(Element::tag_name).unwrap_or_default();
        if matches!(tag.as_str(), "INPUT" | "SELECT" | "TEXTAREA" | "DIALOG") || within(focused.as_ref(), "dialog") {
            return;
        }
        let press = KeyPress {
            key: key.key(),
            mark: focused.as_ref().and_then(|element| element.get_attribute("data-mark")),
            in_stage: within(focused.as_ref(), "[data-stage]"),
            on_control: matches!(tag.as_str(), "BUTTON" | "A"),
        };
        if wants(press) {
            event.prevent_default();
        }
    });
}

fn within(element: Option<&Element>, selector: &str) -> bool {
    element.is_some_and(|element| element.closest(selector).is_ok_and(|found| found.is_some()))
}

/// Calls `then` with an element's width in CSS px whenever that changes.
pub fn on_width(element: &Element, then: impl Fn(f64) + 'static) {
    let measured = element.clone();
    let callback = Closure::<dyn FnMut()>::new(move || then(measured.get_bounding_client_rect().width()));
    if let Ok(observer) = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(element);
        callback.forget();
    }
}

/// An element by selector.
pub fn find(selector: &str) -> Option<Element> {
    document()?.query_selector(selector).ok()?
}

/// The selector of a mark.
fn mark_selector(mark: &str) -> String {
    format!("[data-stage] [data-mark=\"{}\"]", mark.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Gives the focus to what a selector finds. Without scrolling, but for what stands in the picture: that can be seen then.
pub fn focus(selector: &str) {
    // A frame that nobody is in takes the focus from nobody.
    if document().is_some_and(|document| !document.has_focus().unwrap_or(true)) && is_framed() {
        return;
    }
    if let Some(element) = find(selector) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.unchecked_ref::<HtmlElement>().focus_with_options(&options);
        if within(Some(&element), "[data-stage]") && !is_framed() {
            answering::reveal(&element);
        }
    }
}

/// Gives the focus to a mark.
pub fn focus_mark(mark: &str) {
    focus(&mark_selector(mark));
}

/// Scrolls such that a sheet from below does not cover the mark that it is about, and such that an inspector below the
/// picture begins on the screen.
pub fn reveal_inspected(mark: &str, mode: Mode) {
    let selector = if mode == Mode::Narrow { mark_selector(mark) } else { "[data-inspector]".to_owned() };
    let (Some(element), Some(window)) = (find(&selector), window()) else { return };
    let height = window.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    let area = element.get_bounding_client_rect();
    let by = match mode {
        Mode::Narrow if area.bottom() > height * 0.3 => area.top() - height * 0.12,
        Mode::Medium if area.top() > height * 0.6 => area.top() - height * 0.5,
        Mode::Narrow | Mode::Medium | Mode::Wide => return,
    };
    window.scroll_by_with_x_and_y(0.0, by);
}

/// The mark that has the focus.
pub fn focused_mark() -> Option<String> {
    document()?.active_element()?.get_attribute("data-mark")
}

/// Something within what a selector finds has the focus.
pub fn has_focus_in(selector: &str) -> bool {
    within(document().and_then(|document| document.active_element()).as_ref(), selector)
}

/// The focus goes from within what a selector finds to something else in the page.
pub fn goes_out_of(event: &FocusEvent, selector: &str) -> bool {
    let to: Option<Element> = event.related_target().and_then(|target| target.dyn_into().ok());
    to.is_some() && !within(to.as_ref(), selector)
}

/// Something has the focus.
pub fn has_focus() -> bool {
    document().and_then(|document| document.active_element()).is_some_and(|element| element.tag_name() != "BODY")
}

/// Gives the focus to the first of these marks that is in the picture, or else to the picture.
pub fn focus_first_mark(marks: &[String]) {
    let found = marks.iter().map(|mark| mark_selector(mark)).find(|selector| find(selector).is_some());
    focus(found.as_deref().unwrap_or("[data-stage]"));
}

/// The mark under a pointer: the one with a name, not a part of it.
pub fn mark_under(event: &MouseEvent) -> Option<String> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest("[data-mark][aria-label]").ok()??.get_attribute("data-mark")
}

/// Puts a card beside the mark that it names, inside the stage, never over the mark; and gives it the focus.
pub fn place_at_mark(selector: &str) {
    const GAP: f64 = 12.0;
    let Some(card) = find(selector) else { return };
    let asked = card.get_attribute("data-why").unwrap_or_default();
    // A value of the inspector belongs to the mark that is looked into.
    let mark =
        asked.strip_prefix("value-").and_then(|rest| rest.split_once('/')).map_or(asked.as_str(), |(_, mark)| mark);
    let place = find(&mark_selector(mark));
    if let (Some(mark), Some(stage)) = (place, card.closest(".stage").ok().flatten()) {
        let (mark, stage, own) =
            (mark.get_bounding_client_rect(), stage.get_bounding_client_rect(), card.get_bounding_client_rect());
        let (right, left) = (mark.right() - stage.left() + GAP, mark.left() - stage.left() - own.width() - GAP);
        let fits = |x: f64| x >= 0.0 && x + own.width() <= stage.width();
        let beside = [right, left].into_iter().find(|x| fits(*x));
        let (x, y) = match beside {
            Some(x) => (x, mark.top() - stage.top() - GAP),
            None => (
                bounded(mark.left() - stage.left(), 0.0, stage.width() - own.width()),
                mark.bottom() - stage.top() + GAP,
            ),
        };
        let y = if beside.is_some() { bounded(y, 0.0, (stage.height() - own.height()).max(0.0)) } else { y };
        let style = card.unchecked_into::<HtmlElement>().style();
        let _ = style.set_property("left", &format!("{}px", number(x)));
        let _ = style.set_property("top", &format!("{}px", number(y)));
    }
    focus("[data-action=close-why]");
}

/// The stage or a mark on it has the focus.
pub fn stage_has_focus() -> bool {
    let focused = document().and_then(|document| document.active_element());
    within(focused.as_ref(), "[data-stage]")
}

/// Gives the focus to what a selector finds if nothing has it any more, as after its element went away.
pub fn focus_if_lost(selector: &str) {
    let focused = document().and_then(|document| document.active_element());
    if focused.is_none_or(|element| element.tag_name() == "BODY") {
        focus(selector);
    }
}

/// Scrolls to the page's top, as a new page would be.
pub fn scroll_to_top() {
    if let Some(window) = window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Opens a dialog over the page; the browser keeps the focus inside and closes it on Esc.
pub fn open_dialog(selector: &str) {
    if let Some(dialog) = find(selector).and_then(|element| element.dyn_into::<HtmlDialogElement>().ok())
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

/// The step under the pointer on a line of `steps` stops that are equally far apart.
pub fn step_under(event: &PointerEvent, steps: usize) -> Option<usize> {
    let area = find("[data-timeline]")?.get_bounding_client_rect();
    let part = (f64::from(event.client_x()) - area.left()) / area.width().max(1.0);
    let step = (part * steps as f64).floor() + 1.0;
    Some(bounded(step, 1.0, steps as f64) as usize)
}

/// Keeps the pointer's moves for the timeline until it is let go. (To Yew's listeners the current target is the page's root.)
pub fn hold_pointer(event: &PointerEvent) {
    if let Some(line) = find("[data-timeline]") {
        let _ = line.set_pointer_capture(event.pointer_id());
    }
}

/// All elements that a selector finds.
fn find_all(selector: &str) -> Vec<Element> {
    let found = document().and_then(|document| document.query_selector_all(selector).ok());
    let found = found.iter().flat_map(|found| (0..found.length()).filter_map(|index| found.get(index)));
    found.filter_map(|node| node.dyn_into().ok()).collect()
}

/// Dispatches an event from the player's root: bubbling, and out of a shadow root.
pub fn emit(name: &str, detail: &[(&str, JsValue)]) {
    let Some(root) = find("[data-player]").or_else(app_root) else {
        return;
    };
    let object = Object::new();
    for (key, value) in detail {
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_detail(&object);
    if let Ok(event) = CustomEvent::new_with_event_init_dict(name, &init) {
        let _ = root.dispatch_event(&event);
    }
}
