//! The real page in a real browser, driven over the `DevTools` protocol.
//!
//! One Chromium serves all tests of a process. It ends by itself when the process does, because its pipes close then.

mod connection;
mod firefox;
mod keys;
mod page;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use xtask::project::Project;
use xtask::server::Background;
use xtask::tools;

use connection::Connection;
pub use firefox::Firefox;
pub use page::{LAYOUT_SCRIPT, Page, Theme, View};
pub use walk::{Lang, Walk, arrive, spread, whole_matrix};

/// The site, served as any static host does, and a browser to look at it.
#[derive(Debug)]
pub struct Site {
    project: Project,
    dist: PathBuf,
    server: Background,
    connection: Connection,
    axe: Option<String>,
}

impl Site {
    /// The site in `dist/` (or in the folder that `HIGHWATER_DIST` names), the same for all tests of this process.
    ///
    /// # Errors
    /// When there is no built site or no browser.
    pub fn shared() -> Result<&'static Site> {
        static SHARED: OnceLock<Result<Site, String>> = OnceLock::new();
        let site = SHARED.get_or_init(|| Site::open().map_err(|error| format!("{error:#}")));
        site.as_ref().map_err(|error| anyhow!("{error}"))
    }

    fn open() -> Result<Site> {
        let project = Project::find()?;
        let dist = std::env::var_os("HIGHWATER_DIST").map_or_else(|| project.dist(), PathBuf::from);
        if !dist.join("index.html").is_file() {
            anyhow::bail!("there is no site in {}: `cargo xtask build` makes it", dist.display());
        }
        // A browser of an earlier run may still be on its way out and write into its own profile.
        let profiles = project.target.join("browser-profiles");
        let profile = profiles.join(std::process::id().to_string());
        fs::remove_dir_all(&profiles).ok();
        if profile.exists() {
            fs::remove_dir_all(&profile).with_context(|| format!("cannot empty {}", profile.display()))?;
        }
        Ok(Site {
            server: Background::start(&dist)?,
            connection: Connection::launch(&tools::browser()?, &profile)?,
            axe: tools::axe_core(&project)?.map(|path| read(&path)).transpose()?,
            project,
            dist,
        })
    }

    /// The address of `path` on the site, such as `#/key-hash?step=3`.
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// A new page with a storage of its own.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn page(&self, view: View) -> Result<Page<'_>> {
        Page::open(self, view)
    }

    /// The folder of the built site.
    pub fn folder(&self) -> &std::path::Path {
        &self.dist
    }

    /// The ids of the course's scenarios, in its order.
    ///
    /// # Errors
    /// When the course list is missing or has another form.
    pub fn scenarios(&self) -> Result<Vec<String>> {
        let path = self.dist.join("scenarios/index.en.json");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let course: Value = serde_json::from_str(&text)?;
        let families = course.get("families").and_then(Value::as_array).context("a course has families")?;
        let scenarios = families.iter().filter_map(|family| family.get("scenarios")?.as_array()).flatten();
        let ids = scenarios.filter_map(|scenario| Some(scenario.get("id")?.as_str()?.to_owned()));
        Ok(ids.collect())
    }

    /// Where a picture of this name goes.
    pub(crate) fn screenshot_path(&self, name: &str) -> PathBuf {
        self.project.screenshots().join(format!("{name}.png"))
    }

    /// axe-core's script; none where there is no npm to bring it.
    pub(crate) fn axe(&self) -> Option<&str> {
        self.axe.as_deref()
    }

    pub(crate) fn call(&self, session: Option<&str>, method: &str, params: &Value) -> Result<Value> {
        self.connection.call(session, method, params)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The browser's name and version.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn browser_version(&self) -> Result<String> {
        let version = self.call(None, "Browser.getVersion", &json!({}))?;
        let product = version.get("product").and_then(Value::as_str);
        Ok(product.unwrap_or_default().to_owned())
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
