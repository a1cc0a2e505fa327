// An answer in a cell: frames, snapshots, views, Stop.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asHtml, copied, drawn, inner, modelOf, place, script, spoken } from "./dom.mjs";

const widget = await script("widget");

const opened = (state, manager) => {
  const model = modelOf(state, manager);
  const made = widget();
  made.initialize({ model });
  const el = place();
  const leave = made.render({ model, el });
  return { model, made, el, leave, content: el.querySelector(".neosantara-content") };
};

for (const { step, frames, blocks, tail } of spoken()) {
  test(`the frames of an answer in pieces of ${step} give what the kernel has`, async () => {
    const { model, content } = opened();
    for (const frame of frames) {
      model.tell(frame);
      if (step > 7) await drawn(); // and drawn once at the end, else
    }
    await drawn();
    assert.equal(inner(content), asHtml([...blocks, tail].join("")));
  });
}

test("after a lost frame the answer waits for a snapshot, and an old snapshot changes nothing", async () => {
  const { model, content } = opened();
  model.tell({ seq: 1, keep: 0, put: "<p>one" });
  model.tell({ seq: 3, keep: 6, put: " three" });
  await drawn();
  assert.equal(content.textContent, "one");
  model.set("snapshot", { seq: 3, blocks: ["<p>one two three</p>"], tail: "<p>four</p>" });
  model.set("snapshot", { seq: 2, blocks: ["<p>old</p>"], tail: "" });
  model.tell({ seq: 4, keep: 7, put: " five", end: 4 });
  await drawn();
  assert.equal(inner(content), "<p>one two three</p><p>four five</p>");
});

test("a second view shows the same, and a view that has gone is not drawn", async () => {
  const { model, made, leave, content } = opened({ snapshot: { seq: 1, blocks: ["<p>one</p>"], tail: "" } });
  const other = place();
  made.render({ model, el: other });
  leave();
  model.tell({ seq: 2, keep: 0, put: "<p>two</p>" });
  await drawn();
  assert.equal(other.querySelector(".neosantara-content").textContent, "onetwo");
  assert.equal(content.textContent, "one");
});

test("what is repaired is drawn anew, and a card stays open", async () => {
  const { model, el, content } = opened();
  model.tell({ seq: 1, keep: 0, put: "<p>a</p><p>b</p>", cut: [8, 8], cards: "<details><summary>x</summary></details>" });
  await drawn();
  el.querySelector("details").open = true;
  const kept = content.children[1];
  model.tell({ seq: 2, keep: 0, put: "", repair: [[0, "<p>A</p>"]], cards: "<details><summary>y</summary></details>", footer: "f" });
  await drawn();
  assert.equal(content.textContent, "Ab");
  assert.equal(content.children[1], kept);
  assert.equal(el.querySelector("details").open, true);
  assert.equal(el.querySelector(".neosantara-bar span").textContent, "f");
});

test("Stop tells the kernel, interrupts one that goes on, and goes at the end", async () => {
  const manager = { interrupted: 0, kernel: { interrupt: async () => (manager.interrupted += 1) } };
  const { model, el } = opened({}, manager);
  const stop = el.querySelector(".neosantara-stop");
  stop.click();
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(model.sent, [{ kind: "stop" }]);
  assert.equal(manager.interrupted, 1);
  assert.equal(stop.textContent, "stopping");
  model.tell({ kind: "end" });
  await drawn();
  assert.equal(stop.hidden, true);
});

test("a kernel that cannot be interrupted is said; one that died leaves nothing to stop", async () => {
  const { model, el } = opened({ hears: false }, { kernel: { interrupt: () => Promise.reject(new Error("gone")) } });
  el.querySelector(".neosantara-stop").click();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(el.querySelector(".neosantara-bar span").textContent, "interrupt");
  assert.deepEqual(model.sent, []);
  model.dies();
  await drawn();
  assert.equal(el.querySelector(".neosantara-stop").hidden, true);
});

test("code is copied as it stands, without the button's word", async () => {
  const { model, el } = opened();
  const put = "<pre><code>x = 1\n</code></pre>";
  model.tell({ seq: 1, keep: 0, put, cut: [put.length] });
  await drawn();
  el.querySelector(".neosantara-copy").click();
  await drawn();
  assert.equal(copied.at(-1), "x = 1\n");
  assert.equal(el.querySelector(".neosantara-copy").textContent, "copied");
});

test("keys typed in an answer are its own, and Ctrl+S saves the notebook", () => {
  const manager = { saved: 0, context: { save: () => (manager.saved += 1) } };
  const { el } = opened({}, manager);
  const stop = el.querySelector(".neosantara-stop");
  stop.focus();
  assert.equal(stop.dataset.lmSuppressShortcuts, "true");
  for (const more of [{}, { shiftKey: true }, { altKey: true }]) {
    stop.dispatchEvent(new KeyboardEvent("keydown", { key: "s", ctrlKey: true, bubbles: true, ...more }));
  }
  assert.equal(manager.saved, 1);
});
