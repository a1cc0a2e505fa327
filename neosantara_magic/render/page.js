// @ts-check
// What answers and panels need of the page around them: elements, the clipboard, the notebook's keys.
//
// A script without imports: Python puts it in front of the files that use it (`joined` in render/widget.py). No build step.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [props]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
const html = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

/**
 * @template {Element} Node
 * @param {Node} node
 * @param {Record<string, string>} given attributes; ARIA's are no properties in older browsers
 * @returns {Node}
 */
const having = (node, given) => {
  for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
  return node;
};

/**
 * @param {string} textContent
 * @param {(event: MouseEvent) => void} onclick
 * @returns {HTMLButtonElement}
 */
const button = (textContent, onclick, className = "") => html("button", { type: "button", textContent, onclick, className });

/** @param {string} text */
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

/**
 * A button that copies, and says so for a moment.
 *
 * @param {Record<string, string>} labels
 * @param {() => string} text
 */
const copyButton = (labels, text, className = "") => {
  const made = button(labels.copy, async () => {
    const done = await copyText(text());
    made.focus(); // the old way takes the focus with it
    if (done) made.textContent = labels.copied;
    setTimeout(() => (made.textContent = labels.copy), 1500);
  }, className);
  return made;
};

/**
 * Keys typed here are ours: Enter, Escape, arrows and letters would else be the notebook's commands. Saving stays one.
 * JupyterLab looks at the element that has the focus first, so it is there that the mark must stand.
 *
 * @param {HTMLElement} root
 * @param {() => any} [manager] JupyterLab's widget manager, which knows the document
 */
const keepKeys = (root, manager = () => null) => {
  root.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement) target.dataset.lmSuppressShortcuts = "true";
  });
  root.addEventListener("keydown", (event) => {
    const save = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "s";
    const { context } = manager() ?? {};
    if (!save || !context) return;
    event.preventDefault();
    context.save();
  });
};
