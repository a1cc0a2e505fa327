// The answer while it streams: patches the DOM with the frames that widget.py sends.
//
// All HTML in a frame was sanitised in the kernel. The state lives in the model, not in a view,
// so a second view shows the same and a late one misses nothing. No build step: this file and page.js are it.

// Text set anew is laid out anew.
const setText = (node, text) => node.textContent === text || (node.textContent = text);

export default () => {
  const views = new Set();
  const state = { seq: 0, blocks: [], tail: "", cards: "", footer: "", hint: "", running: true, stopping: false };

  const changed = (patch) => views.forEach((view) => view.note(patch));

  const adopt = (snapshot) => {
    if (!snapshot || !(snapshot.seq > state.seq)) return;
    Object.assign(state, { seq: snapshot.seq, blocks: [...snapshot.blocks], tail: snapshot.tail });
    changed({ all: true });
  };

  const apply = (frame) => {
    if ("cards" in frame) state.cards = frame.cards;
    if ("footer" in frame) state.footer = frame.footer;
    // After a gap (a frame was dropped) wait for the next snapshot.
    if (frame.seq !== undefined && frame.seq === state.seq + 1) {
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
    } else changed({});
  };

  const end = () => {
    state.running = false;
    changed({});
  };

  return {
    initialize({ model }) {
      adopt(model.get("snapshot"));
      model.on("change:snapshot", () => adopt(model.get("snapshot")));
      model.on("msg:custom", (message) => {
        if (message.kind !== "end") return apply(message);
        end();
        (message.within || []).forEach((id) => leave(model.widget_manager, id, message.view));
        if (message.made && message.cell) replaceMade(model.widget_manager, message.cell, message.made);
      });
      // The kernel died or restarted: nothing is left to stop.
      model.on("comm_live_update", end);
    },

    render({ model, el }) {
      const labels = model.get("labels");
      // Siblings, as in the end: the theme's margins depend on it.
      const content = html("div", { className: "neosantara-content jp-RenderedHTMLCommon jp-RenderedMarkdown" });
      const cards = html("div", { className: "neosantara-cards jp-RenderedHTMLCommon" });
      const footer = html("span");
      const heard = html("div", { className: "neosantara-heard" });
      const button = html("button", { type: "button", textContent: labels.stop, className: "neosantara-stop" });
      const bar = html("div", { className: "neosantara-bar" }, footer, button);
      const root = html("div", { className: "neosantara" }, content, cards, bar);
      root.setAttribute("role", "log");
      root.setAttribute("aria-live", "off");
      root.setAttribute("aria-label", labels.answer);
      heard.setAttribute("aria-live", "polite");
      keepKeys(root, () => model.widget_manager);
      el.append(root, heard);

      let drawn = [];
      let tail = [];
      let repaired = new Set();
      let all = false;
      let froze = false;
      let queued = 0;
      let shownCards = "";
      let shownTail = "";

      const copied = async (code) => {
        try {
          await navigator.clipboard.writeText(code.textContent);
          return true;
        } catch {
          // No clipboard on plain http: select it for the reader's Ctrl-C.
          getSelection().selectAllChildren(code);
          return false;
        }
      };

      const finished = (node) => {
        for (const code of node.querySelectorAll("pre")) {
          const copy = html("button", { type: "button", textContent: labels.copy, className: "neosantara-copy" });
          const source = code.querySelector("code") ?? code;
          copy.onclick = async () => {
            if (!(await copied(source))) return;
            copy.textContent = labels.copied;
            setTimeout(() => (copy.textContent = labels.copy), 1500);
          };
          code.classList.add("neosantara-code");
          code.append(copy);
        }
        if (/[$\\]/.test(node.textContent)) {
          model.widget_manager?.rendermime?.latexTypesetter?.typeset(node);
        }
      };

      const nodes = (source) => {
        const inert = html("template", { innerHTML: source }).content;
        return [...inert.children];
      };

      // A block is one element; what is not (a whole text of the other engine) gets one around it.
      const block = (source) => {
        const made = nodes(source);
        return made.length === 1 ? made[0] : html("div", {}, ...made);
      };

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
        button.hidden = !state.running;
        button.disabled = state.stopping;
        setText(button, state.stopping ? labels.stopping : labels.stop);
        if (!state.running) root.style.minHeight = "";
      };

      const view = {
        note(patch) {
          all ||= !!patch.all;
          froze ||= !!patch.froze;
          (patch.repaired || []).forEach((index) => repaired.add(index));
          queued ||= requestAnimationFrame(draw);
        },
      };

      const interrupt = async () => {
        if (!state.running) return;
        try {
          await model.widget_manager.kernel.interrupt();
        } catch {
          state.hint = labels.interrupt;
          changed({});
        }
      };

      button.onclick = () => {
        state.stopping = true;
        changed({});
        // A kernel that reads messages only between cells would hear one too late, so it is interrupted.
        // One that does hear is interrupted too if it goes on: a function of the notebook does not listen.
        if (model.get("hears")) model.send({ kind: "stop" });
        setTimeout(interrupt, model.get("hears") ? 100 : 0);
      };

      views.add(view);
      draw();
      return () => {
        views.delete(view);
        cancelAnimationFrame(queued);
      };
    },
  };
};
