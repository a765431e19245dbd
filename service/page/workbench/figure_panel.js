// Beside the text: the chosen span, and of a number everything that is said of it.  In: a desk.  Out: an element whose
// fields change the work.  What is typed as a number is read by the service while it is typed, and what does not read as
// one is not taken.

import { h, put } from "../dom.js";
import { amount, periodText } from "../words.js";
import { readAs } from "./acts.js";
import { CHOICES, isValue, LABELS, LINKS, UNSURE } from "./labels.js";
import { certainty } from "./navigation.js";

// After so long without a key what was typed is read.
const REST_MILLISECONDS = 200;
const EDTF = /^(?:(?:\.\.|[\dX]{4}(?:-[\dX]{2}){0,2})\/)?(?:\.\.|[\dX]{4}(?:-[\dX]{2}){0,2})$/;

export class FigurePanel {
  constructor(desk) {
    this.desk = desk;
    this.element = h("section", { class: "figure-panel", "aria-label": "所选标注" });
    this.fields = {};
    this.stale = false;
  }

  focus(name) {
    if (this.fields[name]) {
      this.fields[name].focus();
      this.fields[name].select?.();
    } else {
      this.desk.tell(this.desk.work.figures.has(this.desk.chosen) ? "这个数没有这一项。" : "请先选中一个数。");
    }
  }

  /** Show what has changed, but not under the hands of who is typing: then when the text is gone back to. */
  refresh() {
    this.stale = this.element.contains(document.activeElement) && document.activeElement.matches("input[type=text]");
    if (!this.stale) this.show();
  }

