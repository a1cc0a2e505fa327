// What ipywidgets' controls lack, for those of the playground: their keys are theirs, and their sliders have names.
export default {
  render({ el }) {
    const box = () => el.closest(".widget-vbox");

    const name = () => {
      for (const slider of box().querySelectorAll(".widget-slider")) {
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
      if (!box()) {
        queued = requestAnimationFrame(settle);
        return;
      }
      // An arrow key would else move the notebook's selection, and "x" cut the cell. JupyterLab looks at the element
      // that has the focus first, so it is there that the mark must stand.
      box().addEventListener("focusin", (event) => (event.target.dataset.lmSuppressShortcuts = "true"));
      watch.observe(box(), { childList: true, subtree: true });
      name();
    };
    settle();
    return () => {
      cancelAnimationFrame(queued);
      watch.disconnect();
    };
  },
};
