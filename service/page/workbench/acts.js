// What an annotator does, as edits of a `Work`.  In: the work and what is to be done.  Out: edits, or a `Refusal` that
// says in Chinese why it cannot be done.  Whatever a person has touched is sure: its score is 1.

import { isValue, LABEL, LINKS } from "./labels.js";
import { BLANK, leads } from "./work.js";

export class Refusal extends Error {}

const EDGE = /^[\s,.;:!?，。；：、！？]|[\s,;:!?，。；：、！？]$/u;
const entity = (after) => ({ of: "entities", id: after.id, after });
const figure = (after) => ({ of: "figures", id: after.id, after });
const gone = (of, id) => ({ of, id, after: null });

/** Mark a range; blanks and stops at its edges are left out.  Gives `{id, edits}`. */
export function add(work, range, label) {
  const span = trimmed(work.source.text, range);
  if (span.start >= span.end) throw new Refusal("所选文字只有空白或标点，不能标注。");
  refuseOverlap(work, span, null);
  const id = work.newId();
  const made = { id, label, ...span, score: 1 };
  return { id, edits: [entity(made), ...(isValue(label) ? [figure(begun(work, made))] : [])] };
}

/** Move an edge (`start` or `end`) of an entity by one character to the left (-1) or right (1). */
export function move(work, id, edge, by) {
  const { text } = work.source;
  const old = work.entities.get(id);
  const span = { ...old, [edge]: stepped(text, old[edge], by), score: 1 };
  if (span.start < 0 || span.end > text.length || span.start >= span.end) throw new Refusal("已到尽头，不能再移。");
  if (work.source.lineAt(span.start) !== work.source.lineAt(span.end - 1) && work.textOf(span).trim() !== work.textOf(span)) {
    throw new Refusal("不能移出本行。");
  }
  refuseOverlap(work, span, id);
  return [entity(span)];
}

/** Give an entity another label: a number gets a figure, what is no number any more loses it, links that no longer fit go. */
export function relabel(work, id, label) {
  const old = work.entities.get(id);
  const made = { ...old, label, score: 1 };
  const edits = [entity(made)];
  const said = work.figures.get(id);
  if (isValue(label) && !said) edits.push(figure(begun(work, made)));
  if (!isValue(label) && said) edits.push(gone("figures", id));
  if (said && isValue(label) && (label === "RANK") !== (said.measure === "rank")) {
    edits.push(figure({ ...said, ...measured(said, label === "RANK" ? "rank" : "level"), score: 1 }));
  }
  for (const other of work.figuresOf(id)) {
    const after = without(other, id, (role) => LINKS[role].label !== null && LINKS[role].label !== label);
    if (after !== other) edits.push(figure(after));
  }
  return edits;
}

/** Take an entity away, with what is said of it and the links that lead to it. */
export function remove(work, id) {
  const edits = work.figuresOf(id).filter((other) => other.id !== id).map((other) => figure(without(other, id, () => true)));
  if (work.figures.has(id)) edits.push(gone("figures", id));
  return [...edits, gone("entities", id)];
}

/** Say nothing of a number any more, or begin to. */
export function toggleFigure(work, id) {
  const old = work.entities.get(id);
  if (!isValue(old.label)) throw new Refusal(`“${work.textOf(old)}”不是数。`);
  return work.figures.has(id) ? [gone("figures", id)] : [figure(begun(work, old))];
}

/**
 * Link a figure to an entity, or take the link away where it is there.  `meaning`: of a time or an area, as text;
 * `only`: in the place of what it is linked to already.
 */
export function link(work, id, role, target, { meaning = null, only = false } = {}) {
  const said = demanded(work, id);
  const { label, many, entity: field } = LINKS[role];
  const end = work.entities.get(target);
  if (target === id) throw new Refusal("不能关联自身。");
  if (label !== null && end.label !== label) {
    throw new Refusal(`“${work.textOf(end)}”是${LABEL[end.label].text}，不能作${LINKS[role].text}。`);
  }
  if (many) {
    const linked = said.indicator.includes(target);
    if (only && !linked) return [figure({ ...said, indicator: [target], score: 1 })];
    const ids = linked ? said.indicator.filter((each) => each !== target) : [...said.indicator, target];
    ids.sort((a, b) => work.entities.get(a).start - work.entities.get(b).start);
    return [figure({ ...said, indicator: ids, score: 1 })];
  }
  if (said[field] === target) return [figure({ ...said, [field]: null, [role]: null, score: 1 })];
  return [figure({ ...said, [field]: target, [role]: meaning ?? meaningOf(work, role, end), score: 1 })];
}

