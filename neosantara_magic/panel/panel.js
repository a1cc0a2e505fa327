// The chat panel: a conversation, an input, and an answer of widget.js in each turn.
//
// What the kernel sends as HTML was sanitised there; everything else is set as text. The panel's one
// root node belongs to the model, so it survives when a notebook takes its view away and back.
// `html` and `keepKeys` come from page.js, `answerWidget` from widget.js: showing.py puts both in front of this file.

const IMAGES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const NEAR = 40; // pixels from the end within which the log follows what is written
const UNREAD = 700; // milliseconds in which no key runs a call: nobody has read what it would do

// One answer, drawn by the widget that draws them in cells. It believes that it has a model of its own.
const makeAnswer = (labels, rendermime) => {
  const heard = {};
  let snapshot = null;
  const model = {
    get: (name) => ({ labels, hears: true, snapshot })[name],
    on: (event, listener) => (heard[event] = listener),
    off() {},
    send() {},
    widget_manager: { rendermime },
  };
  const widget = answerWidget();
  const node = html("div", { className: "neosantara-turn-answer" });
  widget.initialize({ model });
  const leave = widget.render({ model, el: node });
  return {
    node,
    leave: () => leave?.(),
    frame: (message) => heard["msg:custom"](message),
    end: () => heard["msg:custom"]({ kind: "end" }),
    adopt: (value) => {
      snapshot = value;
      heard["change:snapshot"]();
    },
  };
};

const button = (text, onclick, className = "") => html("button", { type: "button", textContent: text, onclick, className });

// Enter sends, Shift+Enter breaks the line. The break is typed here, because JupyterLab takes Shift+Enter's away.
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

