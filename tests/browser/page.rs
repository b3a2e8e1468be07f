//! One page: look at it, press keys, ask it.

use std::cell::RefCell;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::Site;
use super::connection::Event;
use super::keys::key_event;

/// How long the page may take to do what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a test looks whether it is done.
const GLANCE: Duration = Duration::from_millis(15);

/// Pictures are not taken taller than this, in CSS px.
const PICTURE_HEIGHT_MAX: f64 = 6_000.0;

/// Finds texts that are cut off, leave their boxes or lie on each other.
pub const LAYOUT_SCRIPT: &str = include_str!("layout.js");

/// The page cannot be told to report what its policy blocked; a listener on every new document does it.
const VIOLATION_SCRIPT: &str = r#"document.addEventListener("securitypolicyviolation", (event) =>
    highwaterViolation(`${event.violatedDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`));"#;

/// What the system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Its name in links, media features and file names.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// The window and the system that a page sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// CSS px.
    pub width: u32,
    /// CSS px.
    pub height: u32,
    /// Device pixels in a CSS px.
    pub scale: f64,
    /// `prefers-color-scheme`.
    pub theme: Theme,
    /// `prefers-reduced-motion: reduce`.
    pub reduced_motion: bool,
    /// What `navigator.language` says.
    pub language: &'static str,
}

impl Default for View {
    fn default() -> View {
        View { width: 1_280, height: 860, scale: 1.0, theme: Theme::Light, reduced_motion: false, language: "en-US" }
    }
}

impl View {
    /// This view at `width` CSS px, as tall as such screens are.
    #[must_use]
    pub fn at_width(self, width: u32) -> View {
        let height = match width {
            0..560 => 740,
            560..900 => 1_024,
            _ => 860,
        };
        View { width, height, ..self }
    }
}

/// A page in a browser context of its own; it is closed when dropped.
#[derive(Debug)]
pub struct Page<'s> {
    site: &'s Site,
    context: String,
    session: String,
    problems: RefCell<Vec<String>>,
}

impl<'s> Page<'s> {
    pub(super) fn open(site: &'s Site, view: View) -> Result<Page<'s>> {
        let context = text(&site.call(None, "Target.createBrowserContext", &json!({}))?, "browserContextId")?;
        let target =
            json!({ "url": "about:blank", "browserContextId": context, "width": view.width, "height": view.height });
        let target = text(&site.call(None, "Target.createTarget", &target)?, "targetId")?;
        let attach = json!({ "targetId": target, "flatten": true });
        let page = Page {
            session: text(&site.call(None, "Target.attachToTarget", &attach)?, "sessionId")?,
            site,
            context,
            problems: RefCell::default(),
        };
        for domain in ["Page", "Runtime", "Log", "Inspector"] {
            page.call(&format!("{domain}.enable"), &json!({}))?;
        }
        page.call("Runtime.addBinding", &json!({ "name": "highwaterViolation" }))?;
        page.call("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": VIOLATION_SCRIPT }))?;
        page.call("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }))?;
        page.look_as(view)?;
        Ok(page)
    }

