// @ts-check
// What stands around the panel's conversation: its name and cost, the input with its images, the model, the tools.
//
// Needs page.js.

const IMAGES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/**
 * Enter sends, Shift+Enter breaks the line. The break is typed here, because JupyterLab takes Shift+Enter's away.
 *
 * @param {HTMLTextAreaElement} field
 * @param {() => void} send
 */
const onEnter = (field, send, leave = () => {}) => {
  field.onkeydown = (event) => {
    if (event.key === "Escape") leave();
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (!event.shiftKey) return send();
    // The old way keeps the field's undo; the new one works where the old one is gone.
    if (!document.execCommand("insertText", false, "\n")) {
      field.setRangeText("\n", field.selectionStart, field.selectionEnd, "end");
    }
  };
};

/**
 * What is pasted or dropped may be anybody's text: `{{ }}` that came so is not evaluated, only what was typed.
 *
 * @param {HTMLTextAreaElement} field
 * @returns {{ foreign: boolean }}
 */
const watchBraces = (field) => {
  const count = () => field.value.split("{{").length;
  const braces = { foreign: false };
  let before = count();
  field.onbeforeinput = () => {
    before = count();
  };
  field.addEventListener("input", (event) => {
    const how = /** @type {InputEvent} */ (event).inputType ?? "";
    const typed = /^(insertText|insertComposition|insertLineBreak|delete|history)/.test(how);
    if (count() === 1) braces.foreign = false;
    else if (!typed && count() > before) braces.foreign = true;
    before = count();
  });
  return braces;
};

/**
 * @param {File} file
 * @returns {Promise<string>}
 */
const readImage = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

/**
 * @typedef {{ running?: string, spent?: string, names?: string[], conversation?: string, model?: string,
 *   models?: string[], tools?: { name: string, on: boolean, confirms: boolean }[] }} Bar what the kernel says of them
 */

/**
 * @param {{ labels: Record<string, string>, say: (message: object) => void, speak: (text: string) => void,
 *   sent: () => void }} panel `sent` is called when a question has left
 */
const makeTools = ({ labels, say, speak, sent }) => {
  const id = `neosantara-${Math.random().toString(36).slice(2)}`;
  const state = { running: "", asked: false, images: /** @type {string[]} */ ([]) };

  const conversation = html("select", { onchange: () => say({ kind: "conversation", name: conversation.value }) });
  const spent = html("span", { className: "neosantara-spent" });
  const head = html("div", { className: "neosantara-head" });
  head.append(html("label", {}, `${labels.conversation} `, conversation), spent);

  const notice = having(html("p", { className: "neosantara-error" }), { role: "alert" });
  const tell = (text = "") => (notice.textContent = text);
  const previews = html("div", { className: "neosantara-previews" });
  /** @param {Record<string, string | number>} values */
  const fill = (/** @type {string} */ text, values) =>
    text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

  const drawImages = () => {
    previews.replaceChildren(
      ...state.images.map((url, at) => {
        const drop = button("×", () => {
          state.images.splice(at, 1);
          drawImages();
          input.focus();
        });
        having(drop, { "aria-label": fill(labels.detach, { number: at + 1 }) });
        return html("span", { className: "neosantara-preview" }, html("img", { src: url, alt: "" }), drop);
      }),
    );
  };

  /** @param {Iterable<File>} files */
  const attach = async (files) => {
    for (const file of files) {
      if (!IMAGES.includes(file.type)) {
        tell(fill(labels.not_image, { name: file.name || file.type }));
        continue;
      }
      tell();
      state.images.push(await readImage(file));
    }
    drawImages();
  };

  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight + 2, 240)}px`;
  };

  /** @returns {unknown} */
  const send = () => {
    const text = input.value;
    if (state.running) return tell(labels.busy);
    if (input.disabled || (!text.trim() && !state.images.length)) return;
    tell();
    say({ kind: "send", text, images: state.images, raw: braces.foreign });
    state.images = [];
    input.value = "";
    braces.foreign = false;
    drawImages();
    grow();
    form.scrollIntoView({ block: "nearest" }); // Stop stands in it, and an answer keeps in sight what is in sight
    sent();
  };

  const input = having(html("textarea", { rows: 1, placeholder: labels.hint, oninput: grow }), { "aria-label": labels.input });
  const braces = watchBraces(input);
  onEnter(input, send);
  input.onpaste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    attach(files);
  };
  const sendButton = button(labels.send, send, "neosantara-send");
  const stopButton = button(labels.stop, () => {
    input.focus(); // a disabled button loses the focus to the notebook
    stopButton.disabled = true;
    stopButton.textContent = labels.stopping;
    say({ kind: "stop" });
  }, "neosantara-halt");
  stopButton.hidden = true;
  const picker = html("input", { type: "file", multiple: true, accept: IMAGES.join(","), hidden: true });
  picker.onchange = () => {
    attach([...(picker.files ?? [])]);
    picker.value = "";
  };
  const buttons = html("div", { className: "neosantara-actions" }); // in a narrow cell all of them go below the input
  buttons.append(button(labels.attach, () => picker.click(), "neosantara-attach"), picker, sendButton, stopButton);
  const form = html("div", { className: "neosantara-form" }, input, buttons);

  const modelIds = html("datalist", { id });
  const model = having(html("input", { type: "text", spellcheck: false, size: 28 }), { list: id });
  model.onchange = () => say({ kind: "model", model: model.value });
  model.onfocus = () => {
    if (!state.asked) say({ kind: "models" });
    state.asked = true;
  };
  const toolBox = html("fieldset");
  const options = html("details", { className: "neosantara-options" });
  options.append(html("summary", { textContent: labels.options }));
  options.append(html("label", {}, `${labels.model} `, model), modelIds, toolBox);

  /** @param {string} running which turn, or none */
  const setRunning = (running) => {
    const ended = state.running && !running;
    state.running = running;
    // A button that goes must not take the focus with it.
    if (document.activeElement === sendButton) input.focus();
    stopButton.hidden = !running;
    stopButton.disabled = false;
    stopButton.textContent = labels.stop;
    sendButton.hidden = !!running;
    conversation.disabled = !!running;
    if (ended) speak(labels.answered);
    if (ended && notice.textContent === labels.busy) tell();
    if (running) speak(labels.working);
  };

  /** @param {Bar} bar */
  const set = (bar) => {
    if (bar.running !== undefined) setRunning(bar.running);
    if (bar.spent !== undefined) spent.textContent = bar.spent;
    const chosen = bar.conversation ?? conversation.value;
    if (bar.names) {
      conversation.replaceChildren(...bar.names.map((name) => html("option", { value: name, textContent: name })));
    }
    conversation.value = chosen;
    if (bar.model !== undefined) model.value = bar.model;
    if (bar.models) modelIds.replaceChildren(...bar.models.map((value) => html("option", { value })));
    if (bar.tools) {
      toolBox.replaceChildren(html("legend", { textContent: labels.tools }));
      if (!bar.tools.length) toolBox.append(html("span", { textContent: labels.no_tools }));
      for (const tool of bar.tools) {
        const tick = html("input", { type: "checkbox", checked: tool.on, name: tool.name });
        tick.onchange = () => {
          const ticked = /** @type {NodeListOf<HTMLInputElement>} */ (toolBox.querySelectorAll("input:checked"));
          say({ kind: "tools", names: [...ticked].map((one) => one.name) });
        };
        const name = html("code", { textContent: tool.name });
        toolBox.append(html("label", {}, tick, name, tool.confirms ? ` (${labels.confirms})` : ""));
      }
    }
  };

  return { head, notice, previews, form, options, input, set, tell, attach };
};
