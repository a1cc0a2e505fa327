// @ts-check
// The panel's conversation: each question, its answer (an answer.js), and what a tool asks before it runs.
//
// What the kernel sends as HTML was sanitised there; everything else is set as text. Needs page.js and answer.js.

const UNREAD = 700; // milliseconds in which no key runs a call: nobody has read what it would do

/**
 * @typedef {{ ticket: string, asks: string, arguments: string, run_all: string }} Asks a call that waits for a decision
 * @typedef {{ id: string, question: string, typed: string, images?: string[], links?: string[], running?: boolean,
 *   error?: string, asks?: Asks | null,
 *   answer?: { blocks: string[], cards: string, footer: string, copy: string } | null }} Row
 * @typedef {{ row: Row, node: HTMLElement, asks: HTMLElement, answer: Answer | null, answerNode: HTMLElement | null,
 *   leave: () => void }} Entry
 * @typedef {{ labels: Record<string, string>, say: (message: object) => void, speak: (text: string) => void,
 *   typeset?: (node: HTMLElement) => void, input: HTMLElement, idle: () => boolean }} Panel
 *   What the turns know of the panel: its words, the kernel's ear, the reader's ear, where the focus goes, and whether
 *   somebody is here without typing.
 */

/** @param {Panel} panel */
const makeTurns = ({ labels, say, speak, typeset, input, idle }) => {
  const log = having(html("ol", { className: "neosantara-log", tabIndex: 0 }), { "aria-label": labels.log });
  /** @type {Map<string, Entry>} */
  const entries = new Map();

  /**
   * What goes must not take the focus with it: the next key would be the notebook's.
   *
   * @param {HTMLElement} node
   * @param {() => void} change
   */
  const keepFocus = (node, change) => {
    const focused = node.contains(document.activeElement) && document.activeElement;
    change();
    if (!focused || focused.isConnected) return;
    const again = focused.className && node.querySelector(`button.${focused.className}`);
    /** @type {HTMLElement} */ (again || input).focus();
  };

  /** @param {Row} row */
  const drawQuestion = (row) => {
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

  /** @param {Entry} entry */
  const edit = (entry) => {
    const field = having(html("textarea", { value: entry.row.typed, rows: 3 }), { "aria-label": labels.input });
    const braces = watchBraces(field);
    const leave = () => {
      draw(entry);
      entry.node.querySelector("button")?.focus();
    };
    const ask = () => {
      if (!field.value.trim()) return;
      say({ kind: "edit", turn: entry.row.id, text: field.value, raw: braces.foreign });
      leave();
    };
    onEnter(field, ask, leave);
    const bar = html("div", { className: "neosantara-actions" }, button(labels.ask_again, ask), button(labels.cancel, leave));
    entry.node.querySelector(".neosantara-question")?.replaceChildren(field, bar);
    field.focus();
  };

  /** @param {Entry} entry */
  const drawAsks = (entry) => {
    const { asks } = entry.row;
    keepFocus(entry.asks, () => entry.asks.replaceChildren());
    if (!asks) return;
    const shown = performance.now();
    /** @param {"run" | "refuse" | "run_all"} decision */
    const decide = (decision) => (/** @type {MouseEvent} */ event) => {
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
    having(box, { role: "group", "aria-label": asks.asks });
    box.append(html("strong", { textContent: asks.asks }), html("pre", { textContent: asks.arguments }), buttons);
    entry.asks.append(box);
    speak(`${asks.asks} ${asks.arguments}`);
    // Somebody who is not typing is taken to the question, where Enter and Space do nothing; Tab leads to the buttons.
    if (idle()) box.focus();
  };

  /** @param {Entry} entry */
  const draw = (entry) => {
    const { row, node } = entry;
    const questionBar = html("div", { className: "neosantara-actions" });
    const answerBar = html("div", { className: "neosantara-actions" });
    if (!row.running) {
      /** @param {string} text */
      const of = (text, /** @type {string} */ kind) => {
        const made = button(text, () => say({ kind, turn: row.id }), `neosantara-${kind}`);
        return having(made, { "aria-label": `${text}: ${row.question.slice(0, 60)}` });
      };
      questionBar.append(button(labels.edit, () => edit(entry), "neosantara-edit"));
      answerBar.append(of(labels.ask_again, "again"));
      const { answer } = row;
      if (answer) answerBar.append(of(labels.fork, "fork"), copyButton(labels, () => answer.copy));
    }
    const question = drawQuestion(row);
    question.append(questionBar);
    const error = html("p", { className: "neosantara-error", textContent: row.error || "" });
    node.setAttribute("aria-busy", String(!!row.running));
    keepFocus(node, () => {
      node.replaceChildren(question, entry.answerNode ?? "", entry.asks, error, answerBar);
      drawAsks(entry);
    });
  };

  /** @param {Row} row */
  const set = (row) => {
    const entry = entries.get(row.id) || {
      row,
      node: html("li", { className: "neosantara-turn" }),
      asks: html("div"),
      answer: null,
      answerNode: null,
      leave: () => {},
    };
    entries.set(row.id, entry);
    entry.row = row;
    entry.leave();
    Object.assign(entry, { answer: null, answerNode: null, leave: () => {} });
    if (row.running || row.answer) {
      const answer = makeAnswer({ labels, typeset });
      const answerNode = html("div", { className: "neosantara-turn-answer" });
      if (row.answer) {
        const { blocks, cards, footer } = row.answer;
        answer.adopt({ seq: 1, blocks, tail: "" });
        answer.apply({ cards, footer });
        answer.end();
      }
      Object.assign(entry, { answer, answerNode, leave: answer.view(answerNode) });
    }
    draw(entry);
    if (!entry.node.isConnected) log.append(entry.node);
  };

  /** @param {string[]} ids */
  const order = (ids) => {
    for (const [id, entry] of entries) {
      if (ids.includes(id)) continue;
      entry.leave();
      entry.node.remove();
      entries.delete(id);
    }
    ids.forEach((id, at) => {
      const entry = entries.get(id);
      if (entry && log.children[at] !== entry.node) log.insertBefore(entry.node, log.children[at] ?? null);
    });
  };

  return {
    log,
    set,
    order,
    /** @param {Frame & { turn: string }} message */
    frame: (message) => entries.get(message.turn)?.answer?.apply(message),
    /** @param {Snapshot & { turn: string }} message */
    snapshot: (message) => entries.get(message.turn)?.answer?.adopt(message),
    /** @param {{ turn: string, asks: Asks | null }} message */
    asks: ({ turn, asks }) => {
      const entry = entries.get(turn);
      if (!entry) return;
      entry.row.asks = asks;
      drawAsks(entry);
    },
  };
};