/** Set fields of a figure.  A rank has a scope and no base, a growth or difference a base. */
export function set(work, id, fields) {
  const said = demanded(work, id);
  const more = fields.measure && fields.measure !== said.measure ? measured(said, fields.measure) : {};
  return [figure({ ...said, ...more, ...fields, score: 1 })];
}

/** Take over what is there as it is: of each figure its number and what it is linked to, of other entities themselves. */
export function accept(work, entities) {
  const sure = new Map();
  for (const each of entities) {
    sure.set(each.id, each);
    const said = work.figures.get(each.id);
    if (said) for (const { entity: end } of work.links(said)) sure.set(end.id, end);
  }
  return [...sure.values()].flatMap((each) => {
    const said = work.figures.get(each.id);
    return [
      ...(each.score < 1 ? [entity({ ...each, score: 1 })] : []),
      ...(said && said.score < 1 && entities.includes(each) ? [figure({ ...said, score: 1 })] : []),
    ];
  });
}

/** What was read in a number's words: fields to set. */
export const readAs = ({ low, high, unit, bound, masked }) => ({ low, high, unit, bound, masked: masked ?? low === null });

/** What a time or an area means that other figures are linked to already; an area's own words where there is none. */
export function meaningOf(work, role, end) {
  const { entity: field } = LINKS[role];
  for (const other of work.figures.values()) if (other[field] === end.id && other[role]) return other[role];
  const words = work.textOf(end);
  if (role === "base") return words;
  for (const other of work.figures.values()) {
    const there = work.entities.get(other[field]);
    if (there && other[role] && work.textOf(there) === words) return other[role];
  }
  if (role === "area") return /^[我全本][国省市州盟区县旗镇乡]$/.test(words) && work.meta.area ? work.meta.area : words;
  return null;
}

/** `range` without the blanks and stops at its edges. */
export function trimmed(text, { start, end }) {
  while (start < end && EDGE.test(text[start] + "x")) start += 1;
  while (end > start && EDGE.test("x" + text[end - 1])) end -= 1;
  return { start, end };
}

/** One character on: two units where it is one of those. */
export function stepped(text, at, by) {
  const low = (unit) => unit > 0 && unit < text.length && /[\udc00-\udfff]/.test(text[unit]) && /[\ud800-\udbff]/.test(text[unit - 1]);
  const next = at + by;
  return low(next) ? next + by : next;
}

/** A figure for a number that has none: measured as its label is, linked as the number before it in its sentence is. */
function begun(work, value) {
  const line = work.source.lineAt(value.start);
  const { start } = work.source.lines[line];
  const before = work.within(start, value.start).toReversed();
  const indicator = before.find((each) => each.label === "INDICATOR");
  const [period, area] = ["PERIOD", "AREA"].map((label) => before.find((each) => each.label === label));
  const neighbour = before.map((each) => work.figures.get(each.id)).find(Boolean) ?? lastFigure(work, value);
  const linked = (role, end) => (end ? { [role]: meaningOf(work, role, end), [LINKS[role].entity]: end.id } : {});
  return {
    ...BLANK,
    id: value.id,
    ...(value.label === "RANK" ? { measure: "rank", unit: "名次" } : {}),
    ...(neighbour ? {
      period: neighbour.period, period_entity: neighbour.period_entity, area: neighbour.area, area_entity: neighbour.area_entity,
    } : { period: work.meta.year ?? null, area: work.meta.area ?? null }),
    ...(neighbour ? {} : { ...linked("period", period), ...linked("area", area) }),
    indicator: indicator ? [indicator.id] : [],
  };
}

function lastFigure(work, value) {
  for (let place = work.place(value) - 1; place >= 0; place -= 1) {
    const said = work.figures.get(work.ordered[place].id);
    if (said) return said;
  }
  return null;
}

/** What goes with a measure. */
function measured(said, measure) {
  const compared = measure === "growth" || measure === "diff";
  return {
    measure,
    ...(measure === "rank" ? { unit: "名次" } : { scope: null }),
    ...(compared ? { base: said.base ?? "yoy" } : { base: null, base_entity: null }),
  };
}

function without(said, id, wanted) {
  if (!leads(said, id)) return said;
  const after = { ...said };
  if (wanted("indicator")) after.indicator = said.indicator.filter((each) => each !== id);
  for (const role of ["period", "area", "base"]) {
    const { entity: field } = LINKS[role];
    if (said[field] === id && wanted(role)) after[field] = null;
  }
  return after;
}

function demanded(work, id) {
  const said = work.figures.get(id);
  if (!said) throw new Refusal("请先选中一个数。");
  return said;
}

function refuseOverlap(work, { start, end }, id) {
  const other = work.within(start, end).find((each) => each.id !== id);
  if (other) throw new Refusal(`与“${work.textOf(other)}”重叠；实体不可重叠。`);
}
