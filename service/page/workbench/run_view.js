// One refinement: how far it is, what the gate said, the new model's card, what it would change, and making it current.
// In: a refinement as the service has it, and the models.  Out: an element; it follows what runs until it is left.

import { changeKey } from "../api.js";
import { h, put, say } from "../dom.js";
import { alertOf } from "../notice.js";
import { follow } from "./following.js";
import { GateView } from "./gate_view.js";
import { cancelRefinement, card, promote, resumeRefinement, rollBack } from "./models_api.js";
import { PreviewView } from "./preview_view.js";
import { askToPromote } from "./promotion_dialog.js";
import { instant, lasting, RUN_STATES, STAGES } from "./refine_words.js";

const FORBIDDEN = 403;

export class RunView {
  /** `current`: id of the current model; `on`: `changed(run)` when the run has moved, `promoted()` when another model is. */
  constructor(run, current, on) {
    Object.assign(this, { run, current, on, left: new AbortController(), preview: null, gate: null });
    this.head = h("div", { class: "run-head" });
    this.trouble = h("div", {});
    this.lost = h("p", { class: "quiet", role: "status" });
    this.body = h("div", {});
    this.foot = h("div", { class: "run-foot" });
    this.element = h("article", { class: "run", "aria-label": `第 ${run.id} 次改进` }, this.head, this.trouble, this.lost, this.body, this.foot);
    this.#show();
    if (run.state === "running") this.#follow();
  }

  /** Nothing is followed any more. */
  leave() {
    this.left.abort();
  }

  /** Another model has become current. */
  setCurrent(current) {
    this.current = current;
    this.#showFoot();
  }

