// Who works here.  Where keys are in use the service knows by the key; the name then only finds one's own tasks.  It is
// kept in this browser.

import { h, nextId, put } from "../dom.js";

const NAME = "baoshu-annotator";
const LONGEST = 50;

class Who {
  constructor() {
    this.button = h("button", { type: "button", title: "换人", on: { click: () => this.#ask() } });
    this.element = h("span", { class: "who" }, "标注者 ", this.button);
    this.#show();
  }

  get name() {
    return localStorage.getItem(NAME) ?? "";
  }

  /** Asks where nobody has said it yet. */
  async known() {
    if (!this.name) await this.#ask();
  }

  #show() {
    put(this.button, this.name || "未填");
  }

  #ask() {
    return new Promise((resolve) => {
      const id = nextId("who");
      const field = h("input", { id, type: "text", maxlength: LONGEST, required: true, autocomplete: "off", value: this.name });
      const done = () => {
        dialog.remove();
        this.#show();
        resolve();
      };
      const form = h("form", { method: "dialog", on: { submit: (event) => {
        event.preventDefault();
        if (!field.value.trim()) return;
        localStorage.setItem(NAME, field.value.trim());
        dialog.close();
        done();
      } } },
      h("h2", {}, "您的名字"),
      h("p", {}, "标注会记在这个名下；使用密钥时以密钥的名字为准，请填同一个。"),
      h("label", { for: id }, "名字"), field,
      h("p", { class: "buttons" }, h("button", { type: "submit", class: "main" }, "确定")));
      const dialog = h("dialog", { class: "key", "aria-label": "您的名字", on: { cancel: (event) => {
        if (!this.name) event.preventDefault();
        else done();
      } } }, form);
      document.body.append(dialog);
      dialog.showModal();
      field.focus();
    });
  }
}

export const who = new Who();
