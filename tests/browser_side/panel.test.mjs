// The chat panel: turns and their order, focus, decisions, what is sent.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { copied, drawn, modelOf, place, script } from "./dom.mjs";

const panel = await script("panel");

const row = (id, more = {}) => ({ id, question: `question ${id}`, typed: `typed ${id}`, ...more });
const answer = { blocks: ["<p>the answer</p>"], cards: "", footer: "footer", copy: "the **answer**" };
const opening = (...turns) => ({
  revision: 1, running: "", spent: "Rp 0", names: ["main", "other"], conversation: "main", model: "m", models: [],
  tools: [{ name: "add", on: true, confirms: false }, { name: "drop", on: false, confirms: true }], turns,
});

const opened = (...turns) => {
  const model = modelOf({ opening: opening(...turns), place: "" });
  const made = panel();
  made.initialize({ model });
  const el = place();
  made.render({ model, el });
  const one = (name) => el.querySelector(`.neosantara-${name}`);
  const texts = (name) => [...el.querySelectorAll(`.neosantara-${name}`)].map((node) => node.textContent);
  return { model, el, one, texts, input: el.querySelector(".neosantara-form textarea") };
};

beforeEach(() => document.body.replaceChildren());

test("turns stand in the kernel's order; what it leaves out goes", () => {
  const { model, texts } = opened(row("a"), row("b"));
  model.tell({ kind: "turn", row: row("c") });
  model.tell({ kind: "order", ids: ["c", "a"] });
  assert.deepEqual(texts("question-text"), ["question c", "question a"]);
  model.tell({ kind: "all", state: { ...opening(row("d")), revision: 7 }, revision: 7 });
  assert.deepEqual(texts("question-text"), ["question d"]);
});

test("an answer grows in its own turn, and its stored form takes its place", async () => {
  const { model, el, texts } = opened(row("a", { answer }), row("b", { running: true }));
  model.tell({ kind: "frame", turn: "b", seq: 1, keep: 0, put: "<p>grows</p>", footer: "now" });
  model.tell({ kind: "frame", turn: "nobody", seq: 1, keep: 0, put: "x" });
  await drawn();
  assert.deepEqual(texts("content"), ["the answer", "grows"]);
  model.tell({ kind: "snapshot", turn: "b", seq: 5, blocks: ["<p>all of it</p>"], tail: "" });
  await drawn();
  assert.deepEqual(texts("content"), ["the answer", "all of it"]);
  assert.equal(el.querySelectorAll(".neosantara-stop").length, 0); // the panel has its own
  model.tell({ kind: "turn", row: row("b", { answer: { ...answer, blocks: ["<p>stored</p>"] } }) });
  await drawn();
  assert.deepEqual(texts("content"), ["the answer", "stored"]);
  assert.deepEqual(texts("bar"), ["footer", "footer"]);
});

test("more names to choose from keep the conversation that is shown", () => {
  const { model, one } = opened();
  const chosen = one("head").querySelector("select");
  model.tell({ kind: "bar", names: ["main", "other", "third"] });
  assert.deepEqual([chosen.options.length, chosen.value], [3, "main"]);
  model.tell({ kind: "bar", conversation: "third" });
  assert.equal(chosen.value, "third");
});

test("Enter sends, once; Shift+Enter breaks the line; nothing is not sent", () => {
  const { model, input } = opened();
  const enter = (more) => input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, ...more }));
  input.value = "  ";
  enter();
  input.value = "hello";
  enter({ shiftKey: true });
  assert.match(input.value, /\n/);
  input.value = "hello";
  enter();
  enter();
  assert.deepEqual(model.sent.slice(1), [{ kind: "send", text: "hello", images: [], raw: false }]);
  model.tell({ kind: "bar", running: "a" });
  input.value = "more";
  enter();
  assert.equal(model.sent.length, 2);
  assert.equal(input.value, "more");
});

test("braces that were pasted are sent as text, typed ones are evaluated", () => {
  const { model, input } = opened();
  for (const [inputType, raw] of [["insertFromPaste", true], ["insertText", false]]) {
    input.value = "";
    input.dispatchEvent(new Event("beforeinput"));
    input.value = "{{ df }}";
    input.dispatchEvent(Object.assign(new Event("input"), { inputType }));
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    assert.equal(model.sent.at(-1).raw, raw);
  }
});

