// Which figures, in which order.  In: figures and what is asked.  Out: those that fit, counts for every choice, an
// order.  Knows nothing of the document.

import { middle } from "./words.js";

export const NOTHING = Object.freeze({ text: "", indicator: "", area: "", period: "", status: "", measure: "", only: "" });

/** Below this the service itself calls a figure doubtful. */
export const DOUBTFUL = 0.3;

// What stands in a choice for figures that have no such field.
export const NONE = "\u0000";

const FIELDS = {
  indicator: (o) => o.indicator.name || NONE,
  area: (o) => o.area?.name || NONE,
  period: (o) => o.period?.edtf || NONE,
  status: (o) => o.status,
  measure: (o) => o.measure,
};

const ORDERS = {
  number: (figure) => figure.index,
  indicator: (figure) => figure.observation.indicator.name,
  value: (figure) => middle(figure.observation.value),
  text: (figure) => figure.observation.value.text,
  period: (figure) => figure.observation.period?.edtf.replace(/^\.\.\//, "") ?? "",
  area: (figure) => figure.observation.area?.name ?? "",
  measure: (figure) => figure.observation.measure,
  status: (figure) => figure.observation.status,
};

/** The names of the fields that can be chosen from. */
export const CHOICES = Object.keys(FIELDS);

/** A test for one figure.  `asked`: as `NOTHING`; `except`: a field that does not count. */
export function fitting(asked, except = "") {
  const fields = CHOICES.filter((name) => name !== except && asked[name] !== "");
  const words = asked.text.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  return (figure) => {
    const o = figure.observation;
    if (!fields.every((name) => FIELDS[name](o) === asked[name])) return false;
    if (asked.only === "found" && figure.findings.length === 0) return false;
    if (asked.only === "doubtful" && o.score >= DOUBTFUL) return false;
    if (words.length === 0) return true;
    const said = wordsOf(figure);
    return words.every((word) => said.includes(word));
  };
}

/** Everything of a figure that a word may be found in. */
function wordsOf(figure) {
  if (figure.words === undefined) {
    const o = figure.observation;
    const parts = [o.indicator.name, o.value.text, o.area?.name, o.area?.text, o.period?.edtf, o.period?.text, o.scope, o.evidence.section];
    figure.words = parts.filter(Boolean).join("\n").normalize("NFKC").toLowerCase();
  }
  return figure.words;
}

/** The figures that fit, in the order asked for. */
export function chosen(figures, asked, order = { by: "number", down: false }) {
  const found = figures.filter(fitting(asked));
  if (order.by !== "number") found.sort(comparing(ORDERS[order.by]));
  return order.down ? found.reverse() : found;
}

function comparing(key) {
  const collator = new Intl.Collator("zh-CN", { numeric: true });
  return (a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === null || right === null) return (left === null) - (right === null) || a.index - b.index;
    const told = typeof left === "number" ? left - right : collator.compare(left, right);
    return told || a.index - b.index;
  };
}

/** For each choice of `field` how many figures it would leave, the other fields standing: `[value, count]`, most first. */
export function counted(figures, asked, field) {
  const fits = fitting(asked, field);
  const counts = new Map();
  for (const figure of figures) {
    if (!fits(figure)) continue;
    const value = FIELDS[field](figure.observation);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const inOrder = field === "period"
    ? ([a], [b]) => (a < b ? -1 : 1)
    : ([a, m], [b, n]) => n - m || (a < b ? -1 : 1);
  return [...counts].sort(inOrder);
}
