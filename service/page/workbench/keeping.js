// How the work at a desk is kept: each step in the browser's draft as it is taken, saves at the service, what is wrong
// with it as the service sees it, and what to do where the service cannot be reached or has a newer version.

import { h, put, say } from "../dom.js";
import { check, save } from "./annotations_api.js";
import { countOf } from "./navigation.js";
import { Log } from "./log.js";

// After so long without a step the whole is checked.
const CHECK_MILLISECONDS = 800;
const SHOWN_FAULTS = 100;

export class Keeping {
  constructor(desk, { draft, steps }) {
    this.desk = desk;
    const { annotation } = desk;
    this.base = annotation.revision?.revision ?? null;
    this.model = annotation.model ?? annotation.revision?.model ?? null;
    this.log = new Log(desk.on.drafts, (kept) => this.#kept(kept));
    if (draft) this.log.resume(draft, steps);
    else this.log.begin(this.#ground(annotation.document));
    this.unsaved = countOfSteps(steps);
    this.state = "";
    this.saving = null;
    this.lost = false;
    this.warned = false;
    this.faults = this.#inUnits(annotation.faults ?? []);
    this.notices = h("div", { class: "notices" });
    this.faultsElement = h("section", { class: "faults", "aria-label": "有误之处" });
    this.lookAgain = () => this.lost && this.save(this.lost);
    this.leaving = (event) => {
      if (this.unsaved > 0 && this.draftFailed) event.preventDefault();
    };
  }

  begin() {
    addEventListener("online", this.lookAgain);
    addEventListener("beforeunload", this.leaving);
    this.#showFaults();
    this.#told();
    if (this.unsaved > 0) this.#checkSoon();
  }

  /** The desk is cleared. */
  end() {
    removeEventListener("online", this.lookAgain);
    removeEventListener("beforeunload", this.leaving);
    clearTimeout(this.timer);
    this.checking?.abort();
    if (this.log.said.length === 0) this.log.forget();
  }

  /** A step was taken. */
  took(name, edits, at) {
    if (this.state === "refused") this.state = "";
    this.unsaved += name === null ? 0 : 1;
    this.warned = false;
    this.log.keep([name, edits, at]);
    this.#told();
    this.#checkSoon();
  }

  /** Whether what the model is unsure of has been looked at; the first time it has not, that is said. */
  mayFinish() {
    const unsure = countOf(this.desk.work, "unsure");
    if (unsure === 0 || this.warned) return true;
    this.warned = true;
    this.desk.tell(`还有 ${unsure} 处存疑未接受（N 逐处查看）；再按一次 Ctrl+⏎ 即视为全部认可。`);
    return false;
  }

  /** Save as `in_work` or `done`; gives whether it is saved. */
  save(state) {
    this.saving ??= this.#save(state).finally(() => {
      this.saving = null;
    });
    return this.saving;
  }

