// The page in a frame: speaks with the page around it, and has a title of its own in the place of the bar.
import { started } from "./page.js";

const WORDS = {
  en: { list: "What happened", text: "In words", stage: "The picture", open: "Open in Highwater" },
  zh: { list: "发生了什么", text: "用文字描述", stage: "图示", open: "在 Highwater 中打开" },
};
const ICONS = {
  list: "M3 4h1M7 4h8M3 9h1M7 9h8M3 14h1M7 14h8",
  text: "M3 5h12M3 9h12M3 13h7",
  stage: "M2 9s2.5-5 7-5 7 5 7 5-2.5 5-7 5-7-5-7-5zM9 7.2a1.8 1.8 0 1 0 .01 0z",
  open: "M8 4H4v10h10v-4M10 3h5v5M15 3L8.5 9.5",
};

const root = document.documentElement;
const parameter = (name) => new URLSearchParams(location.hash.split("?")[1] ?? "").get(name);
const player = () => document.querySelector("[data-player]");

/** Tells the page around. Nothing secret is in it, and who that is cannot be known in a sandbox. */
function tell(type, fields) {
  parent.postMessage({ ...fields, type: `highwater:${type}` }, "*");
}

function dress() {
  const controls = parameter("controls");
  if (controls) {
    root.dataset.controls = ["min", "none"].includes(controls) ? controls : "full";
  }
}

// The player's own events.
for (const name of ["ready", "step", "answer", "end", "error"]) {
  document.addEventListener(`highwater-${name}`, (event) => {
    tell(name, event.detail ?? {});
    title();
  });
}

/** Hands a wish to the program. */
function ask(detail) {
  document.dispatchEvent(new CustomEvent("highwater-asked", { detail }));
}

// What the page around asks. Others are not heard.
const COMMANDS = ["next", "back", "play", "pause", "seek", "open"];
addEventListener("message", (event) => {
  const said = event.data;
  if (event.source !== parent || said?.type !== "highwater:command" || !COMMANDS.includes(said.command)) {
    return;
  }
  const press = (name) => document.querySelector(`.transport [data-action=${name}]`)?.click();
  const playing = player()?.dataset.playing === "true";
  switch (said.command) {
    case "open":
      ask({ name: String(said.name), text: String(said.text) });
      break;
    case "seek":
      if (Number.isInteger(said.step) && player()) {
        const steps = Number(player().dataset.steps);
        ask({ step: Math.min(Math.max(said.step, 1), steps) });
      }
      break;
    case "play":
    case "pause":
      if (playing !== (said.command === "play")) {
        press("play");
      }
      break;
    default:
      press(said.command);
  }
});

// How high the content is, and whether it plays, as they change.
let height = 0;
let playing = "";
function look() {
  const now = Math.ceil(document.body.getBoundingClientRect().height);
  if (now !== height) {
    height = now;
    tell("resize", { height });
  }
  const plays = player()?.dataset.playing ?? "false";
  if (plays !== playing) {
    playing = plays;
    tell("playing", { playing: plays === "true" });
  }
}
new ResizeObserver(look).observe(document.body);
new MutationObserver(look).observe(document.getElementById("app"), { attributeFilter: ["data-playing"], subtree: true });

/** The row on top: the title, two other views, and the way to the whole page. */
function title() {
  const words = WORDS[root.lang.startsWith("zh") ? "zh" : "en"];
  const bar = document.getElementById("embed-top");
  bar.querySelector("b").textContent = document.title.replace(/ · Highwater$/, "");
  const link = new URL("index.html", location.href);
  link.hash = location.hash;
  for (const [name, path] of Object.entries(ICONS)) {
    const button = bar.querySelector(`[data-embed=${name}]`);
    button.setAttribute("aria-label", words[name]);
    button.title = words[name];
    if (!button.firstChild) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 18 18");
      svg.setAttribute("aria-hidden", "true");
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      line.setAttribute("class", "ico");
      line.setAttribute("d", path);
      svg.append(line);
      button.append(svg);
    }
    if (name === "open") {
      button.href = link.href;
    }
  }
}
for (const [name, view] of [["list", "facts"], ["text", "text"], ["stage", "stage"]]) {
  document.querySelector(`[data-embed=${name}]`).addEventListener("click", () => {
    document.querySelector(`[data-action=view-${view}]`)?.click();
  });
}
addEventListener("hashchange", dress);
dress();
title();
started.then(() => setTimeout(() => tell("loaded", {})), (error) => tell("error", { message: String(error) }));
