//! A Firefox of our own, spoken to as `WebDriver BiDi` says: JSON texts over a WebSocket that Firefox itself opens.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use xtask::project::Project;
use xtask::tools;

/// How long Firefox may take to start, to answer, or to do what a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
const GLANCE: Duration = Duration::from_millis(30);

/// What a new profile would otherwise do: ask, update, tell.
const SETTINGS: &str = "user_pref(\"app.update.enabled\", false);
user_pref(\"browser.shell.checkDefaultBrowser\", false);
user_pref(\"browser.startup.homepage_override.mstone\", \"ignore\");
user_pref(\"browser.startup.page\", 0);
user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);
user_pref(\"toolkit.telemetry.enabled\", false);
user_pref(\"network.captive-portal-service.enabled\", false);
user_pref(\"network.connectivity-service.enabled\", false);
user_pref(\"services.settings.server\", \"data:,\");
user_pref(\"ui.prefersReducedMotion\", 1);
";

/// One tab of a Firefox; it ends when this is dropped.
#[derive(Debug)]
pub struct Firefox {
    child: Child,
    socket: Socket,
    profile: PathBuf,
    screenshots: PathBuf,
    context: String,
    last_id: u64,
    heard: VecDeque<Value>,
}

impl Firefox {
    /// Starts Firefox; none if there is none to be had here, which `xtask` has told (and `CI=true` does not allow).
    ///
    /// # Errors
    /// When it does not start or does not speak.
    pub fn launch() -> Result<Option<Firefox>> {
        let Some(program) = tools::firefox()? else { return Ok(None) };
        let project = Project::find()?;
        let profile = project.target.join("firefox-profiles").join(format!(
            "{}-{:?}",
            std::process::id(),
            thread::current().id()
        ));
        fs::create_dir_all(&profile)?;
        fs::write(profile.join("user.js"), SETTINGS)?;
        let mut child = Command::new(&program)
            .args(["--headless", "--no-remote", "--new-instance", "--remote-debugging-port", "0", "--profile"])
            .arg(&profile)
            .env("MOZ_HEADLESS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut said = BufReader::new(child.stderr.take().context("Firefox has no pipe")?);
        let address = listening(&mut said)?;
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let mut firefox = Firefox {
            socket: Socket::connect(&address)?,
            child,
            profile,
            screenshots: project.screenshots(),
            context: String::new(),
            last_id: 0,
            heard: VecDeque::new(),
        };
        firefox.call("session.new", &json!({ "capabilities": {} }))?;
        firefox.call("session.subscribe", &json!({ "events": ["log.entryAdded"] }))?;
        let tab = firefox.call("browsingContext.create", &json!({ "type": "tab" }))?;
        tab.get("context").and_then(Value::as_str).context("a tab has an id")?.clone_into(&mut firefox.context);
        Ok(Some(firefox))
    }

    /// Makes the window as large as this, in CSS px.
    ///
    /// # Errors
    /// When Firefox does not answer.
    pub fn resize(&mut self, width: u32, height: u32) -> Result<()> {
        let size = json!({ "context": self.context, "viewport": { "width": width, "height": height } });
        self.call("browsingContext.setViewport", &size).map(drop)
    }

    /// Goes to an address and waits until it has loaded.
    ///
    /// # Errors
    /// When it does not load.
    pub fn visit(&mut self, url: &str) -> Result<()> {
        self.call("browsingContext.navigate", &json!({ "context": self.context, "url": url, "wait": "complete" }))
            .map(drop)
    }

    /// The value of a JavaScript expression; a promise is waited for.
    ///
    /// # Errors
    /// When the expression throws.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value> {
        // JSON there and back: the protocol has forms of its own for objects and lists.
        let expression = format!("Promise.resolve(({expression})).then((value) => JSON.stringify(value ?? null))");
        let params = json!({ "expression": expression, "target": { "context": self.context }, "awaitPromise": true });
        let answer = self.call("script.evaluate", &params)?;
        match answer.pointer("/result/value").and_then(Value::as_str) {
            Some(text) => Ok(serde_json::from_str(text)?),
            None => bail!("{expression} threw {answer}"),
        }
    }

    /// Waits until a JavaScript expression is true.
    ///
    /// # Errors
    /// When it is not true in time.
    pub fn wait_until(&mut self, expression: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while self.evaluate(expression)? != Value::Bool(true) {
            if Instant::now() > until {
                bail!("waited {} s for {expression}; problems: {:?}", PATIENCE.as_secs(), self.problems());
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Presses and releases a key, by the name that `WebDriver` gives it: a letter, or a code point of its own.
    ///
    /// # Errors
    /// When Firefox does not answer.
    pub fn press(&mut self, key: &str) -> Result<()> {
        let value = match key {
            "ArrowLeft" => "\u{e012}",
            "ArrowRight" => "\u{e014}",
            other => other,
        };
        let keys = json!([{ "type": "keyDown", "value": value }, { "type": "keyUp", "value": value }]);
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": keys }]);
        self.call("input.performActions", &json!({ "context": self.context, "actions": actions })).map(drop)
    }

    /// Takes a picture of what is seen into `target/screenshots/<name>.png`.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub fn screenshot(&mut self, name: &str) -> Result<()> {
        let answer = self.call("browsingContext.captureScreenshot", &json!({ "context": self.context }))?;
        let data = answer.get("data").and_then(Value::as_str).context("a picture has data")?;
        let path = self.screenshots.join(format!("{name}.png"));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, BASE64_STANDARD.decode(data)?).context("a picture cannot be written")
    }

    /// The errors in the console so far.
    pub fn problems(&self) -> Vec<String> {
        let errors =
            self.heard.iter().filter(|event| event.pointer("/params/level").is_some_and(|level| level == "error"));
        let text = |event: &Value| event.pointer("/params/text").and_then(Value::as_str).unwrap_or_default().to_owned();
        errors.map(text).collect()
    }

    fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        self.socket.send(&json!({ "id": id, "method": method, "params": params }).to_string())?;
        loop {
            let text = self.socket.receive().with_context(|| format!("{method}: no answer from Firefox"))?;
            let mut message: Value = serde_json::from_str(&text)?;
            if message.get("id").and_then(Value::as_u64) != Some(id) {
                self.heard.push_back(message);
                continue;
            }
            if message.get("type").is_some_and(|kind| kind == "error") {
                bail!("{method}: {message}");
            }
            return Ok(message.get_mut("result").map(Value::take).unwrap_or_default());
        }
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// The host and port where Firefox says that it listens.
fn listening(said: &mut impl BufRead) -> Result<String> {
    let mut all = String::new();
    while said.read_line(&mut all)? > 0 {
        if let Some((_, address)) = all.lines().last().and_then(|line| line.split_once("listening on ws://")) {
            return Ok(address.trim().to_owned());
        }
    }
    bail!("Firefox ended without listening: {all}")
}

/// A WebSocket (RFC 6455) as a client has it: texts whole, control frames answered.
#[derive(Debug)]
struct Socket(BufReader<TcpStream>);

impl Socket {
    fn connect(address: &str) -> Result<Socket> {
        let mut stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET /session HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n",
            BASE64_STANDARD.encode(b"highwater tests!")
        )?;
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                bail!("no WebSocket there: {head}");
            }
        }
        if !head.starts_with("HTTP/1.1 101") {
            bail!("no WebSocket there: {head}");
        }
        Ok(Socket(reader))
    }

    fn send(&mut self, text: &str) -> Result<()> {
        self.frame(1, text.as_bytes())
    }

    /// One whole frame. A client masks what it sends; Firefox takes no mask of zeros.
    fn frame(&mut self, kind: u8, bytes: &[u8]) -> Result<()> {
        let mut frame = vec![0x80 | kind];
        match (u8::try_from(bytes.len()), u16::try_from(bytes.len())) {
            (Ok(length @ 0..126), _) => frame.push(0x80 | length),
            (_, Ok(length)) => {
                frame.push(0x80 | 0x7e);
                frame.extend(length.to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 0x7f);
                frame.extend((bytes.len() as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(bytes.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.0.get_mut().write_all(&frame)?;
        Ok(())
    }

    /// The next text.
    fn receive(&mut self) -> Result<String> {
        let mut whole = Vec::new();
        loop {
            let [head, length] = self.read()?;
            let length = match length & 0x7f {
                126 => u64::from(u16::from_be_bytes(self.read()?)),
                127 => u64::from_be_bytes(self.read()?),
                short => u64::from(short),
            };
            let mut bytes = vec![0; usize::try_from(length)?];
            self.0.read_exact(&mut bytes)?;
            match head & 0x0f {
                8 => bail!("Firefox has hung up"),
                9 => self.frame(10, &bytes)?,
                10 => {}
                _ => {
                    whole.extend(bytes);
                    if head & 0x80 != 0 {
                        return Ok(String::from_utf8(whole)?);
                    }
                }
            }
        }
    }

    fn read<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
