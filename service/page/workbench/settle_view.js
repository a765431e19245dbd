// Two versions side by side, differences only, one key to settle each: where two people saved at once, and to adopt one
// version of two annotators.  In: both versions.  Out: the settled document, saved.

import { h, put, say } from "../dom.js";
import { alertOf, underway } from "../notice.js";
import { amount, periodText } from "../words.js";
import { annotation, difference, history, review, save } from "./annotations_api.js";
import { CHOICES, FIELDS, LABEL } from "./labels.js";
import { chooseUncontested, itemsOf, settled } from "./settling.js";

const AROUND = 28;

export class SettleView {
  /** After a save that met a newer version: `conflict`: its problem, `{yours, theirs, base}`, with `state`. */
  static async ofConflict(place, desk, conflict, on) {
    const report = desk.annotation.report.id;
    const number = (address) => (address ? Number(new URL(address, document.baseURI).searchParams.get("revision")) : null);
    const [theirs, mine] = [number(conflict.theirs), number(conflict.yours)];
    const base = number(conflict.base) ?? desk.keeping.model;
    const found = await underway(place, "正在取两个版本", async (signal) => ({
      left: await annotation(report, { revision: theirs }, { signal }),
      right: await annotation(report, { revision: mine }, { signal }),
      differs: await difference(report, theirs, mine, { signal }),
      changed: base === null ? null : [await difference(report, base, theirs, { signal }), await difference(report, base, mine, { signal })],
    }), () => SettleView.ofConflict(place, desk, conflict, on));
    if (!found) return;
    const items = itemsOf(found.differs);
    if (found.changed) chooseUncontested(items, ...found.changed.map(itemsOf));
    new SettleView(place, found, items, {
      title: `“${found.left.revision.annotator}”已先保存了这份报告`,
      lead: `您的改动已另存为第 ${mine} 版，什么都没有丢。两版有 ${items.length} 处不同，请逐处取舍；只有一方改过的已替您选好。`,
      names: [`对方 · ${found.left.revision.annotator} · 第 ${theirs} 版`, `我的 · 第 ${mine} 版`],
      adopt: "保存取舍后的一版",
      keep: async (said) => {
        await save(report, { document: said, base: theirs, state: conflict.state, annotator: desk.on.who() });
        return annotation(report);
      },
    }, on);
  }

  /** Two revisions of a report, and what is adopted of them. */
  static async ofReview(place, report, who, on, chosen = null) {
    const again = () => SettleView.ofReview(place, report, who, on, chosen);
    const made = await underway(place, "正在取各版本", (signal) => history(report, { signal }), again);
    if (!made) return;
    const sides = chosen ?? twoOf(made.revisions);
    if (!sides) {
      put(place, h("div", { class: "wide" }, h("p", { class: "hint" }, "只有一个版本，又不知其来处，无从比较。"),
        h("button", { type: "button", on: { click: on.back } }, "返回")));
      return;
    }
    const side = (name, signal) => annotation(report, typeof name === "number" ? { revision: name } : { model: name }, { signal });
    const found = await underway(place, "正在比较", async (signal) => ({
      left: await side(sides[0], signal), right: await side(sides[1], signal), differs: await difference(report, ...sides, { signal }),
    }), again);
    if (!found) return;
    const names = sides.map((name) => nameOf(name, made.revisions));
    new SettleView(place, found, itemsOf(found.differs), {
      title: `审定：${found.left.report.title || "未题名的报告"}`,
      lead: "",
      names,
      choose: (n, name) => SettleView.ofReview(place, report, who, on, sides.map((old, each) => (each === n ? name : old))),
      options: options(made.revisions),
      sides,
      adopt: "采用取舍后的一版",
      keep: async (said) => {
        await review(report, { document: said, base: made.revisions[0].revision, annotator: who });
        return annotation(report);
      },
    }, on);
  }