const readImage = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard on a plain http page: the old way, through a selection.
    const field = html("textarea", { value: text, className: "neosantara-heard" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
};

export default () => {
  let model, labels, root, log, input, sendButton, stopButton, picker, conversation, spent, modelField, modelIds;
  let toolBox, notice, heard, previews, form;
  let names = 0;
  const rows = new Map(); // id -> {node, answer, row}
  const state = { running: "", revision: 0, gone: false };
  let images = [];

  const say = (message) => model.send(message);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  // Whether the input is seen: not below what scrolls around it.
  const inSight = () => {
    const around = root.closest(".jp-WindowedPanel-outer, .jp-Notebook");
    const end = Math.min(window.innerHeight, around?.getBoundingClientRect().bottom ?? Infinity);
    return form.isConnected && form.getBoundingClientRect().bottom <= end + 1;
  };
  // An answer that grows may not push the input and Stop out of sight.
  const follow = (change) => {
    const pinned = atEnd();
    const seen = inSight();
    change();
    requestAnimationFrame(() => {
      if (pinned) log.scrollTop = log.scrollHeight;
      if (seen && !inSight()) form.scrollIntoView({ block: "nearest" });
    });
  };
  // What goes must not take the focus with it: the next key would be the notebook's.
  const keepFocus = (node, change) => {
    const focused = node.contains(document.activeElement) && document.activeElement;
    change();
    if (focused && !focused.isConnected) {
      ((focused.className && node.querySelector(`button.${focused.className}`)) || input).focus();
    }
  };
  const tell = (text) => (notice.textContent = text || "");

  // -- a turn

  // What is pasted or dropped may be anybody's text: `{{ }}` that came so is not evaluated, only what was typed.
  const watchBraces = (field) => {
    const count = () => field.value.split("{{").length;
    let before = count();
    field.foreign = false;
    field.onbeforeinput = () => (before = count());
    field.addEventListener("input", (event) => {
      const typed = /^(insertText|insertComposition|insertLineBreak|delete|history)/.test(event.inputType ?? "");
      if (count() === 1) field.foreign = false;
      else if (!typed && count() > before) field.foreign = true;
      before = count();
    });
  };

  const drawQuestion = (entry) => {
    const { row } = entry;
    const text = html("div", { className: "neosantara-question-text", textContent: row.question });
    const box = html("div", { className: "neosantara-question" });
    box.append(html("span", { className: "neosantara-who", textContent: labels.you }), text);
    for (const url of row.images || []) {
      // Only what is in the message itself: an address elsewhere would be fetched.
      if (/^data:image\/(png|jpeg|gif|webp);/.test(url)) box.append(html("img", { src: url, alt: "" }));
    }
    for (const url of row.links || []) box.append(html("code", { textContent: url }));
    return box;
  };

  const edit = (entry) => {
    const field = html("textarea", { value: entry.row.typed, rows: 3 });
    watchBraces(field);
    field.setAttribute("aria-label", labels.input);
    const leave = () => {
      draw(entry);
      entry.node.querySelector("button")?.focus();
    };
    const ask = () => {
      if (!field.value.trim()) return;
      say({ kind: "edit", turn: entry.row.id, text: field.value, raw: field.foreign });
      leave();
    };
    onEnter(field, ask, leave);
    const bar = html("div", { className: "neosantara-actions" }, button(labels.ask_again, ask), button(labels.cancel, leave));
    entry.node.querySelector(".neosantara-question").replaceChildren(field, bar);
    field.focus();
  };

  const drawAsks = (entry) => {
    const { asks } = entry.row;
    keepFocus(entry.asks, () => entry.asks.replaceChildren());
    if (!asks) return;
    const shown = performance.now();
    const decide = (decision) => (event) => {
      // `detail` is 0 for a key. An Enter that was meant for something else must not run anything.
      if (decision !== "refuse" && !event.detail && performance.now() - shown < UNREAD) return;
      say({ kind: "decide", ticket: asks.ticket, decision });
      input.focus();
    };
    const buttons = html("div", { className: "neosantara-actions" });
    buttons.append(
      button(labels.run, decide("run"), "neosantara-run"),
      button(labels.refuse, decide("refuse"), "neosantara-refuse"),
      button(asks.run_all, decide("run_all"), "neosantara-run-all"),
    );
    const box = html("div", { className: "neosantara-asks", tabIndex: -1 });
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", asks.asks);
    box.append(html("strong", { textContent: asks.asks }), html("pre", { textContent: asks.arguments }), buttons);
    entry.asks.append(box);
    heard.textContent = `${asks.asks} ${asks.arguments}`;
    // Somebody who is not typing is taken to the question, where Enter and Space do nothing; Tab leads to the buttons.
    if (root.contains(document.activeElement) && !input.value) box.focus();
  };

  const draw = (entry) => {
    const { row, node } = entry;
    const running = !!row.running;
    const questionBar = html("div", { className: "neosantara-actions" });
    const answerBar = html("div", { className: "neosantara-actions" });
    entry.asks ||= html("div");
    if (!running) {
      const of = (text, message, className) => {
        const made = button(text, () => say({ ...message, turn: row.id }), className);
        made.setAttribute("aria-label", `${text}: ${row.question.slice(0, 60)}`);
        return made;
      };
      questionBar.append(button(labels.edit, () => edit(entry), "neosantara-edit"));
      answerBar.append(of(labels.ask_again, { kind: "again" }, "neosantara-again"));
      if (row.answer) {
        answerBar.append(of(labels.fork, { kind: "fork" }, "neosantara-fork"));
        const copy = button(labels.copy, async () => {
          if (await copyText(row.answer.copy)) copy.textContent = labels.copied;
          setTimeout(() => (copy.textContent = labels.copy), 1500);
        });
        answerBar.append(copy);
      }
    }
    const question = drawQuestion(entry);
    question.append(questionBar);
    const error = html("p", { className: "neosantara-error", textContent: row.error || "" });
    node.setAttribute("aria-busy", String(running));
    keepFocus(node, () => {
      node.replaceChildren(question, entry.answer?.node ?? "", entry.asks, error, answerBar);
      drawAsks(entry);
    });
  };

  const setRow = (row) => {
    const entry = rows.get(row.id) || { node: html("li", { className: "neosantara-turn" }) };
    rows.set(row.id, entry);
    entry.row = row;
    if (row.running || row.answer) {
      entry.answer?.leave();
      entry.answer = makeAnswer(labels, model.widget_manager?.rendermime);
      if (row.answer) {
        const { blocks, cards, footer } = row.answer;
        entry.answer.adopt({ seq: 1, blocks, tail: "" });
        entry.answer.frame({ cards, footer });
        entry.answer.end();
      }
    } else {
      entry.answer?.leave();
      entry.answer = null;
    }
    draw(entry);
    if (!entry.node.isConnected) log.append(entry.node);
  };

  const setOrder = (ids) => {
    for (const [id, entry] of rows) {
      if (ids.includes(id)) continue;
      entry.answer?.leave();
      entry.node.remove();
      rows.delete(id);
    }
    ids.forEach((id, at) => {
      const entry = rows.get(id);
      if (entry && log.children[at] !== entry.node) log.insertBefore(entry.node, log.children[at] ?? null);
    });
  };

  // -- above and below the conversation

  const setRunning = (id) => {
    const ended = state.running && !id;
    state.running = id;
    // A button that goes must not take the focus with it.
    if (document.activeElement === sendButton) input.focus();
    stopButton.hidden = !id;
    stopButton.disabled = false;
    stopButton.textContent = labels.stop;
    sendButton.hidden = !!id;
    conversation.disabled = !!id;
    if (ended) heard.textContent = labels.answered;
    if (id) heard.textContent = labels.working;
  };

  const setBar = (bar) => {
    if ("running" in bar) setRunning(bar.running);
    if ("spent" in bar) spent.textContent = bar.spent;
    if ("names" in bar) {
      conversation.replaceChildren(...bar.names.map((name) => html("option", { value: name, textContent: name })));
      conversation.value = bar.conversation;
    }
    if ("model" in bar) modelField.value = bar.model;
    if ("models" in bar) modelIds.replaceChildren(...bar.models.map((id) => html("option", { value: id })));
    if ("tools" in bar) {
      toolBox.replaceChildren(html("legend", { textContent: labels.tools }));
      if (!bar.tools.length) toolBox.append(html("span", { textContent: labels.no_tools }));
      for (const tool of bar.tools) {
        const tick = html("input", { type: "checkbox", checked: tool.on, name: tool.name });
        tick.onchange = () =>
          say({ kind: "tools", names: [...toolBox.querySelectorAll("input:checked")].map((one) => one.name) });
        const name = html("code", { textContent: tool.name });
        toolBox.append(html("label", {}, tick, name, tool.confirms ? ` (${labels.confirms})` : ""));
      }
    }
  };

  const setAll = (all) => {
    setBar(all);
    follow(() => {
      all.turns.forEach(setRow);
      setOrder(all.turns.map((row) => row.id));
    });
  };

  // -- sending

  const drawImages = () => {
    previews.replaceChildren(
      ...images.map((url, at) => {
        const drop = button("×", () => {
          images.splice(at, 1);
          drawImages();
          input.focus();
        });
        drop.setAttribute("aria-label", fill(labels.detach, { number: at + 1 }));
        return html("span", { className: "neosantara-preview" }, html("img", { src: url, alt: "" }), drop);
      }),
    );
  };

  const attach = async (files) => {
    for (const file of files) {
      if (!IMAGES.includes(file.type)) {
        tell(fill(labels.not_image, { name: file.name || file.type }));
        continue;
      }
      tell("");
      images.push(await readImage(file));
    }
    drawImages();
  };

  const send = () => {
    const text = input.value;
    if (state.running || state.gone || (!text.trim() && !images.length)) return;
    tell("");
    say({ kind: "send", text, images, raw: input.foreign });
    images = [];
    input.value = "";
    input.foreign = false;
    drawImages();
    grow();
    log.scrollTop = log.scrollHeight;
  };

  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight + 2, 240)}px`;
  };

  const stop = () => {
    input.focus(); // a disabled button loses the focus to the notebook
    stopButton.disabled = true;
    stopButton.textContent = labels.stopping;
    say({ kind: "stop" });
  };

  // -- the panel itself

  const build = () => {
    const id = `neosantara-${Math.random().toString(36).slice(2)}`;
    log = html("ol", { className: "neosantara-log", tabIndex: 0 });
    log.setAttribute("aria-label", labels.log);
    heard = html("div", { className: "neosantara-heard" });
    heard.setAttribute("role", "status");
    notice = html("p", { className: "neosantara-error" });
    notice.setAttribute("role", "alert");
    previews = html("div", { className: "neosantara-previews" });

    conversation = html("select");
    conversation.onchange = () => say({ kind: "conversation", name: conversation.value });
    spent = html("span", { className: "neosantara-spent" });
    const head = html("div", { className: "neosantara-head" });
    head.append(html("label", {}, `${labels.conversation} `, conversation), spent);

    input = html("textarea", { rows: 1, placeholder: labels.hint });
    input.setAttribute("aria-label", labels.input);
    input.oninput = grow;
    watchBraces(input);
    onEnter(input, send);
    input.onpaste = (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      attach(files);
    };
    sendButton = button(labels.send, send, "neosantara-send");
    stopButton = button(labels.stop, stop, "neosantara-halt");
    stopButton.hidden = true;
    picker = html("input", { type: "file", multiple: true, accept: IMAGES.join(","), hidden: true });
    picker.onchange = () => {
      attach([...picker.files]);
      picker.value = "";
    };
    form = html("div", { className: "neosantara-form" }, input);
    form.append(button(labels.attach, () => picker.click(), "neosantara-attach"), picker, sendButton, stopButton);

    modelIds = html("datalist", { id });
    modelField = html("input", { type: "text", spellcheck: false, size: 28 });
    modelField.setAttribute("list", id);
    modelField.onchange = () => say({ kind: "model", model: modelField.value });
    modelField.onfocus = () => {
      if (names++ === 0) say({ kind: "models" });
    };
    toolBox = html("fieldset");
    const options = html("details", { className: "neosantara-options" });
    options.append(html("summary", { textContent: labels.options }));
    options.append(html("label", {}, `${labels.model} `, modelField), modelIds, toolBox);

    root = html("section", { className: "neosantara neosantara-panel" });
    root.setAttribute("aria-label", labels.title);
    keepKeys(root, () => model.widget_manager);
    root.append(head, log, notice, previews, form, options, heard);
    root.ondragover = (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
    };
    root.ondrop = (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      attach([...event.dataTransfer.files]);
    };
  };

  const hear = (message) => {
    state.revision = message.revision ?? state.revision;
    const entry = rows.get(message.turn);
    if (message.kind === "frame" && entry?.answer) follow(() => entry.answer.frame(message));
    if (message.kind === "snapshot" && entry?.answer) follow(() => entry.answer.adopt(message));
    if (message.kind === "turn") follow(() => setRow(message.row));
    if (message.kind === "order") follow(() => setOrder(message.ids));
    if (message.kind === "bar") setBar(message);
    if (message.kind === "notice") tell(message.text);
    if (message.kind === "keep" && !keep(message.bundle)) tell(labels.reloaded);
    if (message.kind === "all") setAll(message.state);
    if (message.kind === "asks" && entry) {
      entry.row.asks = message.asks;
      follow(() => drawAsks(entry));
    }
  };

  // JupyterLab and Notebook: stand in front of the stored conversation, which shows again when the panel goes.
  const atHome = () => !!root.closest(".jp-OutputArea-child")?.querySelector(`.${CSS.escape(model.get("place"))}`);

  const mount = () => {
    const mark = model.get("place");
    if (!mark || state.gone || atHome()) return;
    const places = [...document.querySelectorAll(`.${CSS.escape(mark)}`)];
    const place = places.find((one) => one.offsetParent) ?? places[0];
    const output = place?.closest(".jp-OutputArea-child");
    if (!output) return;
    unmount();
    output.classList.add("neosantara-live");
    output.append(root);
    log.scrollTop = log.scrollHeight;
  };

  // A page that was loaded again forgot the display id of the stored conversation, so the panel updates it there.
  const keep = (bundle) => {
    const cells = model.widget_manager?.context?.model?.cells ?? [];
    for (const { outputs } of cells) {
      for (let at = 0; at < (outputs?.length ?? 0); at++) {
        const stored = String(outputs.get(at).data?.["text/html"] ?? "");
        if (!stored.includes(`${model.get("place")}"`)) continue;
        outputs.set(at, { output_type: "display_data", metadata: {}, data: bundle });
        return true;
      }
    }
    return false;
  };

  const unmount = () => {
    root.closest(".neosantara-live")?.classList.remove("neosantara-live");
    root.remove();
  };

  return {
    initialize(given) {
      model = given.model;
      labels = model.get("labels");
      build();
      const opening = model.get("opening");
      state.revision = opening.revision;
      setAll(opening);
      model.on("msg:custom", hear);
      let queued = 0;
      const watch = new MutationObserver(() => {
        if (queued || (root.isConnected && atHome())) return;
        queued = requestAnimationFrame(() => {
          queued = 0;
          mount();
        });
      });
      if (model.get("place")) {
        watch.observe(document.body, { childList: true, subtree: true });
        mount();
      }
      // A page that was reloaded has the state of the panel's first moment: ask for today's.
      say({ kind: "hello", revision: state.revision });
      const leave = () => {
        if (state.gone) return;
        state.gone = true;
        watch.disconnect();
        if (model.get("place")) unmount();
        else tell(labels.gone);
        [...root.querySelectorAll("button, input, textarea, select")].forEach((one) => (one.disabled = true));
      };
      // The kernel restarted or died.
      model.on("comm_live_update", leave);
      return leave;
    },

    render({ el }) {
      el.append(root);
      log.scrollTop = log.scrollHeight;
    },
  };
};
