// Loads the simulation and its words, says how far the loading is, and starts it. The app removes the shell when its first
// picture stands.
import * as engine from "./highwater.js";

/** What stands in the page until the program draws. */
const shell = () => document.getElementById("shell");
/** This begins before the page has been read to its end. */
const parsed = new Promise((done) => {
  if (document.readyState === "loading") {
    addEventListener("DOMContentLoaded", done);
  } else {
    done();
  }
});

/** The same response; `seen` is called with the bytes read so far. */
function counted(response, seen) {
  let bytes = 0;
  const count = new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      seen(bytes);
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(count), { headers: response.headers });
}

let shown = performance.now();

/** Moves the progress line, where there is time to see it. The whole is known only where the host does not compress. */
function show(bytes, whole) {
  if (!shell() || performance.now() - shown < 50) {
    return; // the page is not read that far yet, or the line has just moved
  }
  shown = performance.now();
  for (const place of shell().querySelectorAll("[data-loaded]")) {
    place.textContent = `${Math.round(bytes / 1000)} KB`;
  }
  const line = shell().querySelector("progress");
  line.hidden = !whole;
  if (whole) {
    line.max = whole;
    line.value = bytes;
  }
}

async function fail(error) {
  await parsed;
  shell().classList.add("is-failed");
  shell().querySelector("[data-reason]").textContent = String(error);
  for (const button of shell().querySelectorAll("[data-again]")) {
    button.addEventListener("click", () => location.reload());
  }
}

async function load(name) {
  const file = await fetch(new URL(name, import.meta.url));
  if (!file.ok) {
    throw new Error(`${name}: ${file.status} ${file.statusText}`);
  }
  return file;
}

async function text(name) {
  return (await load(`scenarios/${name}`)).text();
}

/** The scenario that the address asks for. What is no scenario has a file only later, or none. */
const asked = /^#\/(?!files|terms)([\w-]{1,64})(?=\?|$)/.exec(location.hash)?.[1];

async function start() {
  const lang = document.documentElement.lang;
  const words = text(`words.${lang}.txt`);
  words.catch(() => {}); // told when it is waited for
  const scenario = asked && text(`${asked}.json`).catch(() => {}); // asked for again, and told then
  const wasm = await load("highwater_bg.wasm");
  const whole = wasm.headers.has("content-encoding") ? 0 : Number(wasm.headers.get("content-length"));
  await engine.default({ module_or_path: counted(wasm, (bytes) => show(bytes, whole)) });
  if (history.state === WHOLE || document.getElementById("files")) {
    await load_program();
  }
  await parsed;
  engine.start(lang, await words, load_more, asked, await scenario);
}

/** In the history: this page begins with the whole program. So does the one that is a file. */
const WHOLE = "whole";

let more;
let codecs;

/** A program that was not cut in two is whole. */
function has_program() {
  return !engine.load_more || engine.is_whole();
}

async function load_program() {
  if (!has_program()) {
    await engine.load_more(await load("more.wasm"));
  }
}

/** Loads a style sheet that the first picture does not need. */
function dressed(name) {
  if (document.querySelector(`[data-name="${name}"]`)) {
    return; // it lies in the page already
  }
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.dataset.name = name;
  link.href = new URL(name, import.meta.url);
  document.head.append(link);
  return new Promise((done) => (link.onload = link.onerror = done));
}

/** Loads what the scenarios after the first need, once: their words, and their part of a program that was cut in two. */
function load_more(with_codecs) {
  if (!more) {
    const words = Promise.all([text("words.more.txt"), load_program()]).then(([words]) => engine.keep_words(words)); // read by that part
    const sheets = ["compare", "inspector", "own", "print", "sequence", "why"].map((name) => dressed(`styles/${name}.css`));
    more = Promise.all([words, ...sheets]);
    more.then(() => (document.documentElement.dataset.more = ""), () => {});
    more.catch(() => (more = undefined)); // so that it can be tried again
  }
  return with_codecs ? Promise.all([more, load_codecs()]) : more;
}

/** Loads what reads compressed records. Without it they are shown as compressed. */
function load_codecs() {
  codecs ??= import("./codecs.js")
    .then((module) => module.default({ module_or_path: load("codecs_bg.wasm") }).then(() => engine.keep_codecs(module.decompress)))
    .catch((error) => {
      codecs = undefined;
      console.warn(String(error));
    });
  return codecs;
}

for (const wish of ["(forced-colors: active)", "(prefers-contrast: more)"]) {
  const system = matchMedia(wish);
  const dress = () => system.matches && dressed("styles/contrast.css");
  system.addEventListener("change", dress);
  dress();
}

// All steps are printed by the second part of the program.
addEventListener("keydown", (event) => {
  if (!more && self === top && (event.ctrlKey || event.metaKey) && event.key === "p" && document.querySelector("[data-player]")) {
    event.preventDefault();
    load_more().finally(() => print());
  }
});

const CRASHED = {
  en: ["Something broke in here", "It is our mistake. Your answers are kept, and the address knows your step.", "Go on"],
  zh: ["这里出错了", "是我们的问题。你的回答已保存，地址里记着当前步骤。", "继续"],
};

/** Says that the program has stopped for good, and loads it again where the reader was. */
function crashed(error) {
  if (document.querySelector("[data-crash]")) {
    return;
  }
  const note = document.createElement("main");
  note.className = "frame is-notice";
  note.innerHTML =
    '<section class="notice is-bad" role="alert" data-crash><h1></h1><p></p><div class="acts"><button class="btn btn-primary"></button></div></section>';
  const words = CRASHED[document.documentElement.lang] ?? CRASHED.en;
  note.querySelectorAll("h1, p, button").forEach((place, index) => (place.textContent = words[index]));
  note.querySelector("button").addEventListener("click", () => location.reload());
  document.getElementById("app").replaceWith(note);
  document.dispatchEvent(new CustomEvent("highwater-error", { detail: { message: String(error) } }));
}

/** A first part that stops has perhaps called what is in the second and did not come: the page begins again at its step, with
 * both. */
function stopped(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) {
    return false;
  }
  if (has_program()) {
    crashed(error);
  } else {
    history.replaceState(WHOLE, "");
    location.reload();
  }
  return true;
}

addEventListener("error", ({ error }) => stopped(error));
addEventListener("unhandledrejection", ({ reason }) => stopped(reason));

/** Kept when the program runs; never where there is no WebAssembly. */
export const started = typeof WebAssembly === "object" ? start() : new Promise(() => {});
started.catch((error) => {
  if (!(error instanceof WebAssembly.RuntimeError)) {
    fail(error);
  }
  throw error; // and into the console, with its trace
});
