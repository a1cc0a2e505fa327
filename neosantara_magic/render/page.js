// What an answer does outside its view: keys of the notebook, outputs and cells around it.
//
// For: what widget.js and panel.js use; widget.py puts this in front of them.

const html = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

// Keys typed here are ours: Enter, Escape, arrows and letters would else be the notebook's commands. Saving stays one.
// JupyterLab looks at the element that has the focus first, so it is there that the mark must stand.
const keepKeys = (root, manager) => {
  root.addEventListener("focusin", (event) => (event.target.dataset.lmSuppressShortcuts = "true"));
  root.addEventListener("keydown", (event) => {
    const save = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "s";
    const { context } = manager() ?? {};
    if (!save || !context) return;
    event.preventDefault();
    context.save();
  });
};

// `--code`: the kernel's reply puts a new cell below. The cell that an earlier run put there goes, unless somebody
// changed it; if it says the same, the new one goes, so outputs stay.
const replaceMade = (manager, asking, source, tries = 50) => {
  const book = manager?.context?.model?.sharedModel;
  if (!book || !tries) return;
  const sum = (text) => [...text].reduce((so, sign) => (Math.imul(so, 31) + sign.codePointAt(0)) | 0, 0);
  const key = "neosantara";
  const made = book.cells[book.cells.findIndex((cell) => cell.id === asking) + 1];
  if (made?.getSource() !== source || made.getMetadata(key)) {
    setTimeout(replaceMade, 100, manager, asking, source, tries - 1); // the reply is on its way
    return;
  }
  const before = book.cells.find((cell) => {
    const mark = cell.getMetadata(key);
    return mark?.code_of === asking && mark.sum === sum(cell.getSource());
  });
  const stays = before?.getSource() === source;
  if (!stays) made.setMetadata(key, { code_of: asking, sum: sum(source) });
  if (before) book.deleteCell(book.cells.indexOf(stays ? made : before));
};

// An ipywidgets Output would keep the dead view beside the final form.
const leave = async (manager, id, view) => {
  const output = await manager.get_model(id);
  const mine = (one) => one.data?.["application/vnd.jupyter.widget-view+json"]?.model_id === view;
  output.set("outputs", output.get("outputs").filter((one) => !mine(one)));
  output.save_changes();
};

