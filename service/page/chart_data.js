// What of a report is worth drawing.  In: figures.  Out: views, each one chart with its rows: areas beside one another,
// one indicator over time, targets beside results.  Figures are only ever put together where indicator, unit, measure,
// base and scope are the same; times only where they are of one kind (years with years, January to September with
// January to September).  Knows nothing of how it is drawn.

import { baseText, MEASURES, middle, periodText, STATUSES } from "./words.js";

// Lines beyond this many cannot be told apart.
const MOST_LINES = 8;

/** Views in the order of the report: `{kind, title, unit, note, rows | lines, periods}`; rows carry their `figures`. */
export function viewsOf(figures) {
  const views = [];
  for (const alike of groups(figures.filter(drawable), likeness).values()) {
    if (alike.length < 2) continue;
    const o = alike[0].observation;
    const about = { name: nameOf(o), unit: o.value.unit, measure: o.measure };
    views.push(...targets(alike, about), ...series(alike, about), ...areas(alike, about));
  }
  return views;
}

function drawable(figure) {
  const { indicator, value, measure } = figure.observation;
  return indicator.name !== "" && middle(value) !== null && measure !== "rank";
}

function likeness(figure) {
  const { indicator, value, measure, base, scope } = figure.observation;
  return [indicator.code ?? "", indicator.name, value.unit, measure, base ?? "", scope ?? ""].join("\u0000");
}

function nameOf({ indicator, measure, base }) {
  const kind = measure === "level" ? "" : ` · ${MEASURES[measure]}${base && base !== "yoy" ? `（比${baseText(base)}）` : ""}`;
  return indicator.name + kind;
}

const areaOf = (figure) => figure.observation.area?.name ?? "（未明）";
const periodOf = (figure) => figure.observation.period?.edtf ?? "";

/** Bars: one area each. */
function areas(alike, about) {
  const views = [];
  const key = (figure) => `${periodOf(figure)}\u0000${figure.observation.status}`;
  for (const group of groups(alike, key).values()) {
    const by = groups(group, areaOf);
    if (by.size < 2) continue;
    const { period, status } = group[0].observation;
    const rows = [...by].map(([label, same]) => row(label, same)).filter(Boolean).sort((a, b) => b.value - a.value);
    if (rows.length < 2) continue;
    views.push({
      kind: "areas",
      title: `${about.name}：${rows.length} 个地区`,
      note: [period ? periodText(period.edtf) : "", status === "actual" ? "" : STATUSES[status]].filter(Boolean).join(" · "),
      ...about,
      rows,
    });
  }
  return views;
}

/** Lines: one area each, over times of one kind. */
function series(alike, about) {
  const views = [];
  const actual = alike.filter((figure) => figure.observation.status === "actual" && kindOf(periodOf(figure)) !== "");
  for (const [, group] of groups(actual, (figure) => kindOf(periodOf(figure)))) {
    const lines = [...groups(group, areaOf)]
      .map(([label, same]) => ({ label, points: [...groups(same, periodOf)].map(([period, each]) => row(label, each, { period })).filter(Boolean) }))
      .filter((line) => line.points.length > 1);
    if (lines.length === 0) continue;
    const parts = lines.length <= MOST_LINES ? [lines] : lines.map((line) => [line]);
    for (const part of parts) {
      const periods = [...new Set(part.flatMap((line) => line.points.map((point) => point.period)))].sort(byTime);
      for (const line of part) line.points.sort((a, b) => byTime(a.period, b.period));
      views.push({
        kind: "series",
        title: `${about.name}：${periodText(periods[0])}至${periodText(periods.at(-1))}`,
        note: part.length === 1 ? part[0].label : `${part.length} 个地区`,
        ...about,
        lines: part,
        periods,
      });
    }
  }
  return views;
}

/** Bars in pairs: what was reached, what is aimed at. */
function targets(alike, about) {
  const views = [];
  for (const [area, group] of groups(alike, areaOf)) {
    const plans = group.filter((figure) => figure.observation.status === "plan");
    const results = group.filter((figure) => figure.observation.status === "actual");
    if (plans.length === 0 || results.length === 0) continue;
    const label = (figure) => `${periodOf(figure) ? periodText(periodOf(figure)) : "时期未明"} ${STATUSES[figure.observation.status]}`;
    const rows = [...groups([...results, ...plans], label)]
      .map(([name, same]) => row(name, same, { status: same[0].observation.status, period: periodOf(same[0]) })).filter(Boolean);
    if (!rows.some((each) => each.status === "plan") || !rows.some((each) => each.status === "actual")) continue;
    rows.sort((a, b) => byTime(a.period, b.period) || (a.status === "plan") - (b.status === "plan"));
    views.push({ kind: "targets", title: `${about.name}：目标与实绩`, note: area === "（未明）" ? "" : area, ...about, rows });
  }
  return views;
}

/** What is drawn for `figures` that speak of the same; null where they differ: then it is not known which one holds. */
function row(label, figures, more = {}) {
  const { value } = figures[0].observation;
  const values = new Set(figures.map((figure) => middle(figure.observation.value)));
  return values.size > 1 ? null : { label, value: middle(value), bound: value.bound, figures, ...more };
}

/** What a time must have in common with another to stand on one axis: `Y`, `Y-01/Y-09`, `Y-M`; "" for what has no place. */
export function kindOf(edtf) {
  if (edtf === "" || edtf.includes("X")) return "";
  if (/^\d{4}-\d\d$/.test(edtf)) return "Y-M";
  return edtf.replace(/\d{4}/g, "Y");
}

const timeKey = (edtf) => edtf.replace(/^\.\.\//, "").split("/").reverse().join("/");
export const byTime = (a, b) => (timeKey(a) < timeKey(b) ? -1 : Number(timeKey(a) > timeKey(b)));

function groups(items, key) {
  const found = new Map();
  for (const item of items) {
    const name = key(item);
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(item);
  }
  return found;
}
