// Added by `cargo xtask serve` only: loads the page again after a build, or says why the build failed.
"use strict";
{
  const version = Number(new URL(document.currentScript.src).search.slice(1));
  const box = document.createElement("pre");
  box.setAttribute("role", "alert");
  Object.assign(box.style, {
    position: "fixed", inset: "auto 0 0 0", zIndex: 1000, margin: 0, padding: "16px", maxHeight: "70vh", overflow: "auto",
    background: "Canvas", color: "CanvasText", borderTop: "2px solid CanvasText", font: "13px/1.5 monospace", whiteSpace: "pre-wrap",
  });
  new EventSource("live-reload").addEventListener("message", (event) => {
    const built = JSON.parse(event.data);
    if (built.error) {
      box.textContent = built.error;
      document.body.append(box);
    } else if (built.version !== version) {
      location.reload();
    } else {
      box.remove();
    }
  });
}
