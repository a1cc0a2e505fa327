// The answer while it streams: patches the DOM with the frames that widget.py sends.
//
// All HTML in a frame was sanitised in the kernel. The state lives in the model, not in a view,
// so a second view shows the same and a late one misses nothing. No build step: this file is it.

const html = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

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
    // A gap means that a frame was dropped: wait for the next snapshot rather than show a wrong text.
    if (frame.seq !== undefined && frame.seq === state.seq + 1) {
      state.seq = frame.seq;
      for (const [index, block] of frame.repair || []) state.blocks[index] = block;
      state.blocks.push(...(frame.freeze || []));
      state.tail = state.tail.slice(0, frame.keep) + frame.tail;
      changed({ repaired: (frame.repair || []).map(([index]) => index), froze: !!frame.freeze });
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
        if (message.kind === "frame") apply(message);
        if (message.kind === "end") end();
      });
      // The kernel restarted or died: there is nothing left to stop.
      model.on("comm_live_update", end);
    },

    render({ model, el }) {
      const labels = model.get("labels");
      const blocks = html("div");
      const tail = html("div");
      const cards = html("div");
      const footer = html("span");
      const heard = html("div", { className: "neosantara-heard" });
      const button = html("button", { type: "button", textContent: labels.stop, className: "neosantara-stop" });
      const bar = html("div", { className: "neosantara-bar" }, footer, button);
      const root = html("div", { className: "neosantara jp-RenderedHTMLCommon jp-RenderedMarkdown" });
      root.append(blocks, tail, cards, bar);
      root.setAttribute("role", "log");
      root.setAttribute("aria-live", "off");
      root.setAttribute("aria-label", labels.answer);
      heard.setAttribute("aria-live", "polite");
      // Enter on a button would else be the notebook's: edit this cell.
      bar.dataset.lmSuppressShortcuts = blocks.dataset.lmSuppressShortcuts = "true";
      el.append(root, heard);

      let drawn = 0;
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
          // No clipboard on a plain http page: select it, and the reader's Ctrl-C does the rest.
          getSelection().selectAllChildren(code);
          return false;
        }
      };

      const finished = (node) => {
        for (const code of node.querySelectorAll("pre")) {
          const copy = html("button", { type: "button", textContent: labels.copy, className: "neosantara-copy" });
          copy.onclick = async () => {
            if (!(await copied(code))) return;
            copy.textContent = labels.copied;
            setTimeout(() => (copy.textContent = labels.copy), 1500);
          };
          const box = html("div", { className: "neosantara-code" });
          code.replaceWith(box);
          box.append(code, copy);
        }
        if (/[$\\]/.test(node.textContent)) {
          model.widget_manager?.rendermime?.latexTypesetter?.typeset(node);
        }
      };

      const block = (source) => html("div", { innerHTML: source });

      const draw = () => {
        queued = 0;
        if (all) {
          blocks.replaceChildren();
          drawn = 0;
          all = false;
        }
        // While a block moves from the tail to its final place nothing below may jump.
        if (froze && state.running) root.style.minHeight = `${root.offsetHeight}px`;
        froze = false;
        for (const index of repaired) {
          if (index < drawn) {
            const node = block(state.blocks[index]);
            blocks.children[index].replaceWith(node);
            finished(node);
          }
        }
        repaired = new Set();
        const spoken = [];
        for (; drawn < state.blocks.length; drawn++) {
          const node = block(state.blocks[drawn]);
          blocks.append(node);
          spoken.push(node.textContent);
          finished(node);
        }
        if (spoken.length) heard.textContent = spoken.join("\n");
        if (shownTail !== state.tail) tail.innerHTML = shownTail = state.tail;
        if (shownCards !== state.cards) {
          shownCards = state.cards;
          const open = [...cards.querySelectorAll("details")].map((card) => card.open);
          cards.innerHTML = state.cards;
          cards.querySelectorAll("details").forEach((card, i) => open[i] && (card.open = true));
        }
        footer.textContent = state.hint || state.footer;
        root.setAttribute("aria-busy", String(state.running));
        button.hidden = !state.running;
        button.disabled = state.stopping;
        button.textContent = state.stopping ? labels.stopping : labels.stop;
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
