// Added by `cargo xtask serve` only: loads the page again after a build, or says why the build failed. A scenario that is
// being written is shown, with what is wrong in it.
"use strict";
{
  const [version, draft] = new URL(document.currentScript.src).search.slice(1).split("&");
  const box = document.createElement("pre");
  box.setAttribute("role", "alert");
  box.dataset.serve = "";
  Object.assign(box.style, {
    position: "fixed", inset: "auto 0 0 0", zIndex: 1000, margin: 0, padding: "16px", maxHeight: "70vh", overflow: "auto",
    background: "Canvas", color: "CanvasText", borderTop: "2px solid CanvasText", font: "13px/1.5 monospace", whiteSpace: "pre-wrap",
  });
  const id = () => location.hash.match(/^#\/([\w-]+)/)?.[1] ?? "";
  if (draft && !id()) {
    location.replace(`#/${draft}`);
  }
  new EventSource("live-reload").addEventListener("message", (event) => {
    const built = JSON.parse(event.data);
    if (built.version !== Number(version)) {
      if (built.draft && built.draft !== draft && (id() === draft || !id())) {
        history.replaceState(null, "", `#/${built.draft}`);
      }
      location.reload();
    } else if (built.error) {
      box.textContent = built.error;
      document.body.append(box);
      document.body.style.paddingBottom = `${box.offsetHeight}px`;
    } else {
      box.remove();
      document.body.style.paddingBottom = "";
    }
  });
}
