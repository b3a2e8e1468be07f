//! The static server: what any host does, and no more. `serve` adds live reload; the browser tests use it as it is.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path as UrlPath, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::draft::Packed;

/// The strictest policy under which the page works. `index.html` carries it too, but for `frame-ancestors`, which only a
/// header can say.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors *";

const RELOAD_SCRIPT: &str = include_str!("live-reload.js");

/// What the page in a browser is to know about the last build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// Grows with every build that worked.
    pub version: u64,
    /// Why the last build failed, if it did.
    pub error: Option<String>,
    /// The scenario that is being written, as it last could be packed.
    pub draft: Option<Packed>,
    /// What is wrong with it now.
    pub draft_error: Option<String>,
}

impl Built {
    /// A build that can be changed, and where its changes are heard.
    pub fn channel() -> (watch::Sender<Built>, watch::Receiver<Built>) {
        watch::channel(Built::default())
    }
}

/// Serves the files in `dist`.
pub fn files(dist: &Path) -> Router {
    let header = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    Router::new()
        .fallback_service(ServeDir::new(dist))
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::CACHE_CONTROL, "no-cache"))
        // Other sites embed the player; frames in a sandbox are of no origin at all.
        .layer(header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
}

/// Serves the files in `dist`; the page loads again after each build and shows the error of one that failed.
pub fn files_with_reload(dist: &Path, built: watch::Receiver<Built>) -> Router {
    let page = {
        let (index, built) = (dist.join("index.html"), built.clone());
        move || page_with_reload(index.clone(), built.borrow().clone())
    };
    let script = get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], RELOAD_SCRIPT) });
    let draft = {
        let (dist, built) = (dist.to_path_buf(), built.clone());
        get(move |name: UrlPath<String>, request: Request| {
            let packed = built.borrow().draft.clone();
            scenario(dist, name.0, packed, request)
        })
    };
    let events = get(move || {
        let states = WatchStream::new(built.clone()).map(|built| {
            let draft = built.draft.map(|draft| draft.id);
            let error = built.error.or(built.draft_error);
            let state = serde_json::json!({ "version": built.version, "error": error, "draft": draft });
            Ok::<_, Infallible>(Event::default().data(state.to_string()))
        });
        async { Sse::new(states) }
    });
    let reload = Router::new()
        .route("/", get(page.clone()))
        .route("/index.html", get(page))
        .route("/live-reload.js", script)
        .route("/scenarios/{name}", draft)
        .route("/live-reload", events);
    reload.merge(files(dist)).layer(SetResponseHeaderLayer::overriding(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ))
}

async fn page_with_reload(index: PathBuf, built: Built) -> impl IntoResponse {
    let page = tokio::fs::read_to_string(&index).await;
    let page = page.unwrap_or_else(|_| "<!doctype html><head><title>Highwater</title></head>".to_owned());
    Html(with_reload(&page, built.version, built.draft.as_ref().map(|draft| draft.id.as_str())))
}

