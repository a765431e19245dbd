// Two reports figure by figure.  In: the figures of both.  Out: pairs that speak of the same (indicator, area, period,
// measure, unit, base, scope) with what differs, and figures that only one has.  Knows nothing of the document.

import { middle } from "./words.js";

export const KINDS = { differs: "不同", same: "相同", left: "仅左", right: "仅右" };

// Both say the same where they differ by no more than what writing a number down loses.
const CLOSE = 1e-9;

/**
 * `[{kind, left, right, change}]` in the order of the left report, those that only the right one has last.  `shift`:
 * years by which the left one's times are moved before they are matched (1: last year's report beside this year's).
 */
export function compared(left, right, { shift = 0 } = {}) {
  const others = new Map();
  for (const figure of right) {
    const key = keyOf(figure, 0);
    if (!others.has(key)) others.set(key, []);
    others.get(key).push(figure);
  }
  const pairs = [];
  for (const [key, figures] of grouped(left, (figure) => keyOf(figure, shift))) {
    const rest = others.get(key) ?? [];
    others.delete(key);
    pairs.push(...matched(figures, rest));
  }
  pairs.sort((a, b) => (a.left?.index ?? Infinity) - (b.left?.index ?? Infinity) || a.right.index - b.right.index);
  const only = [...others.values()].flat().sort((a, b) => a.index - b.index);
  return [...pairs, ...only.map((figure) => pair(null, figure))];
}

/** Pairs among figures that speak of the same: first those with the same status and value, then the same status, then the rest. */
function matched(left, right) {
  const pairs = [];
  let [mine, theirs] = [left, right];
  for (const alike of [(a, b) => statusOf(a) === statusOf(b) && equal(a, b), equal, (a, b) => statusOf(a) === statusOf(b), () => true]) {
    const unmatched = [];
    const free = [...theirs];
    for (const figure of mine) {
      const at = free.findIndex((other) => alike(figure, other));
      if (at < 0) unmatched.push(figure);
      else pairs.push(pair(figure, free.splice(at, 1)[0]));
    }
    [mine, theirs] = [unmatched, free];
  }
  // A figure that a report states twice is no difference where the other states it once.
  const repeats = (figure, paired, side) => paired.some((each) => each[side] && equal(each[side], figure));
  pairs.push(...mine.filter((figure) => !repeats(figure, pairs, "left")).map((figure) => pair(figure, null)));
  pairs.push(...theirs.filter((figure) => !repeats(figure, pairs, "right")).map((figure) => pair(null, figure)));
  return pairs;
}

function pair(left, right) {
  if (!left) return { kind: "right", left, right, change: null };
  if (!right) return { kind: "left", left, right, change: null };
  const [a, b] = [middle(left.observation.value), middle(right.observation.value)];
  const change = a === null || b === null ? null : b - a;
  return { kind: equal(left, right) && statusOf(left) === statusOf(right) ? "same" : "differs", left, right, change };
}

function equal(left, right) {
  const [a, b] = [left.observation.value, right.observation.value];
  if (a.masked || b.masked) return a.masked && b.masked;
  return near(a.low, b.low) && near(a.high, b.high) && a.bound === b.bound;
}

const near = (a, b) => a === b || (a !== null && b !== null && Math.abs(a - b) <= CLOSE * Math.max(Math.abs(a), Math.abs(b)));
const statusOf = (figure) => figure.observation.status;

function keyOf({ observation: o }, shift) {
  const indicator = o.indicator.code ?? o.indicator.name.normalize("NFKC").replace(/\s/g, "");
  const area = o.area ? (o.area.code ?? o.area.name) : "";
  return [indicator, area, shifted(o.period?.edtf ?? "", shift), o.measure, o.value.unit, o.base ?? "", o.scope ?? ""].join("\u0000");
}

/** An EDTF time moved by whole years. */
export function shifted(edtf, years) {
  return years === 0 ? edtf : edtf.replace(/(?<!\d)\d{4}(?=$|[-/])/g, (year) => String(Number(year) + years).padStart(4, "0"));
}

/** By how many years the right report's time is later than the left one's; 0 where either is unknown. */
export function yearsBetween(left, right) {
  const [a, b] = [left, right].map((period) => /(\d{4})(?:-\d\d)*$/.exec(period ?? "")?.[1]);
  return a && b ? Number(b) - Number(a) : 0;
}

function grouped(items, key) {
  const found = new Map();
  for (const item of items) {
    const name = key(item);
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(item);
  }
  return found;
}
