// Runs before the first paint, so that the page never shows in the wrong theme or language first.
// The link says it (#/id?lang=zh&theme=dark), else what was kept, else the browser.
"use strict";
{
  const kept = (name) => {
    try {
      return localStorage.getItem(`highwater.${name}`);
    } catch {
      return null; // a sandboxed frame has no storage
    }
  };
  const link = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const root = document.documentElement;

  const theme = link.get("theme") ?? kept("theme");
  if (theme === "light" || theme === "dark") {
    root.dataset.theme = theme;
  }
  const lang = link.get("lang") ?? kept("lang") ?? navigator.language;
  root.lang = /^zh\b/i.test(lang) ? "zh" : "en";

  if (typeof WebAssembly !== "object") {
    root.classList.add("is-unsupported");
  }
}