  show() {
    const { desk } = this;
    this.stale = false;
    const { entity, range, work } = desk;
    this.fields = {};
    this.asking?.abort();
    if (!entity) {
      const text = range && range.anchor !== range.head ? work.textOf({ start: Math.min(range.anchor, range.head), end: Math.max(range.anchor, range.head) }) : "";
      put(this.element, text ? [h("h2", {}, "所选文字"), h("p", { class: "quoted" }, text), this.#labels(null)] : h("p", { class: "hint" }, "选中一段标注，或划选文字。按 ? 看全部按键。"));
      return;
    }
    const said = work.figures.get(entity.id);
    const sure = certainty(work, entity);
    put(this.element,
      h("h2", {}, h("span", { class: "quoted" }, work.textOf(entity)),
        sure < 1 ? h("span", { class: `doubt${sure < UNSURE ? " unsure" : ""}` }, `把握 ${Math.round(sure * 100)}%`) : h("span", { class: "doubt sure" }, "已接受")),
      this.#labels(entity),
      said ? this.#figure(said) : null,
      h("p", { class: "buttons" },
        sure < 1 ? this.#button("接受", "⏎", () => desk.accept("one")) : null,
        isValue(entity.label) ? this.#button(said ? "不计" : "计入", "O", () => desk.toggleFigure()) : null,
        this.#button("删除", "Del", () => desk.remove())),
      said ? null : this.#servants(entity));
  }

  #labels(entity) {
    return h("div", { class: "labels", role: "group", "aria-label": "标签" }, LABELS.map(({ name, key, text, sign }) => h("button", {
      type: "button", class: `span l-${name.toLowerCase()}`, "aria-pressed": String(entity?.label === name), title: `按 ${key}`,
      data: { sign }, on: { mousedown: (event) => event.preventDefault(), click: () => this.#act(() => this.desk.label(name)) },
    }, text)));
  }

  #figure(said) {
    return h("div", { class: "fields" },
      this.#number(said),
      Object.keys(CHOICES).map((field) => this.#choice(field, said)),
      this.#links("indicator", said),
      this.#links("period", said, this.#text("period", "EDTF", said.period ?? "", (value) => {
        if (value !== "" && !EDTF.test(value)) return "应为 EDTF，如 2023、2023-01/2023-09、../2022-12-31";
        return this.#set({ period: value || null }, "改时期");
      }, said.period ? periodText(said.period) : "")),
      this.#links("area", said, this.#text("area", "地区名", said.area ?? "", (value) => this.#set({ area: value || null }, "改地区"))),
      said.measure === "growth" || said.measure === "diff" || said.base !== null
        ? this.#links("base", said, this.#text("base", "基准的文字", said.base ?? "", (value) => this.#set({ base: value || null }, "改基准"), said.base === "yoy" ? "同比" : "")) : null,
      said.measure === "rank" || said.scope !== null
        ? this.#row("范围", "K", this.#text("scope", "比较范围", said.scope ?? "", (value) => this.#set({ scope: value || null }, "改范围"))) : null);
  }

  /** The number: what it is, and a field that takes any words that read as one. */
  #number(said) {
    const { desk } = this;
    const entity = desk.work.entities.get(said.id);
    const read = h("output", { class: "read" }, amount(said.low, said.high, said.unit, said.masked));
    const exact = h("span", { class: "exact quiet" }, said.low === null ? "" : `${said.low}${said.high === said.low ? "" : ` … ${said.high}`} ${said.unit}`);
    const field = h("input", { type: "text", "aria-label": "数值", value: desk.work.textOf(entity), autocomplete: "off", spellcheck: "false" });
    this.fields.number = field;
    let timer = 0;
    let found;
    const ask = async () => {
      clearTimeout(timer);
      this.asking?.abort();
      this.asking = new AbortController();
      const { signal } = this.asking;
      const text = field.value.trim();
      found = text === "" ? null : await desk.reading.ofWords(text, entity.label, said.measure, said.unit, signal);
      if (signal.aborted) return;
      field.setAttribute("aria-invalid", String(found === null));
      if (found === null) put(read, "读不出数");
      else if (found !== undefined) put(read, `读作 ${amount(found.low, found.high, found.unit, found.masked)}`);
      put(exact, found ? `${found.low ?? ""}${found.high === found.low ? "" : ` … ${found.high}`} ${found.unit} · ${CHOICES.bound.options.find(([name]) => name === found.bound)[1]}` : "");
    };
    field.addEventListener("input", () => {
      clearTimeout(timer);
      found = undefined;
      timer = setTimeout(ask, REST_MILLISECONDS);
    });
    field.addEventListener("keydown", async (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
      event.preventDefault();
      if (found === undefined) await ask();
      if (found) this.#act(() => this.#set(readAs(found), "改数值"));
      else if (found === null) desk.tell(`“${field.value}”读不出数，未采用；例如 3.2亿元、5-10名、XX万元。`);
    });
    const masked = h("input", { type: "checkbox", "aria-label": "数字隐去", on: { change: () => this.#act(() => this.#set(
      masked.checked ? { low: null, high: null, masked: true } : { masked: false }, "隐去与否")) } });
    masked.checked = said.masked;
    return this.#row("数值", "E", h("div", { class: "number" }, field, h("label", { class: "quiet" }, masked, "隐去"), read, exact));
  }

  #choice(field, said) {
    const { text, options } = CHOICES[field];
    const key = { measure: "M", status: "S", bound: "G" }[field];
    return this.#row(text, key, h("div", { class: "choices", role: "group", "aria-label": text }, options.map(([name, words]) => h("button", {
      type: "button", "aria-pressed": String(said[field] === name), on: { click: () => this.#act(() => this.desk.choice(field, name)) },
    }, words))));
  }

  #links(role, said, more = null) {
    const { desk } = this;
    const key = { indicator: "I", period: "P", area: "R", base: "B" }[role];
    const linked = desk.work.links(said).filter((each) => each.role === role);
    return this.#row(LINKS[role].text, key, h("div", { class: "linked" },
      linked.map(({ entity }) => h("span", { class: `link-chip role-${role}` },
        h("button", { type: "button", class: "link", on: { click: () => this.#act(() => desk.choose(entity.id)) } }, desk.work.textOf(entity)),
        h("button", { type: "button", class: "cut", "aria-label": `取消关联 ${desk.work.textOf(entity)}`, on: { click: () => this.#act(() => desk.linkAs(role, entity.id, false)) } }, "×"))),
      h("button", { type: "button", class: "add", on: { click: () => this.#act(() => desk.pickLink(role)) } }, linked.length > 0 ? "另选" : "关联"),
      more));
  }

  #text(name, label, value, take, note = "") {
    const said = h("span", { class: "quiet" }, note);
    const field = h("input", { type: "text", "aria-label": label, placeholder: label, value, autocomplete: "off", spellcheck: "false", on: {
      keydown: (event) => {
        if (event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
        event.preventDefault();
        this.#take(field, take, said);
      },
      change: () => this.#take(field, take, said),
    } });
    this.fields[name] = field;
    return h("span", { class: "typed" }, field, said);
  }

  #take(field, take, said) {
    const wrong = take(field.value.trim());
    if (typeof wrong === "string") {
      field.setAttribute("aria-invalid", "true");
      put(said, wrong);
    } else {
      this.desk.focus();
    }
  }

  #set(fields, name) {
    this.desk.set(fields, name);
    return null;
  }

  #row(name, key, ...content) {
    return h("div", { class: "field" }, h("span", { class: "field-name" }, name, h("kbd", {}, key)), ...content);
  }

  #button(text, key, act) {
    return h("button", { type: "button", on: { click: () => this.#act(act) } }, text, " ", h("kbd", {}, key));
  }

  /** The numbers that lead to an entity. */
  #servants(entity) {
    const { work } = this.desk;
    const figures = work.figuresOf(entity.id);
    if (figures.length === 0) return null;
    return h("div", { class: "servants" }, h("h3", {}, `关联到此的数（${figures.length}）`), h("p", {}, figures.slice(0, 30).map((figure) => h("button", {
      type: "button", class: "link", on: { click: () => this.#act(() => this.desk.choose(figure.id)) },
    }, work.textOf(work.entities.get(figure.id))))));
  }

  #act(act) {
    act();
    this.desk.focus();
  }
}
