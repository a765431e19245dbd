// An annotation while it is worked on: entities and figures by id, and every step that was taken, so that each can be
// taken back.  In: a document of the service, whose offsets are code points, and edits.  Out: the same with offsets in
// units, who changed, and the document to be saved.  Knows nothing of the screen, of drafts and of the service.

import { countBelow } from "../offsets.js";
import { isValue, LINKS } from "./labels.js";

/** An edit is `{of: "entities" | "figures", id, after}`, `after` null for what goes; a figure has its entity's id. */
export class Work {
  #listeners = [];

  /** `source`: the text (`Source`); `document`: as the service has it. */
  constructor(source, document) {
    this.source = source;
    this.meta = document.meta ?? {};
    this.entities = new Map(document.entities.map(({ id, label, start, end, score = 1 }) => [
      id, { id, label, score, ...source.range({ start, end }) },
    ]));
    this.figures = new Map(document.observations.map(({ id, text, value, ...said }) => [value, { ...BLANK, ...said, id: value }]));
    this.taken = []; // steps: {name, edits: [{of, id, before, after}], at}
    this.takenBack = [];
    this.last = 0;
    this.#order();
  }

  /** `listener(edits)` after each change, `edits` with `before` and `after`. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** Take a step.  Gives it, null where it would change nothing.  `at`: the span that was chosen before. */
  do(name, edits, at = null) {
    const changed = this.#changing(edits);
    if (changed.length === 0) return null;
    const step = { name, edits: changed, at };
    this.taken.push(step);
    this.takenBack = [];
    this.#apply(changed);
    return step;
  }

  /** Add to the step that was taken last what belongs to it: gives whether it still is the last. */
  amend(step, edits) {
    if (this.taken.at(-1) !== step) return false;
    const changed = this.#changing(edits);
    step.edits.push(...changed);
    if (changed.length > 0) this.#apply(changed);
    return true;
  }

  /** Take the last step back; gives it, null where there is none. */
  undo() {
    const step = this.taken.pop() ?? null;
    if (!step) return null;
    this.takenBack.push(step);
    this.#apply(step.edits.toReversed().map(({ before, after, ...edit }) => ({ ...edit, before: after, after: before })));
    return step;
  }

  /** Take the step again that was taken back last. */
  redo() {
    const step = this.takenBack.pop() ?? null;
    if (!step) return null;
    this.taken.push(step);
    this.#apply(step.edits);
    return step;
  }

  /** An id that no entity has had. */
  newId() {
    do this.last += 1;
    while (this.entities.has(`n${this.last}`) || this.taken.some((step) => step.edits.some((edit) => edit.id === `n${this.last}`)));
    return `n${this.last}`;
  }

  /** The entity that holds a unit, null for none. */
  at(unit) {
    const before = this.ordered[countBelow(this.starts, unit + 1) - 1];
    return before && before.end > unit ? before : null;
  }

  /** Where an entity stands in the order of the text, where one of that span would. */
  place(entity) {
    return countBelow(this.starts, entity.start);
  }

  /** The entities that reach into a range, in order. */
  within(start, end) {
    let from = countBelow(this.starts, start);
    while (from > 0 && this.ordered[from - 1].end > start) from -= 1;
    const found = [];
    for (let n = from; n < this.ordered.length && this.ordered[n].start < end; n += 1) {
      if (this.ordered[n].end > start) found.push(this.ordered[n]);
    }
    return found;
  }

  /** What a figure is linked to: `[{role, entity}]`. */
  links(figure) {
    const named = figure.indicator.map((id) => ["indicator", id]);
    for (const role of ["period", "area", "base"]) named.push([role, figure[LINKS[role].entity]]);
    return named.filter(([, id]) => this.entities.has(id)).map(([role, id]) => ({ role, entity: this.entities.get(id) }));
  }

  /** The figures that lead to an entity. */
  figuresOf(id) {
    return [...this.figures.values()].filter((figure) => leads(figure, id));
  }

  textOf({ start, end }) {
    return this.source.text.slice(start, end);
  }

  /** The document as the service takes it. */
  document() {
    const { offsets } = this.source;
    return {
      entities: this.ordered.map(({ id, label, start, end, score }) => ({
        id, label, start: offsets.toPoints(start), end: offsets.toPoints(end), score,
      })),
      observations: this.ordered.filter(({ id }) => this.figures.has(id)).map(({ id }) => {
        const { id: value, ...said } = this.figures.get(id);
        return { value, ...said };
      }),
      meta: this.meta,
    };
  }

  #changing(edits) {
    return edits
      .map((edit) => ({ ...edit, before: this[edit.of].get(edit.id) ?? null }))
      .filter(({ before, after }) => before !== after && JSON.stringify(before) !== JSON.stringify(after));
  }

  #apply(edits) {
    for (const { of, id, after } of edits) {
      if (after === null) this[of].delete(id);
      else this[of].set(id, after);
    }
    if (edits.some((edit) => edit.of === "entities")) this.#order();
    for (const listener of this.#listeners) listener(edits);
  }

  #order() {
    this.ordered = [...this.entities.values()].sort((a, b) => a.start - b.start || a.end - b.end);
    this.starts = this.ordered.map((entity) => entity.start);
    this.values = this.ordered.filter((entity) => isValue(entity.label));
  }
}

/** What is said of a number of which nothing is said. */
export const BLANK = Object.freeze({
  low: null, high: null, unit: "", bound: "exact", masked: false, measure: "level", indicator: [],
  period: null, period_entity: null, area: null, area_entity: null, scope: null, base: null, base_entity: null,
  status: "actual", score: 1,
});

/** Whether a figure leads to an entity. */
export const leads = (figure, id) => figure.indicator.includes(id)
  || figure.period_entity === id || figure.area_entity === id || figure.base_entity === id;
