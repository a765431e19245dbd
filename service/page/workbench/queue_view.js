// The queue: what is to be annotated, what teaches most first, how far all has come, and unsaved work of this browser.

import { h, put } from "../dom.js";
import { alertOf } from "../notice.js";
import { assign, queue } from "./annotations_api.js";
import { STATES } from "./labels.js";

const OPEN = ["new", "pre_annotated", "in_work"];

export class QueueView {
  /** `on`: `open(report)`, `resume(draft)`, `drafts`, `who()`. */
  constructor(place, on) {
    this.on = on;
    this.asked = { state: "", mine: false, q: "" };
    this.counts = h("div", { class: "progress-counts", role: "group", "aria-label": "进度" });
    this.list = h("tbody", {});
    this.more = h("p", { class: "buttons" });
    this.trouble = h("div", {});
    this.left = h("div", { class: "left-over" });
    const words = h("input", { type: "search", "aria-label": "查找报告", placeholder: "查找报告", on: { change: () => this.#ask({ q: words.value }) } });
    const mine = h("input", { type: "checkbox", on: { change: () => this.#ask({ mine: mine.checked }) } });
    this.element = h("div", { class: "wide queue" },
      this.left,
      this.counts,
      h("div", { class: "queue-tools", role: "search" }, words, h("label", {}, mine, " 只看我的"),
        h("button", { type: "button", class: "main", on: { click: () => this.#openNext() } }, "打开下一份")),
      this.trouble,
      h("table", { class: "tasks", "aria-label": "标注任务" },
        h("thead", {}, h("tr", {}, ["报告", "状态", "字数", "版本", "标注者", "先后的缘由", ""].map((name) => h("th", { scope: "col" }, name)))),
        this.list),
      this.more);
    this.element.addEventListener("keydown", (event) => this.#press(event));
    put(place, this.element);
  }

  /** Ask again for what is shown. */
  async refresh() {
    this.showDrafts();
    await this.#load(null);
    if (!this.element.contains(document.activeElement)) this.list.querySelector("a")?.focus();
  }

  /** Another report than `but` that is to be done by whoever works here, null for none: the first, or the one after it. */
  async next(but = null, onward = false) {
    const { tasks } = await queue({ ...this.#query(), state: OPEN.includes(this.asked.state) ? this.asked.state : null });
    const fitting = tasks.filter((task) => task.report.id !== but && OPEN.includes(task.state) && (task.assignee === null || task.assignee === this.on.who()));
    const place = onward ? tasks.findIndex((task) => task.report.id === but) : -1;
    return (fitting.find((task) => tasks.indexOf(task) > place) ?? fitting[0])?.report.id ?? null;
  }

  async showDrafts() {
    const left = this.on.drafts ? await this.on.drafts.list() : [];
    put(this.left, left.length === 0 ? [] : h("section", { class: "offer", "aria-label": "未保存的改动" },
      h("h2", {}, "本机未保存的改动"),
      left.map((draft) => h("p", {}, h("strong", {}, draft.title || "未题名的报告"), `　${draft.steps} 步，${new Date(draft.at).toLocaleString("zh-CN")} 起　`,
        h("button", { type: "button", on: { click: () => this.on.resume(draft) } }, "接着做")))));
  }

  #query() {
    return { state: this.asked.state, assignee: this.asked.mine ? this.on.who() : "", q: this.asked.q };
  }

  #ask(part) {
    this.asked = { ...this.asked, ...part };
    return this.#load(null);
  }

  async #load(after) {
    try {
      const found = await queue({ ...this.#query(), after });
      put(this.trouble);
      this.#count(found.counts);
      const rows = found.tasks.map((task) => this.#row(task));
      if (after === null) put(this.list, rows.length > 0 ? rows : h("tr", {}, h("td", { colspan: 7, class: "empty" }, "没有符合的报告。")));
      else this.list.append(...rows);
      put(this.more, found.next ? h("button", { type: "button", on: { click: () => this.#load(found.next) } }, "再看一些") : []);
    } catch (trouble) {
      put(this.trouble, alertOf(trouble, () => this.#load(after)));
    }
  }

  #count(counts) {
    const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
    const finished = counts.done + counts.reviewed;
    const filter = (state, text, number) => h("button", {
      type: "button", class: `state s-${state || "all"}`, "aria-pressed": String(this.asked.state === state), on: { click: () => this.#ask({ state }) },
    }, text, " ", h("strong", {}, String(number)));
    put(this.counts,
      filter("", "全部", all),
      Object.entries(STATES).map(([state, text]) => filter(state, text, counts[state])),
      h("span", { class: "done-share" }, h("progress", { max: String(all || 1), value: String(finished), "aria-label": "已完成的报告" }),
        ` 完成 ${all === 0 ? 0 : Math.round((100 * finished) / all)}%`));
  }

  #row(task) {
    const { report } = task;
    const me = this.on.who();
    const mine = task.assignee === me;
    const take = h("button", { type: "button", on: { click: () => this.#assign(report.id, mine ? null : me) } }, mine ? "退回" : "归我");
    return h("tr", { data: { report: report.id } },
      h("th", { scope: "row" }, h("a", { href: `#${report.id}` }, report.title || report.source || report.id.slice(0, 12))),
      h("td", {}, h("span", { class: `state s-${task.state}` }, STATES[task.state])),
      h("td", { class: "digits" }, task.characters.toLocaleString("zh-CN")),
      h("td", { class: "digits" }, task.revision > 0 ? String(task.revision) : "—"),
      h("td", {}, task.assignee ?? h("span", { class: "quiet" }, "未分派")),
      h("td", { class: "quiet" }, task.reason ?? "新近存入"),
      h("td", {}, take, task.revision > 0 ? h("a", { class: "button", href: `#${report.id}/compare` }, "审定") : null));
  }

  async #assign(report, assignee) {
    try {
      const task = await assign(report, assignee);
      const row = this.list.querySelector(`[data-report="${report}"]`);
      const fresh = this.#row(task);
      row?.replaceWith(fresh);
      fresh.querySelector("button").focus();
    } catch (trouble) {
      put(this.trouble, alertOf(trouble));
    }
  }

  async #openNext() {
    try {
      const report = await this.next();
      if (report) this.on.open(report);
      else put(this.trouble, h("p", { class: "hint" }, "没有待标的报告了。"));
    } catch (trouble) {
      put(this.trouble, alertOf(trouble, () => this.#openNext()));
    }
  }

  #press(event) {
    if (event.target.matches("input") || event.ctrlKey || event.altKey || event.metaKey) return;
    const row = event.target.closest?.("tr[data-report]");
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step !== undefined) {
      const rows = [...this.list.querySelectorAll("tr[data-report]")];
      rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(row) + step))]?.querySelector("a").focus();
    } else if (event.key === "n") this.#openNext();
    else if (event.key === "b") location.hash = "refine";
    else if (event.key === "m" && row) row.querySelector("button").click();
    else return;
    event.preventDefault();
  }
}
