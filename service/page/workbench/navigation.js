// Where one can go in an annotation, and what belongs together in it.  In: a `Work`, what is chosen.  Out: entities.

import { isValue, LINKS, UNSURE } from "./labels.js";

/** How sure a model is of what is said of an entity: 1 where a person has said it. */
export const certainty = (work, entity) => Math.min(entity.score, work.figures.get(entity.id)?.score ?? 1);

const KINDS = {
  span: () => true,
  value: (work, entity) => isValue(entity.label),
  unsure: (work, entity) => certainty(work, entity) < UNSURE,
  proposed: (work, entity) => certainty(work, entity) < 1,
};

/** The next entity of a kind from a unit on, in the direction `by`; the first or last for an infinite one. */
export function nextOf(work, kind, from, by) {
  const fits = KINDS[kind];
  if (by === -Infinity) return work.ordered.find((entity) => fits(work, entity)) ?? null;
  if (by === Infinity) return work.ordered.findLast((entity) => fits(work, entity)) ?? null;
  if (by > 0) return work.ordered.find((entity) => entity.start > from && fits(work, entity)) ?? null;
  return work.ordered.findLast((entity) => entity.start < from && fits(work, entity)) ?? null;
}

/** How many entities there are of a kind. */
export const countOf = (work, kind) => work.ordered.reduce((sum, entity) => sum + (KINDS[kind](work, entity) ? 1 : 0), 0);

// What comes after a number, or stands in another line, is as unlikely to be meant as what is so many characters away.
const AFTER = 12;
const OTHER_LINE = 40;

/** What a number could be linked to in a role, the likeliest first: what stands before it and near counts most. */
export function candidates(work, id, role, most) {
  const value = work.entities.get(id);
  const { label } = LINKS[role];
  const line = work.source.lineAt(value.start);
  const far = (entity) => {
    const within = work.source.lineAt(entity.start) === line ? 0 : OTHER_LINE;
    return entity.start < value.start ? value.start - entity.end + within : 2 * (entity.start - value.end + within) + AFTER;
  };
  const place = work.place(value);
  return work.ordered.slice(Math.max(0, place - 150), place + 150)
    .filter((entity) => entity.id !== id && (label === null ? !isValue(entity.label) : entity.label === label))
    .sort((a, b) => far(a) - far(b))
    .slice(0, most);
}

/** The start of the next word from a unit on, within its line; -1 goes back. */
export function wordEdge(source, unit, by) {
  const line = source.lines[source.lineAt(unit)];
  words ??= new Intl.Segmenter("zh", { granularity: "word" });
  const edges = [line.start, ...Array.from(words.segment(source.text.slice(line.start, line.end)), (word) => line.start + word.index + word.segment.length)];
  return (by > 0 ? edges.find((edge) => edge > unit) : edges.findLast((edge) => edge < unit)) ?? unit;
}
let words = null;
