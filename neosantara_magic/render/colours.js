// @ts-check
// Cells that ask are Markdown, not Python: their editors are told so while the extension is loaded.
//
// For: the widget that magic.py makes, which shows nothing. Only the model's language changes, which no notebook stores.

const ASKS = /^%%(?:neosantara|ns)(?![\w-])/;
const MARKDOWN = "text/x-ipythongfm";
// The first line is a command: what Markdown makes of two stars in it is not shown. Only our cells are code and Markdown.
const FIRST_LINE = `.jp-CodeCell .cm-content[data-language="markdown"] > .cm-line:first-child span {
  color: inherit !important; font: inherit !important; text-decoration: none !important; }`;

export default {
  /** @param {{ model: any }} given whose manager knows the notebook */
  initialize({ model }) {
    const cells = model.widget_manager?.context?.model?.cells;
    if (!cells?.changed) return; // no JupyterLab and no Notebook 7
    const own = new WeakMap(); // the language that the notebook gave
    let on = true;
    const style = document.head.appendChild(document.createElement("style"));
    style.textContent = FIRST_LINE;
    const look = (/** @type {any} */ cell) => {
      if (cell.type !== "code") return;
      if (cell.mimeType !== MARKDOWN) own.set(cell, cell.mimeType);
      const asks = on && ASKS.test(cell.sharedModel.getSource());
      const wanted = asks ? MARKDOWN : (own.get(cell) ?? "text/x-ipython");
      if (cell.mimeType !== wanted) cell.mimeType = wanted;
    };
    // To connect twice changes nothing. The notebook sets the language anew when a kernel has started.
    const lookAtAll = () => {
      for (const cell of cells) {
        cell.contentChanged.connect(look);
        cell.mimeTypeChanged.connect(look);
        look(cell);
      }
    };
    cells.changed.connect(lookAtAll);
    lookAtAll();
    return () => {
      on = false;
      style.remove();
      cells.changed.disconnect(lookAtAll);
      for (const cell of cells) {
        cell.contentChanged.disconnect(look);
        cell.mimeTypeChanged.disconnect(look);
        look(cell);
      }
    };
  },
  render() {},
};
