// The desk: one report with its annotation, what is chosen in it, and everything that can be done to it.  In: an
// annotation (`{report, text, layout, document, …}`) and who works.  Out: an element, and steps of a `Work`.
// Saving, drafts and what is wrong stand in `keeping.js`, the fields of a number in `figure_panel.js`.

import { h, put, say } from "../dom.js";
import { Source } from "../report.js";
import * as acts from "./acts.js";
import { chord, commandOf } from "./commands.js";
import { FigurePanel } from "./figure_panel.js";
import { Keeping } from "./keeping.js";
import { showKeys } from "./keys_dialog.js";
import { CHOICES, isValue, LABEL, LINKS } from "./labels.js";
import { candidates, nextOf, wordEdge } from "./navigation.js";
import { Reading } from "./reading.js";
import { TextPane } from "./text_pane.js";
import { Toolbar } from "./toolbar.js";
import { Work } from "./work.js";

const BADGES = "123456789abcdefghjklmnopqrstuvwxyz";

export class Desk {
  /** `opened`: `{annotation, draft, steps}`; `on`: `next()`, `settle(conflict)`, `who`, `drafts`. */
  constructor({ annotation, draft = null, steps = [] }, on) {
    this.on = on;
    this.annotation = annotation;
    this.source = new Source(annotation.text, annotation.layout);
    this.work = new Work(this.source, annotation.document);
    for (const [name, edits, at] of steps) {
      if (name === null) this.work.amend(this.work.taken.at(-1), edits);
      else this.work.do(name, edits, at);
    }
    this.chosen = null;
    this.range = null;
    this.mode = null;
    this.pane = new TextPane(this.work, {
      choose: (id) => (this.mode?.pick ? this.mode.pick(id, false) : this.choose(id)),
      link: (id) => this.linkTo(id),
      range: (range) => this.setRange(range),
      fault: (fault) => this.showFault(fault),
    });
    this.pane.sentences = annotation.layout.sentences.map((span) => this.source.range(span));
    this.keeping = new Keeping(this, { draft, steps });
    this.reading = new Reading(this);
    this.panel = new FigurePanel(this);
    this.toolbar = new Toolbar(this);
    this.status = h("p", { class: "mode-line", role: "status" });
    this.element = h("div", { class: "desk" },
      this.toolbar.element,
      this.keeping.notices,
      h("div", { class: "desk-panes" },
        h("div", { class: "pane reading" }, this.pane.element, this.status),
        h("div", { class: "pane side" }, this.panel.element, this.keeping.faultsElement)));
    this.element.addEventListener("keydown", (event) => this.#press(event));
    this.work.listen(() => this.#changed());
    this.keeping.begin();
  }

  /** Go to where the work is: what the model is unsure of, else the first number. */
  start() {
    const first = nextOf(this.work, "unsure", -1, 1) ?? nextOf(this.work, "proposed", -1, 1) ?? nextOf(this.work, "value", -1, 1);
    this.choose(first?.id ?? null);
    this.focus();
  }

  focus() {
    this.pane.element.focus({ preventScroll: true });
    if (this.panel.stale) this.panel.show();
  }

  get entity() {
    return this.work.entities.get(this.chosen) ?? null;
  }

  choose(id) {
    this.chosen = this.work.entities.has(id) ? id : null;
    this.setRange(null);
    this.leave();
    this.pane.choose(this.chosen);
    this.panel.show();
    const { entity } = this;
    if (entity) say(`${LABEL[entity.label].text} ${this.work.textOf(entity)}`);
  }

  // Moving

  step(kind, by) {
    if (kind === "fault") {
      this.keeping.stepFault(by);
      return true;
    }
    const from = this.entity?.start ?? (this.range ? this.range.head : -1);
    const next = nextOf(this.work, kind, from, by);
    if (next) this.choose(next.id);
    else if (kind === "unsure") this.tell(by > 0 ? "往后没有存疑的了。" : "往前没有存疑的了。");
    // At either end the tab key goes on to what else is on the page.
    return next !== null || kind !== "value";
  }

  row(by) {
    const id = this.entity ? this.pane.beside(this.chosen, by) : null;
    if (id !== null) this.choose(id);
  }

  // Ranges of characters

  setRange(range) {
    this.range = range;
    if (range) {
      this.chosen = null;
      this.pane.choose(null);
      this.panel.show();
      this.leave();
    }
    this.pane.setRange(range);
  }

  beginRange() {
    const at = this.entity?.start ?? this.range?.head ?? 0;
    this.setRange({ anchor: at, head: at });
    this.tell("逐字：← → 移动，Shift 选择，Ctrl 按词；数字键标注，Esc 返回。");
  }

  extend(by) {
    const range = this.range ?? (this.entity ? { anchor: this.entity.end, head: this.entity.end } : null);
    if (range) this.setRange({ anchor: range.anchor, head: this.#bounded(acts.stepped(this.source.text, range.head, by)) });
  }

  word(by, selecting) {
    const range = this.range ?? (this.entity ? { anchor: this.entity.end, head: this.entity.end } : null);
    if (!range) return;
    const head = wordEdge(this.source, range.head, by);
    this.setRange({ anchor: selecting ? range.anchor : head, head });
  }

  #bounded(unit) {
    return Math.max(0, Math.min(this.source.text.length, unit));
  }

  /** What the arrows do where there is a caret. */
  #caret(key) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!this.range || by === undefined) return false;
    const { anchor, head } = this.range;
    const at = anchor === head ? this.#bounded(acts.stepped(this.source.text, head, by)) : by > 0 ? Math.max(anchor, head) : Math.min(anchor, head);
    this.setRange({ anchor: at, head: at });
    return true;
  }

  // Marking

  label(name) {
    const { range } = this;
    if (range && range.anchor !== range.head) {
      this.attempt(() => {
        const { id, edits } = acts.add(this.work, { start: Math.min(range.anchor, range.head), end: Math.max(range.anchor, range.head) }, name);
        const step = this.do(`标为${LABEL[name].text}`, edits);
        this.choose(id);
        if (isValue(name)) this.reading.read(id, step);
      });
    } else if (this.entity && this.entity.label !== name) {
      const step = this.attempt(() => this.do(`改为${LABEL[name].text}`, acts.relabel(this.work, this.chosen, name)));
      if (step && isValue(name)) this.reading.read(this.chosen, step);
    } else if (!this.entity) {
      this.tell("请先选择文字，或选中一段标注。");
    }
  }

  move(edge, by) {
    const { entity } = this;
    if (!entity) return;
    const step = this.attempt(() => this.do("移动边界", acts.move(this.work, entity.id, edge, by)));
    if (step && isValue(entity.label)) this.reading.read(entity.id, step);
  }

  remove() {
    const { entity } = this;
    if (!entity) return;
    this.attempt(() => this.do(`删除“${this.work.textOf(entity).slice(0, 12)}”`, acts.remove(this.work, entity.id)));
    const next = nextOf(this.work, "span", entity.start - 1, 1) ?? nextOf(this.work, "span", entity.start, -1);
    this.choose(next?.id ?? null);
  }

  toggleFigure() {
    if (!this.entity) return;
    const step = this.attempt(() => this.do("计入或不计", acts.toggleFigure(this.work, this.chosen)));
    if (step && this.work.figures.has(this.chosen)) this.reading.read(this.chosen, step);
  }

  set(fields, name) {
    return this.attempt(() => this.do(name, acts.set(this.work, this.chosen, fields)));
  }

  // Links

  /** Ask which span; those near by have a key each. */
  pickLink(role) {
    const said = this.work.figures.get(this.chosen);
    if (!said) {
      this.tell("请先选中一个数。");
      return;
    }
    const found = candidates(this.work, this.chosen, role, BADGES.length - 1);
    const linked = new Set(this.work.links(said).filter((each) => each.role === role).map(({ entity }) => entity.id));
    const keys = new Map(found.map(({ id }, n) => [BADGES[n], id]));
    let now = 0;
    const badge = () => this.pane.setBadges(found.map(({ id }, n) => ({ id, key: BADGES[n] + (linked.has(id) ? "✓" : ""), now: n === now })));
    const pick = (id, more) => {
      this.leave();
      this.linkAs(role, id, !more);
    };
    this.enter({
      text: `${LINKS[role].text}：按目标旁的键，← → 选择后按 ⏎，或点目标${role === "base" ? "；Y 为同比" : ""}${role === "indicator" ? "；Shift 加选" : ""}；退格清除；Esc 返回`,
      role,
      press: (key, event) => {
        const plain = event.code.startsWith("Digit") ? event.code.slice(5) : key.toLowerCase();
        if (key === "ArrowRight" || key === "ArrowLeft") {
          now = (now + (key === "ArrowRight" ? 1 : found.length - 1)) % Math.max(1, found.length);
          badge();
        } else if (key === "Enter" && found.length > 0) pick(found[now].id, event.shiftKey);
        else if (key === "Backspace" || key === "Delete") {
          this.leave();
          this.clear(role);
        } else if (role === "base" && plain === "y") {
          this.leave();
          this.set({ base: "yoy", base_entity: null }, "基准为同比");
        } else if (keys.has(plain)) pick(keys.get(plain), event.shiftKey);
        else return false;
        return true;
      },
      pick,
    });
    badge();
  }

  /** Link the chosen number to a span by what the span is, or take that link away. */
  linkTo(id) {
    const said = this.work.figures.get(this.chosen);
    const target = this.work.entities.get(id);
    if (!said || !target) {
      this.choose(id);
      return;
    }
    const role = Object.keys(LINKS).find((name) => LINKS[name].label === target.label)
      ?? (said.measure === "growth" || said.measure === "diff" ? "base" : null);
    if (role === null) this.tell(`${LABEL[target.label].text}不能与数关联；可以关联指标、时期、地区。`);
    else this.linkAs(role, id, false);
  }

  linkAs(role, id, only) {
    const step = this.attempt(() => this.do(`关联${LINKS[role].text}`, acts.link(this.work, this.chosen, role, id, { only })));
    const said = this.work.figures.get(this.chosen);
    if (step && role === "period" && said.period_entity === id && said.period === null) this.reading.readPeriod(this.chosen, step);
  }

  clear(role) {
    const { many, entity } = LINKS[role];
    this.set(many ? { [role]: [] } : { [role]: null, [entity]: null }, `清除${LINKS[role].text}`);
  }

  // Choices and modes

  pickChoice(field) {
    if (!this.work.figures.has(this.chosen)) {
      this.tell("请先选中一个数。");
      return;
    }
    const { text, options } = CHOICES[field];
    this.enter({
      text: `${text}：${options.map(([, name], n) => `${n + 1} ${name}`).join("　")}　Esc 返回`,
      press: (key) => {
        const option = options[Number(key) - 1];
        if (!option) return false;
        this.leave();
        this.choice(field, option[0]);
        return true;
      },
    });
  }

  choice(field, name) {
    const step = this.set({ [field]: name }, `改${CHOICES[field].text}`);
    if (step && field === "measure") this.reading.read(this.chosen, step, { measure: true });
  }

  enter(mode) {
    this.mode = mode;
    this.tell(mode.text);
    this.status.classList.add("asking");
  }

  leave() {
    if (this.mode) {
      this.mode = null;
      this.pane.setBadges([]);
    }
    put(this.status);
    this.status.classList.remove("asking");
  }

  escape() {
    if (this.mode || this.status.textContent) this.leave();
    else if (this.range) this.choose(this.work.at(this.range.head)?.id ?? nextOf(this.work, "span", this.range.head, 1)?.id ?? null);
    this.focus();
  }

  // Accepting

  accept(what) {
    const { entity, work } = this;
    const at = entity ?? (this.range ? { start: this.range.head } : null);
    let reach = { start: 0, end: this.source.text.length };
    if (what !== "all") {
      if (!at) return;
      reach = what === "one" ? entity : what === "sentence" ? this.pane.reach(at) : this.source.lines[this.source.lineAt(at.start)];
    }
    if (!reach) return;
    const taken = what === "one" ? [entity] : work.within(reach.start, reach.end);
    this.do({ one: "接受", sentence: "接受本句", paragraph: "接受本段", all: "接受全文" }[what], acts.accept(work, taken));
    if (what === "all") return;
    const next = nextOf(work, "proposed", reach.end - 1, 1) ?? nextOf(work, "proposed", -1, 1);
    if (next) this.choose(next.id);
    else this.tell("全文都已接受；Ctrl+⏎ 完成并开下一份。");
  }

  // Steps

  do(name, edits) {
    this.leave();
    return this.#take(name, edits);
  }

  /** Add to a step what came of it later. */
  amend(step, name, edits) {
    if (this.work.amend(step, edits)) this.keeping.took(null, edits, null);
    else this.#take(name, edits);
  }

  #take(name, edits) {
    const step = this.work.do(name, edits, this.chosen);
    if (step) this.keeping.took(name, edits, step.at);
    return step;
  }

  attempt(work) {
    try {
      return work() ?? null;
    } catch (refusal) {
      if (!(refusal instanceof acts.Refusal)) throw refusal;
      this.tell(refusal.message);
      return null;
    }
  }

  undo() {
    this.#tookBack(this.work.undo(), "撤销", ({ before }) => before);
  }

  redo() {
    this.#tookBack(this.work.redo(), "重做", ({ after }) => after);
  }

  #tookBack(step, name, which) {
    if (!step) {
      this.tell(`没有可${name}的了。`);
      return;
    }
    // Of two edits of one record the one that is left standing counts.
    const edits = name === "撤销" ? step.edits.toReversed() : step.edits;
    this.keeping.took(`${name}：${step.name}`, edits.map((edit) => ({ of: edit.of, id: edit.id, after: which(edit) })), null);
    const touched = step.edits.map(({ id }) => id).find((id) => this.work.entities.has(id));
    this.choose(this.work.entities.has(step.at) ? step.at : touched ?? null);
    this.tell(`${name}：${step.name}`);
  }

