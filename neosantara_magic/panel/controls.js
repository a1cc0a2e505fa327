// @ts-check
// What ipywidgets' controls lack, for those of the playground: their keys are theirs, and their sliders have names.
//
// Needs page.js.

export default {
  /** @param {{ el: HTMLElement }} given */
  render({ el }) {
    const box = () => /** @type {HTMLElement | null} */ (el.closest(".widget-vbox"));

    const name = () => {
      for (const slider of box()?.querySelectorAll(".widget-slider") ?? []) {
        const label = slider.querySelector(".widget-label")?.textContent ?? "";
        for (const handle of slider.querySelectorAll("[role=slider]")) {
          if (handle.getAttribute("aria-label") !== label) handle.setAttribute("aria-label", label);
        }
      }
    };

    // The controls beside this one are drawn one by one, and this one before it is in the page.
    const watch = new MutationObserver(name);
    let queued = 0;
    const settle = () => {
      const around = box();
      if (!around) {
        queued = requestAnimationFrame(settle);
        return;
      }
      keepKeys(around); // an arrow key would else move the notebook's selection, and "x" cut the cell
      watch.observe(around, { childList: true, subtree: true });
      name();
    };
    settle();
    return () => {
      cancelAnimationFrame(queued);
      watch.disconnect();
    };
  },
};
