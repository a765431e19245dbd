// Whether a new model is to become current: what was measured, what it would change, and what speaks against it.  Out:
// whether the person wants it.

import { h } from "../dom.js";

/** `changes`: what the archive's preview found, null where nobody has looked; `current`: the model that reads now. */
export function askToPromote({ run, current, changes }) {
  return new Promise((resolve) => {
    const close = (wanted) => {
      dialog.close();
      dialog.remove();
      resolve(wanted);
    };
    const doubts = [
      changes === null ? "还没有看过档案会有哪些变化（预览）。" : null,
      changes && changes.reports.from_only > 0 ? `预览没有包括 ${changes.reports.from_only} 份新模型没有读过的报告。` : null,
      current !== run.parent ? `门禁把它与 ${run.parent} 相比，而当前模型是 ${current}。` : null,
    ].filter(Boolean);
    const dialog = h("dialog", { class: "key", "aria-label": "启用新模型", on: {
      cancel: (event) => {
        event.preventDefault();
        close(false);
      },
      keydown: (event) => event.stopPropagation(),
    } },
    h("form", { method: "dialog", on: { submit: (event) => {
      event.preventDefault();
      close(true);
    } } },
    h("h2", {}, `启用 ${run.candidate}？`),
    h("p", {}, `此后的读取都用它，不再用 ${current}；随时可以退回。`),
    changes ? h("p", {}, `档案中新增 ${changes.observations.added} 个数，不再有 ${changes.observations.gone} 个，改变 ${changes.observations.changed} 个。`) : null,
    doubts.length > 0 ? h("ul", { class: "doubts" }, doubts.map((doubt) => h("li", {}, doubt))) : null,
    h("p", { class: "buttons" },
      h("button", { type: "submit", class: "main" }, "启用"),
      h("button", { type: "button", on: { click: () => close(false) } }, "取消"))));
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("button").focus();
  });
}
