//! A Chromium of our own and the pipe to it.
//!
//! Commands and events are JSON texts, each ended by a zero byte, on the browser's file descriptors 3 and 4. A shell puts
//! our pipes there. When this process ends, however it ends, the pipe closes and Chromium ends too.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

/// How long the browser may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Events of a page that nobody has read; the oldest go first.
const EVENTS_MAX: usize = 10_000;

const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
];

/// Something that the browser says by itself.
#[derive(Clone, Debug)]
pub struct Event {
    /// Such as `Runtime.exceptionThrown`.
    pub method: String,
    /// What it says about it.
    pub params: Value,
}

/// The connection to one Chromium.
#[derive(Debug)]
pub struct Connection {
    child: Mutex<Child>,
    commands: Mutex<ChildStdin>,
    last_id: AtomicU64,
    heard: Arc<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    answers: BTreeMap<u64, Value>,
    events: BTreeMap<String, VecDeque<Event>>,
    closed: bool,
}

impl Connection {
    /// Starts `browser` with an empty profile in `profile`.
    pub fn launch(browser: &Path, profile: &Path) -> Result<Connection> {
        let redirect = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut child = Command::new("sh")
            .args(["-c", redirect])
            .arg(browser)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", browser.display()))?;
        let commands = child.stdin.take().context("the browser has no pipe")?;
        let answers = child.stdout.take().context("the browser has no pipe")?;
        let heard = Arc::new(Heard::default());
        let reader = Arc::clone(&heard);
        thread::Builder::new().name("browser".to_owned()).spawn(move || listen(answers, &reader))?;
        Ok(Connection { child: Mutex::new(child), commands: Mutex::new(commands), last_id: AtomicU64::new(0), heard })
    }

    /// Sends a command, to the browser or to a page's session, and waits for the answer.
    pub fn call(&self, session: Option<&str>, method: &str, params: &Value) -> Result<Value> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let (Some(session), Some(message)) = (session, message.as_object_mut()) {
            message.insert("sessionId".to_owned(), session.into());
        }
        let mut text = message.to_string().into_bytes();
        text.push(0);
        locked(&self.commands).write_all(&text).with_context(|| format!("{method}: the browser has ended"))?;
        let answer = self.wait(PATIENCE, |state| state.answers.remove(&id));
        let mut answer = answer.with_context(|| format!("{method}: no answer from the browser"))?;
        if let Some(error) = answer.get("error") {
            bail!("{method}: {error}");
        }
        Ok(answer.get_mut("result").map(Value::take).unwrap_or_default())
    }

    /// The next event of a session for which `wanted` gives something; earlier ones stay.
    pub fn wait_for_event<T>(
        &self,
        session: &str,
        patience: Duration,
        mut wanted: impl FnMut(&Event) -> Option<T>,
    ) -> Result<T> {
        self.wait(patience, |state| state.events.get(session)?.iter().find_map(&mut wanted))
    }

    /// Takes all events of a session.
    pub fn take_events(&self, session: &str) -> Vec<Event> {
        let events = locked(&self.heard.state).events.remove(session);
        events.unwrap_or_default().into()
    }

    fn wait<T>(&self, patience: Duration, mut wanted: impl FnMut(&mut State) -> Option<T>) -> Result<T> {
        let until = Instant::now() + patience;
        let mut state = locked(&self.heard.state);
        loop {
            if let Some(found) = wanted(&mut state) {
                return Ok(found);
            }
            if state.closed {
                bail!("the browser has ended");
            }
            let left = until
                .checked_duration_since(Instant::now())
                .ok_or_else(|| anyhow!("nothing for {} s", patience.as_secs()))?;
            let woken = self.heard.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut child = locked(&self.child);
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Sorts what the browser says into answers and events, until it ends.
fn listen(from: ChildStdout, heard: &Heard) {
    let mut from = BufReader::new(from);
    let mut text = Vec::new();
    while from.read_until(0, &mut text).is_ok_and(|length| length > 0) {
        text.pop();
        if let Ok(message) = serde_json::from_slice::<Value>(&text) {
            hear(&mut locked(&heard.state), message);
            heard.changed.notify_all();
        }
        text.clear();
    }
    locked(&heard.state).closed = true;
    heard.changed.notify_all();
}

fn hear(state: &mut State, mut message: Value) {
    if let Some(id) = message.get("id").and_then(Value::as_u64) {
        state.answers.insert(id, message);
        return;
    }
    let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(session), Some(method)) = (text("sessionId"), text("method")) else {
        return;
    };
    let params = message.get_mut("params").map(Value::take).unwrap_or_default();
    let events = state.events.entry(session).or_default();
    if events.len() == EVENTS_MAX {
        events.pop_front();
    }
    events.push_back(Event { method, params });
}

/// The value, whatever happened to another thread that held it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