  // Saving

  save(state) {
    return this.keeping.save(state);
  }

  /** Say that it is done, and open what teaches most of the others. */
  async finish() {
    if (this.keeping.mayFinish() && await this.keeping.save("done")) this.on.next(false);
  }

  /** Save, and open what follows in the queue. */
  async saveAndNext() {
    if (await this.keeping.save("in_work")) this.on.next(true);
  }

  showKeys() {
    showKeys();
  }

  showFault(fault) {
    const entity = this.work.at(fault.start);
    if (entity) this.choose(entity.id);
    else {
      this.setRange({ anchor: fault.start, head: fault.end });
      this.pane.show(fault.start);
    }
    this.tell(fault.message);
    this.focus();
  }

  tell(text) {
    put(this.status, text);
    say(text);
  }

  #changed() {
    if (this.chosen !== null && !this.work.entities.has(this.chosen)) this.chosen = null;
    this.panel.refresh();
    this.toolbar.update();
  }

  #press(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const key = chord(event);
    const typing = event.target.matches("input, select, textarea");
    if (typing && key === "Escape") {
      event.preventDefault();
      this.panel.show();
      this.focus();
      return;
    }
    const inText = this.pane.element.contains(event.target);
    if (inText && this.mode && !["Control", "Shift", "Alt", "Meta"].includes(event.key) && this.mode.press(event.key, event)) {
      event.preventDefault();
      return;
    }
    if (inText && this.#caret(key)) {
      event.preventDefault();
      return;
    }
    const command = commandOf(key, typing);
    if (!command || !(inText || command.anywhere)) return;
    if (command.run(this, key) !== false) event.preventDefault();
  }
}
