// In the one file that `cargo xtask build --single-file` writes: hands out what lies in the page itself. A page from a disk
// may fetch nothing.
"use strict";
{
  const TYPES = { wasm: "application/wasm", json: "application/json", txt: "text/plain" };
  const files = JSON.parse(document.getElementById("files").textContent);
  const here = new URL("./", location.href).href;
  globalThis.fetch = async (asked) => {
    const url = new URL(asked.url ?? asked, here).href;
    const name = url.startsWith(here) ? url.slice(here.length) : url;
    if (!Object.hasOwn(files, name)) {
      return new Response(null, { status: 404, statusText: "Not in this file" });
    }
    const bytes = Uint8Array.from(atob(files[name]), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(plain, { headers: { "content-type": TYPES[name.split(".").pop()] ?? "" } });
  };
}