    /// Changes the window and the system that the page sees.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn look_as(&self, view: View) -> Result<()> {
        let View { width, height, scale, .. } = view;
        let window = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &window)?;
        let motion = if view.reduced_motion { "reduce" } else { "no-preference" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": view.theme.name() },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }))?;
        let agent = self.evaluate("navigator.userAgent")?;
        let agent = json!({ "userAgent": agent, "acceptLanguage": view.language });
        self.call("Emulation.setUserAgentOverride", &agent)?;
        Ok(())
    }

    /// Slows scripts down: 4 is a quarter of the speed.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn throttle(&self, rate: u32) -> Result<()> {
        self.call("Emulation.setCPUThrottlingRate", &json!({ "rate": rate }))?;
        Ok(())
    }

    /// Goes to `path` on the site and waits until it has loaded.
    ///
    /// # Errors
    /// When it does not load.
    pub fn go(&self, path: &str) -> Result<()> {
        self.visit(&self.site.url(path))
    }

    /// Goes to an address and waits until it has loaded.
    ///
    /// # Errors
    /// When it does not load.
    pub fn visit(&self, path: &str) -> Result<()> {
        self.hear();
        let answer = self.call("Page.navigate", &json!({ "url": path }))?;
        if let Some(error) = answer.get("errorText") {
            bail!("{path} does not load: {error}");
        }
        // Only a new document has a loader; a change behind `#` has happened already.
        if answer.get("loaderId").is_some() {
            let loaded = |event: &Event| (event.method == "Page.loadEventFired").then_some(());
            let waited = self.site.connection().wait_for_event(&self.session, PATIENCE, loaded);
            waited.with_context(|| format!("{path} does not finish loading"))?;
        }
        Ok(())
    }

    /// The value of a JavaScript expression; a promise is waited for.
    ///
    /// # Errors
    /// When the expression throws.
    pub fn evaluate(&self, expression: &str) -> Result<Value> {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", &params)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("{} threw {}", first_line(expression), exception(thrown));
        }
        let value = answer.get_mut("result").and_then(|result| result.get_mut("value"));
        Ok(value.map(Value::take).unwrap_or_default())
    }

    /// Waits until a JavaScript expression is true.
    ///
    /// # Errors
    /// When it is not true in time; the message holds what the console said.
    pub fn wait_until(&self, expression: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        // A page that loads again is asked once more.
        let asked = || match self.evaluate(expression) {
            Err(error) if error.to_string().contains("navigated or closed") => Ok(Value::Null),
            answer => answer,
        };
        while asked()? != Value::Bool(true) {
            if Instant::now() > until {
                let problems = self.problems();
                bail!("waited {} s for {expression}; problems: {problems:?}", PATIENCE.as_secs());
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Presses and releases a key, named as in `KeyboardEvent.key`; chords as `Shift+Tab`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn press(&self, key: &str) -> Result<()> {
        for kind in ["down", "up"] {
            self.call("Input.dispatchKeyEvent", &key_event(kind, key))?;
        }
        Ok(())
    }

    /// Clicks in the middle of the element that `selector` finds, as a mouse does.
    ///
    /// # Errors
    /// When there is no such element.
    pub fn click(&self, selector: &str) -> Result<()> {
        let place = format!(
            "(() => {{ const found = document.querySelector({selector}); found.scrollIntoView({{ block: 'nearest' }}); \
             const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            selector = Value::from(selector)
        );
        let place = self.evaluate(&place)?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place.get(0), "y": place.get(1), "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event)?;
        }
        Ok(())
    }

    /// Takes a picture of the whole page into `target/screenshots/<name>.png`.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub fn screenshot(&self, name: &str) -> Result<()> {
        let metrics = self.call("Page.getLayoutMetrics", &json!({}))?;
        let side = |name: &str| metrics.pointer(&format!("/cssContentSize/{name}")).and_then(Value::as_f64);
        let (width, height) = side("width").zip(side("height")).context("a page has a size")?;
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height.min(PICTURE_HEIGHT_MAX), "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = text(&self.call("Page.captureScreenshot", &params)?, "data")?;
        let path = self.site.screenshot_path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let picture = BASE64_STANDARD.decode(picture).context("a picture is base64")?;
        fs::write(&path, picture).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Prints the page on A4 and keeps it as `target/screenshots/<name>.pdf`; how many pages there are.
    ///
    /// # Errors
    /// When it cannot be printed or written.
    pub fn print(&self, name: &str) -> Result<usize> {
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": true });
        let pdf = BASE64_STANDARD.decode(text(&self.call("Page.printToPDF", &paper)?, "data")?)?;
        let path = self.site.screenshot_path(name).with_extension("pdf");
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &pdf)?;
        // A page is an object of its own, and `/Pages` are their tree.
        let kind = b"/Type /Page";
        let is_page = |at: &[u8]| at.starts_with(kind) && at.get(kind.len()) != Some(&b's');
        Ok(pdf.windows(kind.len() + 1).filter(|at| is_page(at)).count())
    }

    /// What went wrong since the page opened: errors in the console, exceptions, files that did not load, and what the
    /// Content-Security-Policy blocked.
    pub fn problems(&self) -> Vec<String> {
        self.hear();
        self.problems.borrow().clone()
    }

    /// Texts that are cut off, leave their boxes or lie on each other, and a page that scrolls sideways.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn layout_problems(&self) -> Result<Vec<String>> {
        strings(&self.evaluate(LAYOUT_SCRIPT)?)
    }

    /// What axe-core finds; none where there is no npm to bring it (which xtask says, and which CI does not allow).
    ///
    /// # Errors
    /// When axe-core does not run.
    pub fn axe_violations(&self) -> Result<Option<Vec<String>>> {
        let Some(script) = self.site.axe() else {
            return Ok(None);
        };
        self.evaluate(&format!("{script}; null"))?;
        let violations = self.evaluate(
            "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, help, nodes }) => \
             nodes.map(({ target, any }) => `${id}: ${help}: ${target.flat().join(' ')} ${any.map(({ message }) => message).join('; ')}`)))",
        )?;
        strings(&violations).map(Some)
    }

    /// Lets no address load that one of the patterns (`*.wasm`) fits.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn block(&self, patterns: &[&str]) -> Result<()> {
        self.call("Network.enable", &json!({}))?;
        self.call("Network.setBlockedURLs", &json!({ "urls": patterns }))?;
        Ok(())
    }

    /// Milliseconds that the page has worked so far: in scripts, and in all (scripts, style, layout, paint).
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn worked_ms(&self) -> Result<(f64, f64)> {
        self.call("Performance.enable", &json!({}))?;
        let answer = self.call("Performance.getMetrics", &json!({}))?;
        let metrics = answer.get("metrics").and_then(Value::as_array).context("no metrics")?;
        let seconds = |name: &str| {
            let metric = metrics.iter().find(|metric| metric.get("name").is_some_and(|there| there == name));
            metric.and_then(|metric| metric.get("value")?.as_f64()).with_context(|| format!("no metric {name}"))
        };
        Ok((seconds("ScriptDuration")? * 1_000.0, seconds("TaskDuration")? * 1_000.0))
    }

    /// Asks the browser something about this page that has no name here.
    ///
    /// # Errors
    /// When it refuses or does not answer.
    pub fn call(&self, method: &str, params: &Value) -> Result<Value> {
        self.site.call(Some(&self.session), method, params)
    }

    /// Takes in what the browser has said.
    fn hear(&self) {
        let events = self.site.connection().take_events(&self.session);
        self.problems.borrow_mut().extend(events.iter().filter_map(problem));
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let context = json!({ "browserContextId": self.context });
        // When the browser has ended, so has the page.
        let _ = self.site.call(None, "Target.disposeBrowserContext", &context);
        self.hear();
    }
}