test("no key runs a tool in the first moment; refusing is always possible; a click counts", () => {
  const asks = { ticket: "t", asks: "Run it?", arguments: "x", run_all: "run_all" };
  const { model, one, input } = opened(row("a", { running: true, asks }));
  one("run").dispatchEvent(new MouseEvent("click", { detail: 0 }));
  assert.equal(model.sent.length, 1); // hello
  one("refuse").dispatchEvent(new MouseEvent("click", { detail: 0 }));
  one("run").dispatchEvent(new MouseEvent("click", { detail: 1 }));
  assert.deepEqual(model.sent.slice(1).map((said) => said.decision), ["refuse", "run"]);
  assert.equal(document.activeElement, input);
  model.tell({ kind: "asks", turn: "a", asks: null });
  assert.equal(one("asks"), null);
});

test("the focus is taken to a question, but not from somebody who types, and never lost", () => {
  const asks = { ticket: "t", asks: "Run it?", arguments: "x", run_all: "all" };
  const { model, one, input } = opened(row("a", { running: true }));
  input.focus();
  input.value = "typing";
  model.tell({ kind: "asks", turn: "a", asks });
  assert.equal(document.activeElement, input);
  input.value = "";
  model.tell({ kind: "asks", turn: "a", asks });
  assert.equal(document.activeElement, one("asks"));
  model.tell({ kind: "asks", turn: "a", asks: null });
  assert.equal(document.activeElement, input);
  model.tell({ kind: "turn", row: row("a", { answer }) });
  one("again").focus();
  model.tell({ kind: "turn", row: row("a", { answer }) });
  assert.equal(document.activeElement, one("again")); // drawn anew, and still there
});

test("a question is edited in its place, and Escape leaves it", () => {
  const { model, one, el } = opened(row("a", { answer }));
  const field = () => el.querySelector(".neosantara-question textarea");
  one("edit").click();
  assert.equal(field().value, "typed a");
  field().dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  assert.equal(field(), null);
  one("edit").click();
  field().value = "better";
  field().dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  assert.deepEqual(model.sent.at(-1), { kind: "edit", turn: "a", text: "better", raw: false });
});

test("buttons say what they do to the kernel", async () => {
  const { model, one, el } = opened(row("a", { answer }));
  one("again").click();
  one("fork").click();
  const copy = [...el.querySelectorAll("button")].find((made) => made.textContent === "copy");
  copy.click();
  await drawn();
  assert.equal(copied.at(-1), "the **answer**");
  const tick = el.querySelector("input[name=drop]");
  tick.checked = true;
  tick.dispatchEvent(new Event("change"));
  assert.deepEqual(model.sent.slice(1), [
    { kind: "again", turn: "a" },
    { kind: "fork", turn: "a" },
    { kind: "tools", names: ["add", "drop"] },
  ]);
});

test("the panel stands in front of its stored text, and leaves it when the kernel goes", async () => {
  const output = Object.assign(document.createElement("div"), { className: "jp-OutputArea-child" });
  output.innerHTML = '<div class="mark">stored</div>';
  document.body.append(output);
  const model = modelOf({ opening: opening(row("a")), place: "mark" });
  panel().initialize({ model });
  assert.equal(output.classList.contains("neosantara-live"), true);
  const root = output.querySelector(".neosantara-panel");
  root.remove(); // JupyterLab draws the output anew
  await drawn();
  await drawn();
  assert.equal(root.parentElement, output);
  model.dies();
  assert.equal(output.classList.contains("neosantara-live"), false);
  assert.equal(root.isConnected, false);
  assert.equal([...root.querySelectorAll("button, textarea")].every((field) => field.disabled), true);
});

test("only images in the message itself are shown", () => {
  const { el } = opened(row("a", { images: ["https://example.org/x.png", "data:image/png;base64,AA=="] }));
  assert.deepEqual([...el.querySelectorAll("img")].map((one) => one.src), ["data:image/png;base64,AA=="]);
});
