// Where a report comes in: pasted, dropped or chosen, with what is known of it.  Out: an origin (`api.js`), handed on
// when the person asks to read.  What was put in stays until it is replaced; a pasted text outlives a reload of the tab.

import { example, Trouble } from "./api.js";
import { h, nextId, plain, put, say } from "./dom.js";
import { underway } from "./notice.js";

const ENDINGS = ".txt,.md,.html,.htm,.docx,.pdf,.zip,.doc,.wps";
// A longer text is held beside the field: browsers lay out a field's whole text with every key.
const LONGEST_TYPED = 100_000;
const DRAFT = "baoshu-draft";

export class Intake {
  /** `read(origin, place)` is called with what is to be read, and where to show how it goes. */
  constructor(read, { name = "", drafts = false, label = "读取" } = {}) {
    this.read = read;
    this.drafts = drafts;
    this.file = null;
    this.held = "";
    const ids = { text: nextId("text"), file: nextId("file"), area: nextId("area"), published: nextId("published") };
    this.text = h("textarea", {
      id: ids.text,
      spellcheck: "false",
      placeholder: "把报告全文粘贴到这里，或将文件拖到这里",
      on: { input: () => this.#typed(), paste: (event) => this.#pasted(event) },
    });
    this.chosen = h("p", { class: "chosen", hidden: true });
    this.picker = h("input", { id: ids.file, type: "file", accept: ENDINGS, class: "unseen", on: { change: () => this.#take(this.picker.files[0]) } });
    this.area = h("input", { id: ids.area, type: "text", autocomplete: "off", placeholder: "如 青岚区" });
    this.published = h("input", { id: ids.published, type: "date", min: "1949-10-01", max: "2100-12-31" });
    this.place = h("div", { class: "under-way" });
    this.element = h("form", { class: "intake", "aria-label": name || "提交报告", on: { submit: (event) => this.#submit(event) } },
      h("label", { class: "above", for: ids.text }, name || "报告全文"),
      h("div", { class: "drop" }, this.text, this.chosen),
      h("div", { class: "with" },
        this.picker,
        h("label", { class: "button", for: ids.file }, "选择文件…"),
        h("span", { class: "quiet forms" }, "txt、md、html、docx、pdf、zip"),
        h("label", { for: ids.area }, "地区"), this.area,
        h("label", { for: ids.published }, "发布日期"), this.published,
        h("span", { class: "quiet" }, "可不填，通常能从文中读出")),
      h("div", { class: "go" },
        h("button", { type: "submit", class: "main" }, label),
        h("button", { type: "button", on: { click: () => this.#example() } }, "试用示例"),
        h("button", { type: "button", on: { click: () => this.clear() } }, "清空")),
      this.place);
    this.#hearDrops();
    if (drafts) this.text.value = stored() ?? "";
  }

  /** What is to be read, or a `Trouble` where there is nothing. */
  get origin() {
    const hints = { area: this.area.value.trim(), published: this.published.value };
    if (this.file) return { file: this.file, name: this.file.name, hints };
    const text = wellFormed(this.held || this.text.value);
    if (text.trim() === "") throw new Trouble({ title: "还没有报告", detail: "请粘贴报告全文，或选择一个文件。" });
    return { text, name: "", hints };
  }

  clear() {
    this.#hold("");
    this.#take(null);
    this.text.value = "";
    this.#typed();
    this.text.focus();
  }

  focus() {
    this.text.focus();
  }

  async #submit(event) {
    event?.preventDefault();
    let origin;
    try {
      origin = this.origin;
    } catch (trouble) {
      put(this.place, h("p", { class: "alert", role: "alert" }, `${trouble.title}：${trouble.detail}`));
      this.text.focus();
      return;
    }
    await this.read(origin, this.place, () => this.#submit());
  }

  async #example() {
    const found = await underway(this.place, "正在取示例", (signal) => example({ signal }), () => this.#example());
    if (!found) return;
    this.#take(null);
    this.#hold("");
    this.text.value = found.text;
    this.published.value = found.published ?? "";
    this.area.value = found.area ?? "";
    this.#typed();
    await this.#submit();
  }

  #typed() {
    if (!this.drafts) return;
    try {
      sessionStorage.setItem(DRAFT, this.text.value);
    } catch {
      sessionStorage.removeItem(DRAFT); // more than the browser keeps: the field itself still has it
    }
  }

  #pasted(event) {
    const text = event.clipboardData?.getData("text/plain").replace(/\r\n?/g, "\n") ?? "";
    if (text.length <= LONGEST_TYPED) return;
    event.preventDefault();
    this.#take(null);
    this.#hold(text);
  }

  /** Keep a long text beside the field. */
  #hold(text) {
    this.held = text;
    this.#say(text ? `粘贴的文本，${[...text].length.toLocaleString("zh-CN")} 字` : "", `${text.slice(0, 200)}…`);
  }

  #take(file) {
    this.file = file ?? null;
    this.picker.value = "";
    if (file) this.held = "";
    this.#say(file ? `${file.name}，${sizeText(file.size)}` : "", "");
  }

  #say(what, preview) {
    this.chosen.hidden = what === "";
    this.text.hidden = what !== "";
    put(this.chosen, what === "" ? [] : [
      h("b", {}, what),
      preview ? h("span", { class: "quiet" }, preview) : null,
      h("button", { type: "button", on: { click: () => { this.#hold(""); this.#take(null); this.text.focus(); } } }, "移除"),
    ]);
    if (what) say(`已选择 ${what}`);
  }

  #hearDrops() {
    const over = (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      this.element.classList.toggle("over", event.type === "dragover");
    };
    this.element.addEventListener("dragover", over);
    this.element.addEventListener("dragleave", over);
    this.element.addEventListener("drop", (event) => {
      over(event);
      this.element.classList.remove("over");
      const { files } = event.dataTransfer;
      if (files.length === 0) return;
      this.#take(files[0]);
      if (files.length > 1) put(this.place, h("p", { class: "quiet" }, `一次读一个文件，已取第一个：${plain(files[0].name)}`));
    });
  }
}

const stored = () => sessionStorage.getItem(DRAFT);

/** Halves of characters cannot be sent. */
const wellFormed = (text) => (text.isWellFormed?.() === false ? text.toWellFormed() : text);

const sizeText = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
