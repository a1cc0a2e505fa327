// @ts-check
// The answer of a cell: an answer.js whose frames come through anywidget's model. Needs page.js and answer.js.

/**
 * @typedef {{ snapshot: Snapshot, labels: Record<string, string>, hears: boolean }} Traits
 * @typedef {import("@anywidget/types").AnyModel<Traits> & { widget_manager?: any }} Model
 *   JupyterLab's manager also knows the notebook.
 */

/**
 * `--code`: the kernel's reply puts a new cell below. The cell that an earlier run put there goes, unless somebody
 * changed it; if it says the same, the new one goes, so outputs stay.
 *
 * @param {any} manager
 * @param {string} asking
 * @param {string} source
 */
const replaceMade = (manager, asking, source, tries = 50) => {
  const book = manager?.context?.model?.sharedModel;
  if (!book || !tries) return;
  const sum = (/** @type {string} */ text) =>
    [...text].reduce((so, sign) => (Math.imul(so, 31) + Number(sign.codePointAt(0))) | 0, 0);
  const key = "neosantara";
  const made = book.cells[book.cells.findIndex((/** @type {any} */ cell) => cell.id === asking) + 1];
  if (made?.getSource() !== source || made.getMetadata(key)) {
    setTimeout(replaceMade, 100, manager, asking, source, tries - 1); // the reply is on its way
    return;
  }
  const before = book.cells.find((/** @type {any} */ cell) => {
    const mark = cell.getMetadata(key);
    return mark?.code_of === asking && mark.sum === sum(cell.getSource());
  });
  const stays = before?.getSource() === source;
  if (!stays) made.setMetadata(key, { code_of: asking, sum: sum(source) });
  if (before) book.deleteCell(book.cells.indexOf(stays ? made : before));
};

/**
 * An ipywidgets Output would keep the dead view beside the final form.
 *
 * @param {any} manager
 * @param {string} id of the Output's model
 * @param {string} view
 */
const leaveOutput = async (manager, id, view) => {
  const output = await manager.get_model(id);
  const mine = (/** @type {any} */ one) => one.data?.["application/vnd.jupyter.widget-view+json"]?.model_id === view;
  output.set("outputs", output.get("outputs").filter((/** @type {any} */ one) => !mine(one)));
  output.save_changes();
};

export default () => {
  /** @type {Answer} */
  let answer;

  return {
    /** @param {{ model: Model }} given */
    initialize({ model }) {
      const labels = model.get("labels");
      const interrupt = async () => {
        if (!answer.running()) return;
        try {
          await model.widget_manager.kernel.interrupt();
        } catch {
          answer.hint(labels.interrupt);
        }
      };
      answer = makeAnswer({
        labels,
        typeset: (node) => model.widget_manager?.rendermime?.latexTypesetter?.typeset(node),
        stop: () => {
          // A kernel that reads messages only between cells would hear one too late, so it is interrupted.
          // One that does hear is interrupted too if it goes on: a function of the notebook does not listen.
          if (model.get("hears")) model.send({ kind: "stop" });
          setTimeout(interrupt, model.get("hears") ? 100 : 0);
        },
      });
      answer.adopt(model.get("snapshot"));
      model.on("change:snapshot", () => answer.adopt(model.get("snapshot")));
      model.on("msg:custom", (message) => {
        if (message.kind !== "end") return answer.apply(message);
        answer.end();
        for (const id of message.within || []) leaveOutput(model.widget_manager, id, message.view);
        if (message.made && message.cell) replaceMade(model.widget_manager, message.cell, message.made);
      });
      // The kernel died or restarted: nothing is left to stop.
      model.on("comm_live_update", answer.end);
    },

    /** @param {{ model: Model, el: HTMLElement }} given */
    render({ model, el }) {
      keepKeys(el, () => model.widget_manager);
      return answer.view(el);
    },
  };
};
