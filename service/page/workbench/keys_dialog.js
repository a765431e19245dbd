// All keys of the desk, over it.

import { h } from "../dom.js";
import { GROUPS, shown } from "./commands.js";
import { LABELS } from "./labels.js";

export function showKeys() {
  const close = () => {
    dialog.close();
    dialog.remove();
  };
  const dialog = h("dialog", { class: "keys", "aria-label": "全部按键", on: {
    cancel: close,
    keydown: (event) => {
      event.stopPropagation();
      if (event.key !== "?" && event.key !== "Escape") return;
      event.preventDefault();
      close();
    },
    click: (event) => event.target === dialog && close(),
  } },
  h("h2", {}, "全部按键", h("button", { type: "button", on: { click: close } }, "关闭")),
  h("div", { class: "key-groups" }, GROUPS.map(({ name, commands }) => h("section", {},
    h("h3", {}, name),
    h("dl", {}, commands.map(({ keys, text }) => [
      h("dt", {}, keys.length > 4 ? [h("kbd", {}, "1"), "…", h("kbd", {}, "=")] : keys.map((key) => h("kbd", {}, shown(key)))),
      h("dd", {}, text),
    ]))))),
  h("section", {}, h("h3", {}, "标签"), h("p", { class: "label-keys" }, LABELS.map(({ name, key, text, sign }) => h("span", {},
    h("kbd", {}, key), h("mark", { class: `span l-${name.toLowerCase()}`, data: { sign } }, text))))),
  h("p", { class: "quiet" }, "鼠标：点选标注；划选文字后点标签；Ctrl+点击或从数拖到目标即关联、再来一次即取消。"));
  document.body.append(dialog);
  dialog.showModal();
}