  async #follow() {
    try {
      await follow(this.run.events, { signal: this.left.signal, on: {
        told: (run) => this.#told(run),
        lost: () => put(this.lost, "连接中断，训练在服务里继续；正在重新连接…"),
        found: () => put(this.lost),
      } });
    } catch (trouble) {
      this.#fail(trouble, () => this.#follow());
    }
  }

  #told(run) {
    const before = this.run.state;
    this.run = run;
    this.on.changed(run);
    if (run.state === before) this.#progress();
    else {
      say(`第 ${run.id} 次改进：${RUN_STATES[run.state]}`);
      this.#show();
    }
  }

  #show() {
    const { run } = this;
    put(this.head, h("h2", {}, `第 ${run.id} 次改进`, h("span", { class: `state r-${run.state}` }, RUN_STATES[run.state])),
      h("p", { class: "quiet" }, `${instant(run.at)} ${run.by ? `由 ${run.by} ` : ""}开始，从 ${run.parent} 出发，${run.documents} 份校正过的报告${run.seconds ? `，用时 ${lasting(run.seconds)}` : ""}`));
    this.gate = ["candidate", "refused"].includes(run.state) ? new GateView(run) : null;
    put(this.body, this.#middle(), this.gate?.element ?? null, run.candidate ? [this.#card(), this.#preview()] : null);
    this.#progress();
    this.#showFoot();
  }

  #middle() {
    const { run } = this;
    if (run.state === "running") {
      this.stages = h("ol", { class: "stages", "aria-label": "进度" });
      return [this.stages, h("p", { class: "buttons" },
        this.#cancelButton(), h("span", { class: "quiet" }, "关掉这一页，训练照样继续。"))];
    }
    if (run.state === "interrupted") {
      return [h("p", {}, "训练的进程不在了（如机器重启），已完成的各轮还在。"),
        h("p", { class: "buttons" },
          h("button", { type: "button", class: "main", on: { click: () => this.#change(resumeRefinement) } }, "接着训练"),
          this.#cancelButton())];
    }
    if (run.state === "failed") return h("div", { class: "alert" }, h("ul", {}, run.reasons.map((reason) => h("li", {}, reason))));
    return run.state === "cancelled" ? h("p", {}, "已取消，没有得到新模型。") : null;
  }

  #progress() {
    const { progress, state } = this.run;
    if (state !== "running") return;
    const names = Object.keys(STAGES);
    const now = progress ? names.indexOf(progress.stage) : -1;
    put(this.stages, names.map((name, n) => h("li", { class: n < now ? "over" : "", "aria-current": n === now ? "step" : null },
      h("span", {}, STAGES[name]),
      h("progress", { max: String(n === now ? progress.total || 1 : 1), value: String(n < now ? 1 : n === now ? progress.done : 0), "aria-label": STAGES[name] }),
      h("span", { class: "quiet" }, n === now && progress.total > 1 ? `${progress.done} / ${progress.total}${this.#remaining()}` : n < now ? "✓" : ""))));
  }

  /** How long the stage may still take, as fast as it has gone since this page has seen it. */
  #remaining() {
    const { stage, done, total } = this.run.progress;
    if (this.seen?.stage !== stage || done < this.seen.done) this.seen = { stage, done, at: performance.now() };
    const gone = done - this.seen.done;
    if (gone < 3) return "";
    return `，这一步约剩 ${lasting(((performance.now() - this.seen.at) / 1000 / gone) * (total - done))}`;
  }

  #card() {
    const { run } = this;
    const whole = h("pre", { class: "card-text", tabindex: "0" });
    const details = h("details", { on: { toggle: async () => {
      if (!details.open || whole.textContent) return;
      try {
        put(whole, await card(run.candidate, { signal: this.left.signal }));
      } catch (trouble) {
        put(whole, trouble.detail ?? String(trouble));
      }
    } } }, h("summary", {}, "模型卡全文"), whole);
    const rows = [
      ["新模型", run.candidate],
      ["从哪个模型", run.parent],
      ["学到的", run.learnt ? `${run.learnt.documents} 份校正过的报告，${run.learnt.sentences} 句；旧的训练材料一起温习` : null],
      ["只用于评测", run.left_out.length > 0 ? `${run.left_out.length} 份校正过的报告属于留出的报告，没有参加训练` : null],
      ["用时", run.seconds ? lasting(run.seconds) : null],
    ];
    return h("section", { class: "card", "aria-label": "模型卡" }, h("h3", {}, "模型卡"),
      h("dl", {}, rows.filter(([, text]) => text).map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text)))), details);
  }

  #preview() {
    const { run } = this;
    // A model that is current already is held against the one that it was made from.
    const from = this.current && this.current !== run.candidate ? this.current : run.parent;
    this.preview = new PreviewView({ from, to: run.candidate, signal: this.left.signal, found: () => this.#showFoot() });
    this.preview.begin();
    return this.preview.element;
  }

  #showFoot() {
    const { run, current } = this;
    if (!run.candidate) put(this.foot);
    else if (current === run.candidate) {
      put(this.foot, h("p", { class: "is-current", role: "status" }, `${run.candidate} 是当前模型。`),
        h("button", { type: "button", on: { click: () => this.#back() } }, "退回到前一个模型"));
    } else {
      put(this.foot, h("button", { type: "button", class: "main", on: { click: () => this.promote() } }, `启用 ${run.candidate} `, h("kbd", {}, "P")),
        h("span", { class: "quiet" }, `当前模型是 ${current}`));
    }
  }

  /** Make the new model current, once it has been asked whether that is meant. */
  async promote() {
    const { run, current } = this;
    if (!run.candidate || current === run.candidate) return;
    if (await askToPromote({ run, current, changes: this.preview.changes })) await this.#switch(() => promote(run.candidate), `${run.candidate} 已启用`);
  }

  #back() {
    return this.#switch(rollBack, "已退回到前一个模型");
  }

  async #switch(act, done) {
    put(this.trouble);
    for (const button of this.foot.querySelectorAll("button")) button.disabled = true;
    try {
      const made = await act();
      say(done);
      this.on.promoted(made.model);
    } catch (trouble) {
      this.#fail(trouble, () => this.#switch(act, done));
    }
    this.#showFoot();
  }

  #cancelButton() {
    this.ending = h("button", { type: "button", on: { click: () => this.cancel() } }, "取消训练 ", h("kbd", {}, "X"));
    return this.ending;
  }

  /** End what runs, when asked twice: what has come of it is lost. */
  cancel() {
    if (!["running", "interrupted"].includes(this.run.state)) return;
    if (this.sure) this.#change(cancelRefinement);
    else put(this.ending, "真的取消？再按一次 ", h("kbd", {}, "X"));
    this.sure = !this.sure;
  }

  /** Read the archive with the new model. */
  read() {
    this.preview?.read();
  }

  async #change(act) {
    put(this.trouble);
    try {
      this.#told(await act(this.run.id));
      if (this.run.state === "running") await this.#follow();
    } catch (trouble) {
      this.#fail(trouble, () => this.#change(act));
    }
  }

  #fail(trouble, again) {
    refused(this.trouble, trouble, again);
  }
}

/** Show trouble in `place`; who lacks the right for what was asked may do it with another key. */
export function refused(place, trouble, again) {
  const alert = alertOf(trouble, again);
  if (trouble.status === FORBIDDEN) {
    alert.querySelector(".buttons").prepend(h("button", { type: "button", on: { click: async () => {
      if (!await changeKey(trouble)) return;
      alert.remove();
      again();
    } } }, "换一个密钥"));
  }
  put(place, alert);
  alert.querySelector("button").focus();
}
