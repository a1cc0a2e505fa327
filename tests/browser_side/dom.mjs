// A page for the scripts under test, and the model that a front end gives a widget.
//
// For: answer.test.mjs and panel.test.mjs; test_browser_side.py joins the scripts as users get them, and runs these.

import { readFileSync } from "node:fs";
import { Window } from "happy-dom";

const window = new Window({ url: "http://localhost/" });
const names = ["document", "HTMLElement", "Node", "Event", "KeyboardEvent", "MouseEvent", "MutationObserver", "CSS"];
for (const name of ["window", ...names]) globalThis[name] = name === "window" ? window : window[name];
globalThis.requestAnimationFrame = (call) => setTimeout(call, 0);
globalThis.cancelAnimationFrame = clearTimeout;
export const copied = [];
Object.defineProperty(globalThis, "navigator", {
  value: { clipboard: { writeText: async (text) => copied.push(text) } },
  configurable: true,
});
document.execCommand = () => false;

const folder = process.env.NEOSANTARA_SCRIPTS;
export const script = async (name) => (await import(`${folder}/${name}.mjs`)).default;
export const spoken = () => JSON.parse(readFileSync(`${folder}/spoken.json`, "utf-8"));

export const drawn = () => new Promise((resolve) => setTimeout(resolve, 5));

// Words stand for themselves: a label says its name.
const labels = new Proxy({}, { get: (_, name) => String(name) });

export const modelOf = (state, manager) => {
  const heard = {};
  const held = { labels, hears: true, snapshot: {}, ...state };
  return {
    sent: [],
    get: (name) => held[name],
    on: (event, call) => (heard[event] = call),
    send(message) {
      this.sent.push(message);
    },
    widget_manager: manager,
    tell: (message) => heard["msg:custom"](message),
    set(name, value) {
      held[name] = value;
      heard[`change:${name}`]?.();
    },
    dies: () => heard.comm_live_update(),
  };
};

export const place = () => {
  const el = document.createElement("div");
  document.body.append(el);
  return el;
};

// What the kernel's HTML is in this page, block by block, without the buttons that the page adds.
export const inner = (el) => {
  const copy = el.cloneNode(true);
  copy.querySelectorAll("button").forEach((one) => one.remove());
  copy.querySelectorAll("pre").forEach((one) => one.removeAttribute("class"));
  return [...copy.children].map((block) => block.outerHTML).join("");
};
export const asHtml = (text) => {
  const el = document.createElement("div");
  el.innerHTML = text;
  return inner(el);
};