/// The event as a problem, if it is one.
fn problem(event: &Event) -> Option<String> {
    let said = |pointer: &str| {
        let value = event.params.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    match event.method.as_str() {
        "Runtime.exceptionThrown" => {
            event.params.get("exceptionDetails").map(|thrown| format!("exception: {}", exception(thrown)))
        }
        "Runtime.consoleAPICalled" if matches!(said("/type").as_str(), "error" | "assert") => {
            let arguments = event.params.get("args").and_then(Value::as_array)?;
            let words = arguments.iter().map(|argument| {
                let plain = argument.get("value").or_else(|| argument.get("description"));
                plain.map_or_else(String::new, |plain| plain.as_str().map_or_else(|| plain.to_string(), str::to_owned))
            });
            Some(format!("console: {}", words.collect::<Vec<_>>().join(" ")))
        }
        "Log.entryAdded" if said("/entry/level") == "error" => {
            Some(format!("log: {} {}", said("/entry/text"), said("/entry/url")))
        }
        "Runtime.bindingCalled" => Some(format!("policy: {}", said("/payload"))),
        "Inspector.targetCrashed" => Some("the page crashed".to_owned()),
        _ => None,
    }
}

/// What was thrown, with its trace where it has one.
fn exception(thrown: &Value) -> String {
    let description = thrown.pointer("/exception/description").or_else(|| thrown.pointer("/exception/value"));
    let text = description.or_else(|| thrown.get("text"));
    text.map_or_else(String::new, |text| text.as_str().map_or_else(|| text.to_string(), str::to_owned))
}

fn text(answer: &Value, name: &str) -> Result<String> {
    let value = answer.get(name).and_then(Value::as_str);
    value.map(str::to_owned).with_context(|| format!("the browser's answer has no {name}: {answer}"))
}

/// A list of strings that the page gave.
pub(super) fn strings(list: &Value) -> Result<Vec<String>> {
    let list = list.as_array().context("the page did not answer with a list")?;
    Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn first_line(expression: &str) -> &str {
    expression.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(method: &str, params: Value) -> Event {
        Event { method: method.to_owned(), params }
    }

    #[test]
    fn an_error_in_the_console_is_a_problem_and_a_note_is_none() {
        let call = |kind: &str| {
            event("Runtime.consoleAPICalled", json!({ "type": kind, "args": [{ "value": "broken" }, { "value": 7 }] }))
        };
        assert_eq!(problem(&call("error")).as_deref(), Some("console: broken 7"));
        assert_eq!(problem(&call("log")), None);
    }

    #[test]
    fn an_exception_is_told_with_its_trace() {
        let thrown =
            json!({ "exceptionDetails": { "text": "Uncaught", "exception": { "description": "Error: no\n at x" } } });
        let told = problem(&event("Runtime.exceptionThrown", thrown));
        assert_eq!(told.as_deref(), Some("exception: Error: no\n at x"));
    }

    #[test]
    fn what_the_policy_blocks_is_a_problem() {
        let blocked = event("Runtime.bindingCalled", json!({ "payload": "style-src-attr blocked inline" }));
        assert_eq!(problem(&blocked).as_deref(), Some("policy: style-src-attr blocked inline"));
    }
}
