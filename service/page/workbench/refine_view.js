// A better model of what was corrected: what there is to learn from, the button that begins, all refinements so far, and
// the one that is looked at.  In: the service.  Out: an element; the address says which refinement.

import { h, put, say } from "../dom.js";
import { alertOf } from "../notice.js";
import { queue } from "./annotations_api.js";
import { models, refine, refinements } from "./models_api.js";
import { instant, RUN_STATES, STAGES } from "./refine_words.js";
import { refused, RunView } from "./run_view.js";

const KEYS = [["B", "开始"], ["↑↓", "选择"], ["V", "读档案"], ["P", "启用"], ["A", "全部指标"], ["X", "取消训练"], ["Esc", "回任务"]];

export class RefineView {
  /** `on`: `open(number)` to look at a refinement, `back()`. */
  constructor(place, on) {
    this.on = on;
    this.runs = [];
    this.shown = null;
    this.material = h("p", {});
    this.inWork = h("input", { type: "checkbox" });
    this.begin = h("button", { type: "button", class: "main", on: { click: () => this.#begin() } }, "开始改进 ", h("kbd", {}, "B"));
    this.trouble = h("div", {});
    this.list = h("ol", { class: "runs", "aria-label": "历次改进" });
    this.place = h("div", { class: "run-place" });
    this.element = h("div", { class: "wide refining" },
      h("div", { class: "refine-side" },
        h("section", { "aria-label": "开始" }, h("h2", {}, "用校正改进模型"), this.material,
          h("label", {}, this.inWork, " 连同“标注中”的报告"),
          h("p", { class: "buttons" }, this.begin)),
        this.trouble,
        h("section", { "aria-label": "历次改进" }, h("h2", {}, "历次改进"), this.list),
        h("p", { class: "quiet keys-line" }, KEYS.map(([key, text]) => [h("kbd", {}, key), ` ${text}　`]))),
      this.place);
    // Wherever the focus is: a button that was pressed may be gone, or not be there to be pressed again.
    document.addEventListener("keydown", (event) => this.#press(event));
    put(place, this.element);
  }

  /** Ask anew for everything; show refinement `number`, or the newest. */
  async show(number) {
    put(this.trouble);
    try {
      const [{ counts }, known, all] = await Promise.all([queue({ limit: 1 }), models(), refinements()]);
      Object.assign(this, { runs: all.refinements, current: known.current, counts });
      this.#showMaterial();
      this.#showList();
      const run = this.runs.find((each) => each.id === number) ?? (number === null ? this.runs[0] : null);
      this.#open(run);
      if (number !== null && !run) put(this.place, h("p", { class: "hint" }, `没有第 ${number} 次改进。`));
      if (!this.element.contains(document.activeElement)) (this.list.querySelector("[aria-current]") ?? this.begin).focus();
    } catch (trouble) {
      put(this.trouble, alertOf(trouble, () => this.show(number)));
    }
  }

  /** What is shown is followed no more. */
  leave() {
    this.shown?.leave();
    this.shown = null;
    put(this.place);
  }

  #showMaterial() {
    const { counts, current } = this;
    put(this.material, "已完成 ", h("strong", {}, String(counts.done)), " 份、已审定 ", h("strong", {}, String(counts.reviewed)),
      ` 份，标注中 ${counts.in_work} 份。当前模型 `, h("strong", {}, current ?? "—"), "。训练在服务的机器上进行，读报告不受影响。");
  }

  #open(run) {
    this.leave();
    if (!run) {
      put(this.place, h("p", { class: "hint" }, "还没有改进过。校正并完成几份报告，再开始：新模型先与当前模型逐项比较，凡有变差即不采用；通过的，先看档案会有哪些变化，再决定启用。"));
      return;
    }
    this.shown = new RunView(run, this.current, {
      changed: (now) => this.#changed(now),
      promoted: (model) => {
        this.current = model;
        this.shown.setCurrent(model);
        this.#showMaterial();
        this.#showList();
        this.#mark(run.id);
      },
    });
    put(this.place, this.shown.element);
    this.#mark(run.id);
  }

  #changed(run) {
    this.runs = this.runs.map((each) => (each.id === run.id ? run : each));
    const row = this.list.querySelector(`[data-run="${run.id}"]`);
    if (row) put(row, this.#entry(run));
    this.#mayBegin();
  }

  #showList() {
    put(this.list, this.runs.length === 0 ? h("li", { class: "quiet" }, "还没有") : this.runs.map((run) => h("li", {},
      h("a", { href: `#refine/${run.id}`, data: { run: String(run.id) } }, this.#entry(run)))));
    this.#mayBegin();
  }

  #entry({ id, state, at, candidate, progress }) {
    const now = state === "running" && progress ? ` ${STAGES[progress.stage]} ${progress.total > 1 ? `${Math.round((100 * progress.done) / progress.total)}%` : ""}` : "";
    return [`第 ${id} 次 `, h("span", { class: `state r-${state}` }, RUN_STATES[state] + now), h("span", { class: "quiet" }, ` ${instant(at)}`),
      candidate ? h("span", { class: "made" }, candidate, candidate === this.current ? "（当前）" : "") : null];
  }

  #mark(number) {
    for (const link of this.list.querySelectorAll("[data-run]")) {
      if (link.dataset.run === String(number)) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  #mayBegin() {
    const running = this.runs.find((run) => run.state === "running");
    this.begin.disabled = running !== undefined;
    this.begin.title = running ? `第 ${running.id} 次正在进行，一次只能进行一次` : "";
  }

  async #begin() {
    if (this.begin.disabled) return;
    this.begin.disabled = true;
    put(this.trouble);
    try {
      const made = await refine({ states: ["done", "reviewed", ...(this.inWork.checked ? ["in_work"] : [])] });
      say(`第 ${made.id} 次改进开始`);
      this.on.open(made.id);
    } catch (trouble) {
      // Where another runs, begun elsewhere, it is shown.
      await this.show(null);
      refused(this.trouble, trouble, () => this.#begin());
    }
  }

  #press(event) {
    if (this.element.closest("[hidden]") || event.defaultPrevented || event.target.closest("dialog, input[type=text], input[type=search]")) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = {
      b: () => this.#begin(),
      v: () => this.shown?.read(),
      p: () => this.shown?.promote(),
      a: () => this.shown?.gate?.toggle(),
      x: () => this.shown?.cancel(),
      Escape: () => this.on.back(),
      ArrowDown: () => this.#step(1),
      ArrowUp: () => this.#step(-1),
    }[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }

  #step(by) {
    const links = [...this.list.querySelectorAll("a")];
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.max(0, Math.min(links.length - 1, at + by))];
    if (!next) return;
    next.focus();
    this.on.open(Number(next.dataset.run));
  }
}