  async #save(state) {
    const { desk } = this;
    await desk.reading.done();
    if (state === "done") desk.accept("all");
    const [document, sent] = [desk.work.document(), this.log.said.length];
    const body = {
      document, state, annotator: desk.on.who(),
      ...(this.base !== null ? { base: this.base } : this.model !== null ? { model: this.model } : {}),
    };
    this.#told("saving");
    put(this.notices);
    try {
      const saved = await save(desk.annotation.report.id, body);
      await this.#saved(saved, document, sent);
      return true;
    } catch (trouble) {
      this.#failed(trouble, state, document);
      return false;
    }
  }

  async #saved({ revision, task, faults }, document, sent) {
    const { desk } = this;
    this.lost = false;
    this.base = revision.revision;
    desk.annotation.task = task;
    const since = this.log.said.slice(sent);
    this.log.forget();
    this.log.begin(this.#ground(document));
    for (const said of since) this.log.keep(said);
    this.unsaved = countOfSteps(since);
    this.setFaults(faults);
    this.#told("");
    say(`已保存为第 ${revision.revision} 版`);
  }

  #failed(trouble, state, document) {
    const { desk } = this;
    if (trouble.type?.endsWith(":annotation-conflict")) {
      this.#told("");
      desk.on.settle({ ...trouble.problem, document, state });
      return;
    }
    this.lost = trouble.status ? false : state;
    const again = h("button", { type: "button", on: { click: () => this.save(state) } }, "重试");
    put(this.notices, h("div", { class: "alert", role: "alert" },
      h("p", {}, h("strong", {}, trouble.title ?? "未能保存"), " ", this.lost
        ? `没有收到服务的应答，未能保存。${this.draftFailed ? "请勿关闭本页。" : "改动都在本机的草稿里，关闭浏览器也不会丢；"}连通后会自动再存，也可按 Ctrl+S。`
        : trouble.detail ?? String(trouble)),
      h("p", { class: "buttons" }, again)));
    this.#told(this.lost ? "lost" : "refused");
    if (trouble.problem?.faults) {
      this.setFaults(trouble.problem.faults);
      const first = this.faults.find((fault) => fault.severity === "error");
      if (first) desk.showFault(first);
    }
  }

  /** What is wrong, as the service says it. */
  setFaults(faults) {
    this.faults = this.#inUnits(faults);
    this.#showFaults();
  }

  stepFault(by) {
    const { desk, faults } = this;
    if (faults.length === 0) {
      desk.tell("没有发现有误之处。");
      return;
    }
    const from = desk.entity?.start ?? desk.range?.anchor ?? -1;
    const next = by > 0 ? faults.find((fault) => fault.start > from) ?? faults[0] : faults.findLast((fault) => fault.start < from) ?? faults.at(-1);
    desk.showFault(next);
  }

  #inUnits(faults) {
    return faults.map((fault) => ({ ...fault, ...this.desk.source.range(fault) }));
  }

  #showFaults() {
    const { desk, faults } = this;
    desk.pane.setFaults(faults);
    const errors = faults.filter((fault) => fault.severity === "error").length;
    put(this.faultsElement,
      h("h2", {}, faults.length === 0 ? "没有发现有误之处" : `待查 ${faults.length} 处${errors > 0 ? `，其中 ${errors} 处须改正` : ""}`, h("kbd", {}, "W")),
      h("ol", {}, faults.slice(0, SHOWN_FAULTS).map((fault) => h("li", { class: fault.severity },
        h("button", { type: "button", class: "link", on: { click: () => desk.showFault(fault) } }, fault.message)))),
      faults.length > SHOWN_FAULTS ? h("p", { class: "quiet" }, `另有 ${faults.length - SHOWN_FAULTS} 处`) : null);
  }

  #checkSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#check(), CHECK_MILLISECONDS);
  }

  async #check() {
    this.checking?.abort();
    this.checking = new AbortController();
    try {
      const found = await check(this.desk.annotation.report.id, { document: this.desk.work.document() }, { signal: this.checking.signal });
      this.setFaults(found.faults);
    } catch (trouble) {
      // Nothing is lost by it: the next step asks again, and saving says what is wrong.
      if (trouble.name !== "AbortError" && trouble.status === undefined) throw trouble;
    }
  }

  #kept(kept) {
    this.draftFailed = !kept;
    this.#told();
  }

  /** `state`: what has become of the last save: `saving`, `lost`, `refused`, or nothing to tell. */
  #told(state = this.state) {
    const { toolbar } = this.desk;
    this.state = state;
    if (state === "saving") toolbar.say("正在保存…");
    else if (state === "lost") toolbar.say(`未连通 · ${this.#draft()}`, "bad");
    else if (state === "refused") toolbar.say("未能保存", "bad");
    else if (this.unsaved > 0) toolbar.say(`未保存 ${this.unsaved} 步 · ${this.#draft()}`, this.draftFailed ? "bad" : "unsaved");
    else toolbar.say(this.base === null ? "模型预标，尚未保存" : `已保存 · 第 ${this.base} 版`, "kept");
    toolbar.update();
  }

  #draft() {
    if (this.draftFailed) return "草稿未能留在本机";
    return this.log.pending > 0 ? "正在留草稿" : "草稿在本机";
  }

  /** What a draft goes on from. */
  #ground(document) {
    const { report, task, text, layout } = this.desk.annotation;
    return { report: report.id, title: report.title, base: this.base, model: this.model, text, layout, document, task };
  }
}

const countOfSteps = (said) => said.filter(([name]) => name !== null).length;
