//! Files that a reader drops on the page or picks: found in folders, read slice by slice.

use std::rc::Rc;

use highwater_player::own_files::{Offered, OwnFiles, Reading};
use highwater_player::phrase::Phrase;
use highwater_player::script::MAX_PACKED_BYTES;
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry, FileSystemFileEntry};

use super::{said, window};

/// Folders in folders are gone into so deep.
const DEPTH_MAX: u32 = 3;
/// So many files are collected at most; the reading says what is too many.
const FOUND_MAX: usize = 5_000;

/// What happens while files are read.
#[derive(Clone, Debug)]
pub enum Happening {
    /// How far it is, in thousandths.
    Progress(u32),
    /// It is a packed scenario: its name and its text.
    Scenario(String, String),
    /// They are here, or cannot be.
    Done(Result<Rc<OwnFiles>, Phrase>),
}

thread_local! {
    /// Decompresses records.
    static DECOMPRESS: std::cell::OnceCell<js_sys::Function> = const { std::cell::OnceCell::new() };
}

/// Keeps the function that decompresses records.
pub fn keep_codecs(decompress: js_sys::Function) {
    DECOMPRESS.with(|kept| drop(kept.set(decompress)));
    highwater_player::own_files::give_codecs(|codec, bytes| {
        let Some(decompress) = DECOMPRESS.with(|kept| kept.get().cloned()) else { return Err(String::new()) };
        let plain = decompress.call2(&JsValue::NULL, &codec.into(), &Uint8Array::from(bytes));
        plain.map(|plain| Uint8Array::new(&plain).to_vec()).map_err(|error| said(&error))
    });
}

/// Reads files, or what entries lead to, and tells how it goes.
pub fn read(things: Array, tell: impl Fn(Happening) + 'static) {
    spawn_local(async move {
        match scenario(&things).await {
            None => {}
            Some(Ok((name, text))) => return tell(Happening::Scenario(name, text)),
            Some(Err(too_large)) => return tell(Happening::Done(Err(too_large))),
        }
        let done = all(things, &tell).await;
        tell(Happening::Done(done));
    });
}

/// Name and text of a packed scenario, if that is the one thing here; nothing of one that is too large is read.
async fn scenario(things: &Array) -> Option<Result<(String, String), Phrase>> {
    let file = if things.length() == 1 { file_of(things.get(0)).await? } else { return None };
    let name = file.name();
    if kind_of(&name) != "json" {
        return None;
    }
    if file.size() > MAX_PACKED_BYTES as f64 {
        let bytes = Phrase::new("errors.scenario_too_large").with("bytes", file.size() as i64);
        return Some(Err(bytes.with("most", i64::try_from(MAX_PACKED_BYTES).unwrap_or(i64::MAX))));
    }
    let text = JsFuture::from(file.text()).await.ok()?;
    Some(Ok((name, text.as_string()?)))
}

/// The end of a name, in small letters.
fn kind_of(name: &str) -> String {
    name.rsplit_once('.').map(|(_, kind)| kind.to_ascii_lowercase()).unwrap_or_default()
}

async fn all(things: Array, tell: &impl Fn(Happening)) -> Result<Rc<OwnFiles>, Phrase> {
    let mut files = Vec::new();
    for thing in things.iter() {
        if let Some(file) = thing.dyn_ref::<File>() {
            files.push((path_of(file), file.clone()));
        } else if let Ok(entry) = thing.dyn_into::<FileSystemEntry>() {
            walk(entry, &mut files).await;
        }
    }
    let offered: Vec<Offered> =
        files.iter().map(|(path, file)| Offered { path: path.clone(), size: file.size().max(0.0) as u64 }).collect();
    if let [one] = offered.as_slice()
        && kind_of(&one.path) == "toml"
    {
        return Err(Phrase::new("interface.own.pack_first").with("file", one.path.trim_start_matches('/')));
    }
    let mut reading = Reading::begin(&offered)?;
    while let Some(wanted) = reading.wanted() {
        let Some((path, file)) = files.get(wanted.file) else { break };
        let slice = file.slice_with_f64_and_f64(wanted.from as f64, wanted.to as f64);
        let bytes = match slice {
            Ok(slice) => JsFuture::from(slice.array_buffer()).await,
            Err(error) => Err(error),
        };
        let unreadable = |error: &JsValue| {
            Phrase::new("interface.own.unreadable").with("file", path.as_str()).with("said", said(error))
        };
        reading.take(&Uint8Array::new(&bytes.map_err(|error| unreadable(&error))?).to_vec());
        tell(Happening::Progress(reading.thousandths()));
    }
    while reading.check() {
        tell(Happening::Progress(reading.thousandths()));
        breath().await;
    }
    Ok(Rc::new(reading.finish()))
}

/// The file that a thing is or leads to.
async fn file_of(thing: JsValue) -> Option<File> {
    if let Some(entry) = thing.dyn_ref::<FileSystemFileEntry>() {
        let promise = Promise::new(&mut |resolve, reject| entry.file_with_callback_and_callback(&resolve, &reject));
        return JsFuture::from(promise).await.ok()?.dyn_into().ok();
    }
    thing.dyn_into().ok()
}

/// The path that a picked folder gives its files; else the name.
fn path_of(file: &File) -> String {
    let path = js_sys::Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}

/// The files of an entry and, if it is a folder, of what is in it.
async fn walk(entry: FileSystemEntry, files: &mut Vec<(String, File)>) {
    let mut open = vec![(entry, 0)];
    while let Some((entry, depth)) = open.pop() {
        if files.len() >= FOUND_MAX {
            return;
        }
        if entry.is_file() {
            if let Some(found) = file_of(entry.clone().into()).await {
                files.push((entry.full_path(), found));
            }
        } else if let Some(folder) = entry.dyn_ref::<FileSystemDirectoryEntry>()
            && depth < DEPTH_MAX
        {
            let reader = folder.create_reader();
            loop {
                let entries = entries_of(&reader).await;
                if entries.length() == 0 {
                    break;
                }
                let entries = entries.iter().filter_map(|entry| entry.dyn_into::<FileSystemEntry>().ok());
                open.extend(entries.map(|entry| (entry, depth + 1)));
            }
        }
    }
}

/// The next entries of a folder; none at its end.
async fn entries_of(reader: &FileSystemDirectoryReader) -> Array {
    let promise = Promise::new(&mut |resolve, reject| {
        if reader.read_entries_with_callback_and_callback(&resolve, &reject).is_err() {
            let _ = reject.call0(&JsValue::NULL);
        }
    });
    JsFuture::from(promise).await.ok().and_then(|entries| entries.dyn_into().ok()).unwrap_or_default()
}

/// Lets the page do what is due.
async fn breath() {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            let _ = window.set_timeout_with_callback(&resolve);
        }
    });
    let _ = JsFuture::from(promise).await;
}
