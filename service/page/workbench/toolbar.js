// Above the text: what report this is, how far it has come, and the buttons for what keys do.

import { h, oncePerFrame, put } from "../dom.js";
import { STATES } from "./labels.js";
import { countOf } from "./navigation.js";

export class Toolbar {
  constructor(desk) {
    this.desk = desk;
    this.progress = h("progress", { max: "1", "aria-label": "已接受的数" });
    this.counts = h("span", { class: "facts" });
    this.saved = h("span", { class: "saved", role: "status" });
    const { report, task } = desk.annotation;
    const button = (text, key, act) => h("button", { type: "button", title: key, on: { click: () => {
      act();
      desk.focus();
    } } }, text);
    this.back = button("撤销", "Ctrl+Z", () => desk.undo());
    this.again = button("重做", "Ctrl+Y", () => desk.redo());
    this.element = h("div", { class: "head toolbar" },
      h("h2", {}, report.title || "未题名的报告"),
      h("span", { class: `state s-${task.state}` }, STATES[task.state]),
      this.progress, this.counts, this.saved,
      h("span", { class: "tool-buttons" },
        this.back, this.again,
        button("接受本句", "J", () => desk.accept("sentence")),
        button("接受全文", "Shift+A", () => desk.accept("all")),
        button("比对版本", "", () => desk.on.compare()),
        button("按键", "?", () => desk.showKeys()),
        button("保存", "Ctrl+S", () => desk.save("in_work")),
        h("button", { type: "button", class: "main", title: "Ctrl+Enter", on: { click: () => desk.finish() } }, "完成，下一份")));
    this.update = oncePerFrame(() => this.#update());
    this.#update();
  }

  /** Whether and where the work is kept. */
  say(text, kind = "") {
    this.saved.className = `saved ${kind}`;
    put(this.saved, text);
  }

  #update() {
    const { work } = this.desk;
    const all = work.ordered.length;
    const [proposed, unsure] = [countOf(work, "proposed"), countOf(work, "unsure")];
    this.progress.value = all === 0 ? 1 : (all - proposed) / all;
    put(this.counts, `已接受 ${all - proposed} / ${all}，存疑 ${unsure}`);
    this.back.disabled = work.taken.length === 0;
    this.again.disabled = work.takenBack.length === 0;
  }
}
