// @ts-check
// One answer while it streams: the state that frames change, and the views that draw it.
//
// All HTML in a frame was sanitised in the kernel. The state lives beside the views, so a second view shows the same
// and a late one misses nothing. Needs page.js.

/**
 * What the kernel sends of an answer (render/widget.py says how a frame is applied). All counts are UTF-16 units.
 *
 * @typedef {{ seq?: number, keep: number, put: string, end?: number, cut?: number[], repair?: [number, string][],
 *   cards?: string, footer?: string }} Frame
 * @typedef {{ seq: number, blocks: string[], tail: string }} Snapshot
 * @typedef {{ labels: Record<string, string>, typeset?: (node: HTMLElement) => void, stop?: () => void }} Around
 *   Its words; what draws formulas; what Stop does. Without `stop` there is no button.
 * @typedef {ReturnType<typeof makeAnswer>} Answer
 */

/** @param {Around} around */
const makeAnswer = ({ labels, typeset, stop }) => {
  /** @type {Set<{note: (patch: Patch) => void}>} */
  const views = new Set();
  const state = {
    seq: 0,
    blocks: /** @type {string[]} */ ([]),
    tail: "",
    cards: "",
    footer: "",
    hint: "",
    running: true,
    stopping: false,
  };

  /** @typedef {{ all?: boolean, froze?: boolean, repaired?: number[] }} Patch */
  /** @param {Patch} patch */
  const changed = (patch = {}) => views.forEach((view) => view.note(patch));

  /** @param {Partial<Snapshot> | null | undefined} snapshot */
  const adopt = (snapshot) => {
    if (!snapshot?.blocks || !(Number(snapshot.seq) > state.seq)) return;
    Object.assign(state, { seq: snapshot.seq, blocks: [...snapshot.blocks], tail: snapshot.tail });
    changed({ all: true });
  };

  /** @param {Partial<Frame>} frame */
  const apply = (frame) => {
    if (frame.cards !== undefined) state.cards = frame.cards;
    if (frame.footer !== undefined) state.footer = frame.footer;
    // After a gap (a frame was dropped) wait for the next snapshot.
    if (frame.seq === undefined || frame.seq !== state.seq + 1) return changed();
    state.seq = frame.seq;
    for (const [index, block] of frame.repair || []) state.blocks[index] = block;
    const { tail } = state;
    let now = tail.slice(0, frame.keep) + frame.put + tail.slice(tail.length - (frame.end || 0));
    for (const length of frame.cut || []) {
      state.blocks.push(now.slice(0, length));
      now = now.slice(length);
    }
    state.tail = now;
    changed({ repaired: (frame.repair || []).map(([index]) => index), froze: !!frame.cut });
  };

  const end = () => {
    state.running = false;
    changed();
  };

  /** @param {string} text */
  const hint = (text) => {
    state.hint = text;
    changed();
  };

  /** @param {string} source */
  const nodes = (source) => {
    const inert = html("template", { innerHTML: source }).content;
    return /** @type {HTMLElement[]} */ ([...inert.children]);
  };

  /**
   * A block is one element; what is not (a whole text of the other engine) gets one around it.
   *
   * @param {string} source
   */
  const block = (source) => {
    const made = nodes(source);
    return made.length === 1 ? made[0] : html("div", {}, ...made);
  };

  /** @param {HTMLElement} node */
  const finished = (node) => {
    for (const code of node.matches("pre") ? [node] : node.querySelectorAll("pre")) {
      const source = code.querySelector("code") ?? code;
      const words = source.textContent ?? "";
      code.classList.add("neosantara-code");
      code.append(copyButton(labels, () => words, "neosantara-copy"));
    }
    if (/[$\\]/.test(node.textContent ?? "")) typeset?.(node);
  };

  /**
   * Text set anew is laid out anew.
   *
   * @param {Node} node
   * @param {string} text
   */
  const setText = (node, text) => node.textContent === text || (node.textContent = text);

  /**
   * Draw the answer in `el`.
   *
   * @param {HTMLElement} el
   * @returns {() => void} ends the view
   */
  const view = (el) => {
    // Siblings, as in the end: the theme's margins depend on it.
    const content = html("div", { className: "neosantara-content jp-RenderedHTMLCommon jp-RenderedMarkdown" });
    const cards = html("div", { className: "neosantara-cards jp-RenderedHTMLCommon" });
    const footer = html("span");
    const heard = having(html("div", { className: "neosantara-heard" }), { "aria-live": "polite" });
    const stopButton = button(labels.stop, () => {
      state.stopping = true;
      changed();
      stop?.();
    }, "neosantara-stop");
    const bar = html("div", { className: "neosantara-bar" }, footer, ...(stop ? [stopButton] : []));
    const root = html("div", { className: "neosantara" }, content, cards, bar);
    having(root, { role: "log", "aria-live": "off", "aria-label": labels.answer });
    el.append(root, heard);

    /** @type {HTMLElement[]} */
    let drawn = [];
    /** @type {HTMLElement[]} */
    let tail = [];
    /** @type {Set<number>} */
    let repaired = new Set();
    let all = false;
    let froze = false;
    let queued = 0;
    let shownCards = "";
    let shownTail = "";

    const draw = () => {
      queued = 0;
      if (all) {
        content.replaceChildren();
        drawn = [];
        shownTail = "";
        all = false;
      }
      // While a block moves from the tail to its final place nothing below may jump.
      if (froze && state.running) root.style.minHeight = `${root.offsetHeight}px`;
      froze = false;
      for (const index of repaired) {
        if (index >= drawn.length) continue;
        const node = block(state.blocks[index]);
        drawn[index].replaceWith(node);
        drawn[index] = node;
        finished(node);
      }
      repaired = new Set();
      const spoken = [];
      const moved = drawn.length < state.blocks.length;
      if (moved || shownTail !== state.tail) tail.forEach((node) => node.remove());
      while (drawn.length < state.blocks.length) {
        const node = block(state.blocks[drawn.length]);
        drawn.push(node);
        content.append(node);
        spoken.push(node.textContent);
        finished(node);
      }
      if (spoken.length) heard.textContent = spoken.join("\n");
      if (moved || shownTail !== state.tail) content.append(...(tail = nodes((shownTail = state.tail))));
      if (shownCards !== state.cards) {
        shownCards = state.cards;
        const open = [...cards.querySelectorAll("details")].map((card) => card.open);
        cards.innerHTML = state.cards;
        cards.querySelectorAll("details").forEach((card, i) => open[i] && (card.open = true));
      }
      setText(footer, state.hint || state.footer);
      root.setAttribute("aria-busy", String(state.running));
      stopButton.hidden = !state.running;
      stopButton.disabled = state.stopping;
      setText(stopButton, state.stopping ? labels.stopping : labels.stop);
      if (!state.running) root.style.minHeight = "";
    };

    const shown = {
      /** @param {Patch} patch */
      note(patch) {
        all ||= !!patch.all;
        froze ||= !!patch.froze;
        (patch.repaired || []).forEach((index) => repaired.add(index));
        queued ||= requestAnimationFrame(draw);
      },
    };
    views.add(shown);
    draw();
    return () => {
      views.delete(shown);
      cancelAnimationFrame(queued);
    };
  };

  return { adopt, apply, end, hint, view, running: () => state.running };
};