/// The scenario that is being written, if that is the one of this name; else what is in the site.
async fn scenario(dist: PathBuf, name: String, draft: Option<Packed>, request: Request) -> Response {
    if let Some(draft) = draft.filter(|draft| name.strip_suffix(".json") == Some(&*draft.id)) {
        return ([(header::CONTENT_TYPE, "application/json")], draft.json).into_response();
    }
    match ServeDir::new(dist).try_call(request).await {
        Ok(response) => response.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The page with the reload script in its head. The script's address says which build the page is of, and which scenario
/// is being written.
fn with_reload(page: &str, version: u64, draft: Option<&str>) -> String {
    let draft = draft.map(|id| format!("&amp;{id}")).unwrap_or_default();
    let script = format!("<script src=\"live-reload.js?{version}{draft}\" defer></script>\n</head>");
    page.replacen("</head>", &script, 1)
}

/// Listens on 127.0.0.1.
///
/// # Errors
/// When the port is taken.
pub async fn listen(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address}; --port chooses another port"))
}

/// A server in a thread of its own; it ends when this is dropped.
#[derive(Debug)]
pub struct Background {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Background {
    /// Serves the files in `dist` on any free port.
    ///
    /// # Errors
    /// When no thread or port can be had.
    pub fn start(dist: &Path) -> Result<Background> {
        Background::serve(files(dist))
    }

    /// Serves the files of a folder on a port of its own, as they are: another site.
    ///
    /// # Errors
    /// As [`Background::start`].
    pub fn plain(folder: &Path) -> Result<Background> {
        Background::serve(Router::new().fallback_service(ServeDir::new(folder)))
    }

    /// Serves the files in `dist` with live reload.
    ///
    /// # Errors
    /// As [`Background::start`].
    pub fn with_reload(dist: &Path, built: watch::Receiver<Built>) -> Result<Background> {
        Background::serve(files_with_reload(dist, built))
    }

    fn serve(files: Router) -> Result<Background> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(listen(0))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("static server".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = async { axum::serve(listener, files).await } => served,
                    _ = stopped => Ok(()),
                }
            })
        })?;
        Ok(Background { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The address of `path` (without a slash at its start).
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself; then nobody listens.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn response(server: &Background, path: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    #[test]
    fn files_come_with_the_policy_and_their_type() {
        let folder = std::env::temp_dir().join(format!("highwater-server-{}", std::process::id()));
        crate::site::write_changed(&folder.join("page.js"), b"1").unwrap();
        let server = Background::start(&folder).unwrap();
        let script = response(&server, "/page.js");
        assert!(script.starts_with("HTTP/1.1 200"), "{script}");
        assert!(script.contains("content-type: text/javascript"), "{script}");
        let policy = format!("content-security-policy: {CONTENT_SECURITY_POLICY}");
        assert!(script.contains(&policy), "{script}");
        assert!(response(&server, "/nothing.js").starts_with("HTTP/1.1 404"));
        drop(server);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_page_hears_of_every_build() {
        let (built, state) = Built::channel();
        let server = Background::serve(files_with_reload(Path::new("no/such/folder"), state)).unwrap();
        let page = response(&server, "/");
        assert!(page.contains("<script src=\"live-reload.js?0\" defer></script>"), "{page}");
        let mut stream = TcpStream::connect(server.address).unwrap();
        write!(stream, "GET /live-reload HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut heard = String::new();
        let mut wait_for = |words: &str| {
            while !heard.contains(words) {
                let mut buffer = [0; 1024];
                let length = stream.read(&mut buffer).unwrap();
                assert!(length > 0, "the server hung up before {words}: {heard}");
                heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        };
        wait_for("\"version\":0");
        built.send_modify(|built| built.version = 1);
        wait_for("\"version\":1");
        built.send_modify(|built| built.error = Some("no such thing".to_owned()));
        wait_for("\"error\":\"no such thing\"");
    }

    #[test]
    fn the_reload_script_stands_in_the_head() {
        let page = with_reload("<head><title>t</title></head><body></body>", 3, None);
        assert_eq!(
            page,
            "<head><title>t</title><script src=\"live-reload.js?3\" defer></script>\n</head><body></body>"
        );
        assert!(with_reload("</head>", 4, Some("my-draft")).contains("live-reload.js?4&amp;my-draft\""));
    }

    #[test]
    fn a_draft_stands_in_the_place_of_the_scenario_of_its_name() {
        let folder = std::env::temp_dir().join(format!("highwater-drafts-{}", std::process::id()));
        for name in ["mine.json", "other.json"] {
            crate::site::write_changed(&folder.join("scenarios").join(name), b"of the site").unwrap();
        }
        let draft = Packed { id: "mine".to_owned(), json: "of the author".to_owned() };
        let (_built, state) = watch::channel(Built { draft: Some(draft), ..Built::default() });
        let server = Background::with_reload(&folder, state).unwrap();
        assert!(response(&server, "/scenarios/mine.json").ends_with("of the author"));
        assert!(response(&server, "/scenarios/other.json").ends_with("of the site"));
        assert!(response(&server, "/scenarios/none.json").starts_with("HTTP/1.1 404"));
        drop(server);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
