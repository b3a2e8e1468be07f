// <highwater-player scenario="hw-two-rounds" step="3" lang="zh" theme="auto" controls="full" src="my-scenario.json">
// The player runs in a frame, so that nothing of it touches the page around: no styles, no keys, no focus, no crash.

{
  // As a module or not: a site that does not let other origins read its modules is asked for a plain script.
  const SCRIPT = document.currentScript ?? [...document.scripts].findLast((script) => /\/embed\.js(?:[?#]|$)/.test(script.src));
  const SITE = new URL("./", SCRIPT.src);
  const ATTRIBUTES = ["scenario", "step", "lang", "theme", "controls", "src"];

  /** What is reserved before anything is loaded, by the element's width: nothing moves when it comes. */
  const STYLES = `
  :host { display: block; block-size: 900px; container-type: inline-size; border: 1px solid #8886; border-radius: 14px; overflow: hidden; contain: content; }
  :host([controls="min"]) { block-size: 420px; }
  :host([hidden]) { display: none; }
  iframe { display: block; border: 0; inline-size: 100%; block-size: 100%; color-scheme: normal; }
  p { margin: 0; padding: 16px; font: 14px/1.5 system-ui, sans-serif; }
  `;

  class HighwaterPlayer extends HTMLElement {
    static observedAttributes = ATTRIBUTES;

    #frame = null;
    #near = null;
    #due = false;
    #loaded = false;
    #sent = "";
    #state = { scenario: "", step: 0, steps: 0, playing: false };

    constructor() {
      super();
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    }

    /** The id of the scenario that plays. */
    get scenario() {
      return this.#state.scenario || this.getAttribute("scenario") || "";
    }
    set scenario(id) {
      this.setAttribute("scenario", id);
    }
    /** The step, from 1; 0 before there is one. */
    get step() {
      return this.#state.step;
    }
    set step(number) {
      this.seek(number);
    }
    /** How many steps there are; 0 before that is known. */
    get steps() {
      return this.#state.steps;
    }
    /** Whether steps follow each other by themselves. */
    get playing() {
      return this.#state.playing;
    }

    next() {
      this.#command("next");
    }
    back() {
      this.#command("back");
    }
    seek(step) {
      this.#command("seek", { step: Number(step) });
    }
    play() {
      this.#command("play");
    }
    pause() {
      this.#command("pause");
    }

    connectedCallback() {
      if (this.#frame) {
        // Moved within the page: the browser loads the frame again, at the step where it was.
        this.#loaded = false;
        this.#frame.src = this.#address();
        return;
      }
      if (this.#near) {
        return;
      }
      addEventListener("message", this.#hear);
      this.#near = new IntersectionObserver(
        (seen) => {
          if (seen.some((one) => one.isIntersecting)) {
            this.#near.disconnect();
            this.#show();
          }
        },
        { rootMargin: "600px" },
      );
      this.#near.observe(this);
    }

    disconnectedCallback() {
      queueMicrotask(() => {
        if (this.isConnected) {
          return;
        }
        removeEventListener("message", this.#hear);
        this.#near?.disconnect();
        this.#frame?.remove();
        this.#near = this.#frame = null;
        this.#loaded = false;
      });
    }

    attributeChangedCallback(name, before, now) {
      if (before === now) {
        return;
      }
      if (name === "scenario" || name === "src") {
        this.#state = { scenario: "", step: 0, steps: 0, playing: false };
        this.#sent = "";
      } else if (name === "step") {
        this.#state.step = 0;
      }
      if (!this.#due) {
        this.#due = true;
        queueMicrotask(() => {
          this.#due = false;
          if (this.#frame) {
            this.#frame.src = this.#address();
            this.#send();
          }
        });
      }
    }

    /** Where the frame is: what the attributes say, at the step where it was. */
    #address() {
      const address = new URL("embed.html", SITE);
      const step = this.#state.step || this.getAttribute("step");
      const asked = { step, lang: this.getAttribute("lang"), theme: this.getAttribute("theme") };
      const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
      query.set("controls", this.getAttribute("controls") ?? "full");
      const id = this.hasAttribute("src") ? "" : (this.getAttribute("scenario") ?? "");
      address.hash = `/${encodeURIComponent(id)}?${query}`;
      return address.href;
    }

    #show() {
      const frame = document.createElement("iframe");
      frame.title = "Highwater";
      frame.allow = "clipboard-write";
      frame.src = this.#address();
      this.#frame = frame;
      this.shadowRoot.replaceChildren(frame);
    }

    #command(command, fields) {
      this.#frame?.contentWindow?.postMessage({ ...fields, type: "highwater:command", command }, "*");
    }

    /** A scenario of the page's own: this page reads it, so that its site needs to allow nobody else to. */
    async #send() {
      const src = this.getAttribute("src");
      if (!src || !this.#loaded || this.#sent === src) {
        return;
      }
      this.#sent = src;
      try {
        const file = await fetch(new URL(src, document.baseURI));
        if (!file.ok) {
          throw new Error(`${file.status} ${file.statusText}`);
        }
        const name = src.split(/[?#]/)[0].split("/").pop() || src;
        this.#command("open", { name: name.includes(".") ? name : `${name}.json`, text: await file.text() });
      } catch (error) {
        this.#tell("error", { message: `${src}: ${error.message}` });
      }
    }

    #hear = (event) => {
      const said = event.data;
      if (!this.#frame || event.source !== this.#frame.contentWindow || typeof said?.type !== "string") {
        return;
      }
      const { type, ...detail } = said;
      switch (type) {
        case "highwater:loaded":
          this.#loaded = true;
          this.#sent = "";
          this.#send();
          break;
        case "highwater:playing":
          this.#state.playing = detail.playing === true;
          break;
        case "highwater:ready":
        case "highwater:step":
          Object.assign(this.#state, detail);
        // falls through
        case "highwater:answer":
        case "highwater:end":
        case "highwater:error":
          this.#tell(type.slice("highwater:".length), detail);
      }
    };

    #tell(name, detail) {
      this.dispatchEvent(new CustomEvent(`highwater-${name}`, { detail, bubbles: true, composed: true }));
    }
  }

  // A page may load this twice.
  if (!customElements.get("highwater-player")) {
    customElements.define("highwater-player", HighwaterPlayer);
  }
}
