// Asking for the key of a service that needs one.  Out: the key, or null where the person does not give one.

import { h, nextId, put } from "./dom.js";

/** `wrong`: a key was given and did not do. */
export function askForKey(wrong, trouble) {
  return new Promise((resolve) => {
    const id = nextId("key");
    const field = h("input", { id, type: "password", autocomplete: "off", required: true, spellcheck: "false" });
    const close = (key) => {
      dialog.close();
      dialog.remove();
      resolve(key);
    };
    const form = h("form", { method: "dialog", on: { submit: (event) => {
      event.preventDefault();
      // A key is one word of ASCII; anything else cannot be sent in a header.
      const key = field.value.trim();
      if (/^[\x21-\x7e]+$/.test(key)) close(key);
      else put(said, "密钥由字母、数字与符号组成，中间没有空格。");
    } } });
    const said = h("p", { class: "quiet", role: "status" }, wrong ? trouble.detail : "");
    put(form,
      h("h2", {}, "需要密钥"),
      h("p", {}, "这个服务只向持有密钥的人开放。密钥由管理员发放，只在本标签页打开期间保存。"),
      h("label", { for: id }, "密钥"), field, said,
      h("p", { class: "buttons" },
        h("button", { type: "submit", class: "main" }, "确定"),
        h("button", { type: "button", on: { click: () => close(null) } }, "取消")));
    const dialog = h("dialog", { class: "key", "aria-label": "需要密钥", on: { cancel: (event) => {
      event.preventDefault();
      close(null);
    } } }, form);
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}
