// Before a model is made current: which figures of the archive it would change, by indicator and area, with samples.
// Reports that it has not read yet are read first, beside the current model.  In: two models.  Out: an element, and
// `changes`, what was found last.

import { h, put, say } from "../dom.js";
import { alertOf } from "../notice.js";
import { amount, BOUNDS, MEASURES, periodText, STATUSES } from "../words.js";
import { follow } from "./following.js";
import { cancelJob, changes, jobs, models, readArchive } from "./models_api.js";
import { CHANGED, KINDS, lasting } from "./refine_words.js";

const OPEN = ["queued", "running"];
const WHOLE = { indicator: null, area: null };

export class PreviewView {
  /** `from`, `to`: ids of models; `signal`: aborted when the view is left; `found()` is called when there is news. */
  constructor({ from, to, signal, found }) {
    Object.assign(this, { from, to, signal, found, asked: WHOLE, changes: null, job: null });
    this.state = h("div", { class: "reading-state" });
    this.trouble = h("div", {});
    this.result = h("div", {});
    this.element = h("section", { class: "preview", "aria-label": "预览" }, h("h3", {}, "预览：档案会有哪些变化"), this.state, this.trouble, this.result);
  }

  /** Find out how far the archive has been read, and show what has been. */
  async begin() {
    try {
      const [known, made] = [await models({ signal: this.signal }), await jobs({ signal: this.signal })];
      const read = known.models.find((model) => model.id === this.to)?.extractions ?? 0;
      const open = made.jobs.find((job) => job.model === this.to && OPEN.includes(job.state));
      if (read > 0) await this.#ask(WHOLE);
      else put(this.state, h("p", {}, "新模型还没有读过档案。读一遍才知道哪些数会变；当前模型照常使用。"), this.#readButton("用新模型读档案"));
      if (open) await this.#follow(open);
    } catch (trouble) {
      this.#fail(trouble, () => this.begin());
    }
  }

  /** Have what is not read yet read by the new model. */
  async read() {
    if (this.job) return;
    put(this.trouble);
    try {
      await this.#follow(await readArchive(this.to));
    } catch (trouble) {
      this.#fail(trouble, () => this.read());
    }
  }

  async #follow(job) {
    this.job = job;
    const lost = h("p", { class: "quiet", role: "status" });
    const bar = h("progress", { "aria-label": "新模型读档案" });
    const told = h("span", {});
    put(this.state, h("div", { class: "progress" }, bar, told,
      h("button", { type: "button", on: { click: () => this.#stop() } }, "停止")), lost);
    const show = (now) => {
      this.job = now;
      bar.max = now.total || 1;
      bar.value = now.done + now.failed;
      put(told, `新模型读档案：${now.done + now.failed} / ${now.total} 份`, now.seconds_left ? `，约剩 ${lasting(now.seconds_left)}` : "", now.failed ? `，${now.failed} 份读不出` : "", now.trouble ? `（${now.trouble}）` : "");
    };
    show(job);
    say("新模型开始读档案");
    await follow(job.events, { signal: this.signal, on: {
      told: show,
      lost: () => put(lost, "连接中断，读取在服务里继续；正在重新连接…"),
      found: () => put(lost),
    } });
    if (this.signal.aborted) return;
    const { failed } = this.job;
    this.job = null;
    await this.#ask(this.asked);
    if (failed > 0) put(this.trouble, h("p", { class: "hint" }, `${failed} 份报告新模型没有读出，没有算在内。`));
  }

  async #stop() {
    try {
      await cancelJob(this.job.id);
    } catch (trouble) {
      this.#fail(trouble);
    }
  }

  /** What changes, of one indicator or area. */
  async #ask(asked) {
    try {
      const found = await changes(this.from, this.to, asked, { signal: this.signal });
      this.asked = asked;
      if (asked === WHOLE) this.changes = found;
      put(this.trouble);
      this.#show(found);
      this.found();
    } catch (trouble) {
      this.#fail(trouble, () => this.#ask(asked));
    }
  }

  #fail(trouble, again = null) {
    if (trouble.name !== "AbortError") put(this.trouble, alertOf(trouble, again));
  }

  #readButton(text) {
    return h("p", { class: "buttons" }, h("button", { type: "button", class: "main", on: { click: () => this.read() } }, text, " ", h("kbd", {}, "V")));
  }

  #show(found) {
    const { reports, observations } = found;
    if (!this.job) {
      put(this.state, reports.from_only > 0
        ? [h("p", { class: "hint" }, `还有 ${reports.from_only} 份报告新模型没有读过，下面没有算上它们。`), this.#readButton("读余下的报告")]
        : []);
    }
    const differing = observations.added + observations.gone + observations.changed;
    const fields = Object.entries(found.fields).filter(([, many]) => many > 0).sort(([, a], [, b]) => b - a);
    const sum = `两个模型都读过 ${reports.both} 份报告，${reports.differing} 份有变化：新增 ${observations.added} 个数，不再有 ${observations.gone} 个，改变 ${observations.changed} 个；${observations.same.toLocaleString("zh-CN")} 个不变。`;
    say(sum);
    put(this.result,
      h("p", { class: "changes-sum" }, sum),
      this.#filter(),
      differing === 0 ? null : [
        fields.length > 0 ? h("p", { class: "quiet" }, "改变的是：", fields.map(([name, many]) => `${CHANGED[name] ?? name} ${many}`).join("　")) : null,
        h("div", { class: "change-groups" }, this.#groups("按指标", "indicator", found.indicators), this.#groups("按地区", "area", found.areas)),
        h("h4", {}, "实例"),
        h("ol", { class: "samples" }, found.samples.map(sample)),
      ]);
  }

  #filter() {
    const [name, value] = Object.entries(this.asked).find(([, each]) => each !== null) ?? [];
    if (!name) return null;
    return h("p", { class: "buttons asked" }, `只看${CHANGED[name]}“${value}”`,
      h("button", { type: "button", on: { click: () => this.#ask(WHOLE) } }, "看全部"));
  }

  #groups(title, field, { most, others }) {
    const rest = others.added + others.gone + others.changed;
    const name = ({ name: words, code }) => {
      if (!words) return h("span", { class: "quiet" }, "没有写明");
      const value = code ?? words;
      return h("button", { type: "button", class: "link", "aria-pressed": String(this.asked[field] === value), on: { click: () => this.#ask({ ...WHOLE, [field]: value }) } }, words);
    };
    const cells = (counts) => ["added", "gone", "changed"].map((kind) => h("td", {}, counts[kind] || "·"));
    return h("table", { class: "changed-by" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, title), Object.values(KINDS).map((kind) => h("th", { scope: "col" }, kind)))),
      h("tbody", {}, most.map((group) => h("tr", {}, h("th", { scope: "row" }, name(group)), cells(group))),
        rest > 0 ? h("tr", {}, h("th", { scope: "row", class: "quiet" }, "其余"), cells(others)) : null));
  }
}

/** One figure that differs: where it stands, and what each model makes of it. */
function sample({ kind, fields, report, value, quotation, from, to }) {
  const letters = [...quotation.text];
  const cut = (start, end) => letters.slice(Math.max(0, start - quotation.start), Math.max(0, end - quotation.start)).join("");
  const last = quotation.start + letters.length;
  return h("li", {},
    h("p", { class: "sample-head" }, h("span", { class: `kind ${kind}` }, KINDS[kind]),
      h("a", { href: `#${report.id}`, title: "到原文" }, report.title || report.source || report.id.slice(0, 12))),
    h("blockquote", { class: "quoted" }, cut(quotation.start, value.start), h("mark", {}, cut(value.start, value.end)), cut(value.end, last)),
    kind === "changed"
      ? h("dl", {}, fields.map((name) => h("div", {}, h("dt", {}, CHANGED[name] ?? name),
        h("dd", {}, h("del", {}, said(from, name)), " → ", h("ins", {}, said(to, name))))))
      : h("p", {}, h(kind === "gone" ? "del" : "ins", {}, whole(from ?? to))));
}

function said(side, name) {
  if (name === "value") return amount(side.low, side.high, side.unit, side.masked);
  if (name === "code") return side.indicator_code ?? "无";
  if (name === "period") return side.period ? periodText(side.period) : "无";
  const words = { measure: MEASURES, status: STATUSES, bound: { ...BOUNDS, exact: "准确" } }[name];
  const text = words ? words[side[name]] : side[name];
  return name === "base" && text === "yoy" ? "同比" : text || "无";
}

const whole = (side) => [side.indicator || "无指标", ...["value", "measure", "period", "area", "status"].map((name) => said(side, name))].join(" · ");