  constructor(place, { left, right, differs }, items, given, on) {
    Object.assign(this, { left, right, items, given, on, now: Math.max(0, items.findIndex((item) => item.choice === null)) });
    this.characters = [...left.text];
    this.list = h("ol", { class: "items", tabindex: "0", "aria-label": "不同之处", on: { keydown: (event) => this.#press(event) } });
    this.open = h("span", { role: "status" });
    this.trouble = h("div", {});
    this.adopt = h("button", { type: "button", class: "main", title: "Ctrl+Enter", on: { click: () => this.#adopt() } }, given.adopt);
    this.rows = items.map((item, n) => this.#row(item, n));
    put(this.list, this.rows);
    put(place, h("div", { class: "wide settling" },
      h("h2", {}, given.title),
      given.lead ? h("p", {}, given.lead) : null,
      agreement(differs.agreement),
      h("div", { class: "sides" }, h("span", {}, "上下文"), [0, 1].map((n) => this.#side(n))),
      items.length === 0 ? h("p", { class: "hint" }, "两版没有不同。") : this.list,
      this.trouble,
      h("div", { class: "settle-foot" }, this.open,
        h("span", { class: "quiet keys-line" }, [["←", "取左"], ["→", "取右"], ["↑↓", "移动"], ["Shift+← →", "其余全取"], ["退格", "重选"], ["Ctrl+⏎", "采用"]]
          .map(([key, text]) => [h("kbd", {}, key), ` ${text}　`])),
        h("button", { type: "button", on: { click: () => this.#rest("left") } }, "其余取左"),
        h("button", { type: "button", on: { click: () => this.#rest("right") } }, "其余取右"),
        h("button", { type: "button", on: { click: on.back } }, "返回"), this.adopt)));
    this.#show();
    this.list.focus();
  }

  #side(n) {
    const { names, options: all, sides, choose } = this.given;
    if (!all) return h("strong", {}, names[n]);
    const field = h("select", { "aria-label": n === 0 ? "左边的版本" : "右边的版本", on: { change: () => choose(n, all[field.selectedIndex].value) } },
      all.map(({ value, text }) => h("option", { selected: value === sides[n] }, text)));
    return field;
  }

  #row(item, n) {
    const [from, to] = [Math.max(0, item.start - AROUND), Math.min(this.characters.length, item.end + AROUND)];
    const cut = (start, end) => this.characters.slice(start, end).join("");
    const side = (name) => h("button", { type: "button", class: `side ${name}`, tabindex: "-1", on: { click: () => this.#choose(n, name) } }, told(item, name));
    return h("li", { on: { click: () => this.#go(n) } },
      h("p", { class: "context" }, `${from > 0 ? "…" : ""}${cut(from, item.start)}`, h("mark", {}, cut(item.start, item.end)), `${cut(item.end, to)}${to < this.characters.length ? "…" : ""}`,
        h("span", { class: "what quiet" }, what(item), item.why ? `　${item.why}` : "")),
      side("left"), side("right"));
  }

  #press(event) {
    if (event.altKey) return;
    const { key } = event;
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) this.#adopt();
    else if ((key === "ArrowLeft" || key === "ArrowRight") && event.shiftKey) this.#rest(key === "ArrowLeft" ? "left" : "right");
    else if (key === "ArrowLeft" || key === "ArrowRight") this.#choose(this.now, key === "ArrowLeft" ? "left" : "right", true);
    else if (key === "ArrowUp" || key === "ArrowDown") this.#go(this.now + (key === "ArrowUp" ? -1 : 1));
    else if (key === "Backspace") this.#choose(this.now, null);
    else if (key === "Escape") this.on.back();
    else return;
    event.preventDefault();
  }

  #go(n) {
    this.now = Math.max(0, Math.min(this.items.length - 1, n));
    this.#show();
  }

  #choose(n, side, onward = false) {
    if (!this.items[n]) return;
    Object.assign(this.items[n], { choice: side });
    this.now = n;
    const next = this.items.findIndex((item, place) => place > n && item.choice === null);
    if (onward && next >= 0) this.now = next;
    this.#show();
  }

  #rest(side) {
    for (const item of this.items) item.choice ??= side;
    this.#show();
  }

  #show() {
    this.rows.forEach((row, n) => {
      row.classList.toggle("now", n === this.now);
      for (const side of ["left", "right"]) row.querySelector(`.${side}`).setAttribute("aria-pressed", String(this.items[n].choice === side));
    });
    this.rows[this.now]?.scrollIntoView({ block: "nearest" });
    const open = this.items.filter((item) => item.choice === null).length;
    put(this.open, open > 0 ? `还有 ${open} 处未定` : "各处已定");
    this.adopt.disabled = open > 0;
    const item = this.items[this.now];
    if (item) say(`${what(item)}，左 ${plainTold(item, "left")}，右 ${plainTold(item, "right")}`);
  }

  async #adopt() {
    if (this.adopt.disabled) return;
    this.adopt.disabled = true;
    put(this.trouble);
    try {
      this.on.settled(await this.given.keep(settled(this.left.document, this.right.document, this.items)));
    } catch (trouble) {
      put(this.trouble, alertOf(trouble, () => this.#adopt()));
      this.adopt.disabled = false;
    }
  }
}

/** What an item is about. */
function what({ entity, group }) {
  if (group) return FIELDS[group];
  if (!entity) return "是否计数";
  return entity.left && entity.right ? entity.fields.map((field) => FIELDS[field]).join("、") : "有无标注";
}

function told(item, side) {
  const { entity, figure, group } = item;
  if (entity) {
    const here = entity[side];
    if (!here) return h("span", { class: "quiet" }, "不标");
    return [h("mark", { class: `span l-${here.label.toLowerCase()}`, data: { sign: LABEL[here.label].sign } }, here.text), ` ${LABEL[here.label].text}`,
      figure?.[side] ? h("span", { class: "quiet" }, `　${summary(figure[side])}`) : null];
  }
  const here = figure[side];
  if (!here) return h("span", { class: "quiet" }, "不计");
  return group ? field(here, group) : summary(here);
}

const plainTold = (item, side) => [told(item, side)].flat(Infinity).map((part) => part?.textContent ?? part ?? "").join("");

function field(said, group) {
  if (group === "number") return `${amount(said.low, said.high, said.unit, said.masked)}（${name("bound", said.bound)}）`;
  if (group in CHOICES) return name(group, said[group]);
  if (group === "indicator") return said.indicator.map((each) => each.text).join(" + ") || "—";
  const span = said[`${group}_span`];
  const value = group === "period" && said.period ? `${periodText(said.period)}（${said.period}）` : said[group] ?? "—";
  return span ? `${value} ← ${span.text}` : value;
}

const name = (group, value) => CHOICES[group].options.find(([each]) => each === value)[1];
const summary = (said) => [field(said, "number"), name("measure", said.measure), field(said, "indicator"), said.period, said.area].filter(Boolean).join(" · ");

/** Agreement by the project's measure. */
function agreement({ entities, value, link, observation, fields }) {
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const parts = [["实体", entities.ALL], ["数值", value], ["关联", link], ["整条观测", observation]].filter(([, score]) => score);
  return h("dl", { class: "agreement", "aria-label": "一致程度" },
    parts.map(([text, score]) => h("div", {}, h("dt", {}, text), h("dd", {}, percent(score.f1), h("span", { class: "quiet" }, ` F1，左 ${score.left} 右 ${score.right}`)))),
    Object.entries(fields).map(([text, { accuracy }]) => h("div", { class: "minor" }, h("dt", {}, text.split("/").map((each) => FIELDS[each] ?? each).join("/")), h("dd", {}, percent(accuracy)))));
}

/** The last revisions of two people, else the last and what it was made from. */
function twoOf(revisions) {
  const [last] = revisions;
  if (!last) return null;
  const other = revisions.find((revision) => revision.annotator !== last.annotator)?.revision ?? last.base ?? last.model;
  return other === null || other === undefined ? null : [other, last.revision];
}

const nameOf = (name_, revisions) => {
  const revision = revisions.find((each) => each.revision === name_);
  return revision ? `第 ${name_} 版 · ${revision.annotator}${revision.line ? "（另存）" : ""} · ${new Date(revision.at).toLocaleString("zh-CN")}` : `模型预标 · ${name_}`;
};

function options(revisions) {
  const models = [...new Set(revisions.map((revision) => revision.model).filter(Boolean))];
  return [...revisions.map((revision) => revision.revision), ...models].map((value) => ({ value, text: nameOf(value, revisions) }));
}
