// @ts-check
// The chat panel: where it stands in the page, and what the kernel tells it.
//
// Its one root node belongs to the model, so it survives when a notebook takes its view away and back.
// Needs page.js, answer.js, turns.js and tools.js.

const NEAR = 40; // pixels from the end within which the log follows what is written

/**
 * @typedef {{ labels: Record<string, string>, place: string,
 *   opening: Bar & { revision: number, turns: Row[] } }} Traits
 * @typedef {import("@anywidget/types").AnyModel<Traits> & { widget_manager?: any }} Model
 *   JupyterLab's manager also knows the notebook.
 */

export default () => {
  /** @type {HTMLElement} */
  let root;
  /** @type {HTMLElement} */
  let log;

  /** @param {{ model: Model }} given */
  const initialize = ({ model }) => {
    const labels = model.get("labels");
    const mark = model.get("place");
    const opening = model.get("opening");
    let { revision } = opening;
    let gone = false;

    const heard = having(html("div", { className: "neosantara-heard" }), { role: "status" });
    const say = (/** @type {object} */ message) => model.send(message);
    const speak = (/** @type {string} */ text) => (heard.textContent = text);
    const toEnd = () => (log.scrollTop = log.scrollHeight);
    const tools = makeTools({ labels, say, speak, sent: toEnd });
    const turns = makeTurns({
      labels,
      say,
      speak,
      typeset: (node) => model.widget_manager?.rendermime?.latexTypesetter?.typeset(node),
      input: tools.input,
      idle: () => root.contains(document.activeElement) && !tools.input.value,
    });
    log = turns.log;
    root = having(html("section", { className: "neosantara neosantara-panel" }), { "aria-label": labels.title });
    root.append(tools.head, log, tools.notice, tools.previews, tools.form, tools.options, heard);
    keepKeys(root, () => model.widget_manager);
    root.ondragover = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
    };
    root.ondrop = (event) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      event.stopPropagation();
      tools.attach(files);
    };

    // -- what the reader sees stays in sight

    // Whether the input is seen: not below what scrolls around it.
    const inSight = () => {
      const around = root.closest(".jp-WindowedPanel-outer, .jp-Notebook");
      const end = Math.min(window.innerHeight, around?.getBoundingClientRect().bottom ?? Infinity);
      return tools.form.isConnected && tools.form.getBoundingClientRect().bottom <= end + 1;
    };
    /**
     * An answer that grows may not push the input and Stop out of sight.
     *
     * @param {() => void} change
     */
    const follow = (change) => {
      const pinned = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
      const seen = inSight();
      change();
      requestAnimationFrame(() => {
        if (pinned) toEnd();
        if (seen && !inSight()) tools.form.scrollIntoView({ block: "nearest" });
      });
    };

    // -- where it stands

    // JupyterLab and Notebook: in front of the stored conversation, which shows again when the panel goes.
    const place = () => `.${CSS.escape(mark)}`;
    const atHome = () => !!root.closest(".jp-OutputArea-child")?.querySelector(place());

    const mount = () => {
      if (!mark || gone || atHome()) return;
      const places = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(place())]);
      const output = (places.find((one) => one.offsetParent) ?? places[0])?.closest(".jp-OutputArea-child");
      if (!output) return;
      unmount();
      output.classList.add("neosantara-live");
      output.append(root);
      toEnd();
    };

    const unmount = () => {
      root.closest(".neosantara-live")?.classList.remove("neosantara-live");
      root.remove();
    };

    /**
     * A page that was loaded again forgot the display id of the stored conversation, so the panel updates it there.
     *
     * @param {object} data the conversation in its stored forms
     * @returns {boolean} whether it found the place
     */
    const keep = (data) => {
      for (const { outputs } of model.widget_manager?.context?.model?.cells ?? []) {
        for (let at = 0; at < (outputs?.length ?? 0); at++) {
          const stored = String(outputs.get(at).data?.["text/html"] ?? "");
          if (!stored.includes(`${mark}"`)) continue;
          outputs.set(at, { output_type: "display_data", metadata: {}, data });
          return true;
        }
      }
      return false;
    };

    // -- what the kernel tells

    /** @param {Bar & { turns: Row[] }} all */
    const setAll = (all) => {
      tools.set(all);
      follow(() => {
        all.turns.forEach(turns.set);
        turns.order(all.turns.map((row) => row.id));
      });
    };

    /** @type {Record<string, (message: any) => void>} */
    const does = {
      frame: (message) => follow(() => turns.frame(message)),
      snapshot: (message) => follow(() => turns.snapshot(message)),
      turn: (message) => follow(() => turns.set(message.row)),
      order: (message) => follow(() => turns.order(message.ids)),
      asks: (message) => follow(() => turns.asks(message)),
      bar: tools.set,
      notice: (message) => tools.tell(message.text),
      keep: (message) => keep(message.bundle) || tools.tell(labels.reloaded),
      all: (message) => setAll(message.state),
    };
    setAll(opening);
    model.on("msg:custom", (message) => {
      revision = message.revision ?? revision;
      does[message.kind]?.(message);
    });

    let queued = 0;
    const watch = new MutationObserver(() => {
      if (queued || (root.isConnected && atHome())) return;
      queued = requestAnimationFrame(() => {
        queued = 0;
        mount();
      });
    });
    if (mark) {
      watch.observe(document.body, { childList: true, subtree: true });
      mount();
    }
    // A page that was reloaded has the state of the panel's first moment: ask for today's.
    say({ kind: "hello", revision });
    const leave = () => {
      if (gone) return;
      gone = true;
      watch.disconnect();
      if (mark) unmount();
      else tools.tell(labels.gone);
      const fields = /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("button, input, textarea, select"));
      for (const field of fields) field.disabled = true;
    };
    // The kernel restarted or died.
    model.on("comm_live_update", leave);
    return leave;
  };

  return {
    initialize,
    /** @param {{ el: HTMLElement }} given */
    render({ el }) {
      el.append(root);
      log.scrollTop = log.scrollHeight;
    },
  };
};
