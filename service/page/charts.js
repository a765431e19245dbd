// Charts as SVG.  In: a view of `chart_data.js`.  Out: a drawing that tells in words what it shows, for those who do
// not see it, and the rows of the table behind it.

import { h, nextId, plain, s } from "./dom.js";
import { axis, linear } from "./scales.js";
import { BOUNDS, grouped, periodText, scaleOf } from "./words.js";

const WIDTH = 620;
const BAR = 20;
const GAP = 8;
const LABEL_UNITS = 14; // characters of a label, and of a line's name
const LINE_HEIGHT = 250;
const INSET = 44; // of the first and the last point, for what is written above them

/** `pick(figure)` is called for what is clicked. */
export function drawing(view, pick) {
  return view.kind === "series" ? lines(view, pick) : bars(view, pick);
}

/** What the drawing shows, in a sentence. */
export function summary(view) {
  const told = teller(view);
  if (view.kind === "series") {
    const parts = view.lines.map((line) => {
      const [first, last] = [line.points[0], line.points.at(-1)];
      const way = last.value > first.value ? "升" : last.value < first.value ? "降" : "平";
      const by = way === "平" ? `持平于 ${told(first)}` : `由 ${told(first)} ${way}至 ${told(last)}`;
      return `${line.label}${periodText(first.period)}至${periodText(last.period)}${by}`;
    });
    return `${parts.join("；")}。`;
  }
  if (view.kind === "targets") return `${view.rows.map((row) => `${row.label} ${told(row)}`).join("；")}。${gap(view)}`;
  const [top, bottom] = [view.rows[0], view.rows.at(-1)];
  return `最高为${top.label}，${told(top)}；最低为${bottom.label}，${told(bottom)}。`;
}

/** The table behind: `{head, rows}`, each row `{cells, figure}`. */
export function tabled(view) {
  const told = teller(view);
  if (view.kind !== "series") {
    return { head: [view.kind === "areas" ? "地区" : "时期与性质", "数值"], rows: view.rows.map((row) => ({ cells: [row.label, told(row)], figure: row.figures[0] })) };
  }
  const rows = view.lines.flatMap((line) => line.points.map((point) => ({ cells: [line.label, periodText(point.period), told(point)], figure: point.figures[0] })));
  return { head: ["地区", "时期", "数值"], rows };
}

/** How the last aim stands to the last result before it. */
function gap(view) {
  const plan = view.rows.filter((row) => row.status === "plan").at(-1);
  const results = view.rows.filter((row) => row.status === "actual");
  const same = results.find((row) => row.period === plan.period);
  const result = same ?? results.at(-1);
  if (!(plan.value > 0) || !(result.value > 0)) return "";
  if (same) return `完成目标的 ${grouped(Math.round((result.value / plan.value) * 1000) / 10)}%。`;
  const change = Math.round((plan.value / result.value - 1) * 1000) / 10;
  if (view.unit === "%") return `目标比实绩${change < 0 ? "低" : "高"} ${grouped(Math.abs(Math.round((plan.value - result.value) * 100) / 100))} 个百分点。`;
  return `目标比实绩${change < 0 ? "低" : "高"} ${grouped(Math.abs(change))}%。`;
}

/** A function that tells a row's value in the one multiple that fits all of the view. */
function teller(view) {
  const { factor, unit } = scaling(view);
  return (row) => {
    const number = `${BOUNDS[row.bound]}${grouped(row.value / factor)}`;
    return `${number}${unit === "%" ? "%" : ` ${unit}`}`;
  };
}

const rowsOf = (view) => view.rows ?? view.lines.flatMap((line) => line.points);
const scaling = (view) => scaleOf(Math.max(...rowsOf(view).map((row) => Math.abs(row.value))), view.unit);
const short = (text) => (text.length > LABEL_UNITS ? `${text.slice(0, LABEL_UNITS - 1)}…` : text);

function frame(view, height, children) {
  const [title, text] = [nextId("title"), nextId("text")];
  return s("svg", { class: `chart ${view.kind}`, viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": `${title} ${text}` },
    s("title", { id: title }, view.title), s("desc", { id: text }, summary(view)), children);
}

function bars(view, pick) {
  const { factor, unit } = scaling(view);
  const told = teller(view);
  const left = 14 + 12.5 * Math.min(LABEL_UNITS, Math.max(...view.rows.map((row) => width(row.label))));
  const extent = axis(view.rows.map((row) => row.value / factor));
  const place = linear(extent, left, WIDTH - 96);
  const height = view.rows.length * (BAR + GAP) + 34;
  const parts = [
    extent.ticks.map((tick) => [
      s("line", { class: tick === 0 ? "base" : "rule", x1: place(tick), x2: place(tick), y1: 4, y2: height - 24 }),
      s("text", { class: "tick", x: place(tick), y: height - 10, "text-anchor": "middle" }, grouped(tick)),
    ]),
    s("text", { class: "tick", x: WIDTH - 2, y: height - 10, "text-anchor": "end" }, unit),
    view.rows.map((row, number) => {
      const y = 6 + number * (BAR + GAP);
      const [from, to] = [place(Math.min(0, row.value / factor)), place(Math.max(0, row.value / factor))];
      return s("g", { class: `bar ${row.status ?? row.figures[0].observation.status}`, on: { click: () => pick(row.figures[0]) } },
        s("rect", { class: "reach", x: 0, y: y - GAP / 2, width: WIDTH, height: BAR + GAP }),
        s("text", { class: "label", x: left - 8, y: y + 14.5, "text-anchor": "end" }, short(plain(row.label))),
        s("rect", { class: "fill", x: from, y, width: Math.max(1, to - from), height: BAR }),
        s("text", { class: "amount", x: (row.value < 0 ? from : to) + (row.value < 0 ? -6 : 6), y: y + 14.5, "text-anchor": row.value < 0 ? "end" : "start" }, told(row)));
    }),
  ];
  return frame(view, height, parts.flat(2));
}

/** The width of `text` in Chinese characters. */
const width = (text) => [...text].reduce((sum, character) => sum + (character.charCodeAt(0) < 256 ? 0.55 : 1), 0);

function lines(view, pick) {
  const { factor, unit } = scaling(view);
  const told = teller(view);
  const extent = axis(rowsOf(view).map((row) => row.value / factor), { zero: false });
  const many = view.lines.length > 1;
  const [left, right, top, bottom] = [58, WIDTH - (many ? 150 : 70), 22, LINE_HEIGHT - 28];
  const y = linear(extent, bottom, top);
  const x = (period) => (view.periods.length === 1 ? left : left + INSET + ((right - left - 2 * INSET) * view.periods.indexOf(period)) / (view.periods.length - 1));
  const names = apart(view.lines.map((line) => y(line.points.at(-1).value / factor)), 15, top, bottom);
  const parts = [
    extent.ticks.map((tick) => [
      s("line", { class: "rule", x1: left, x2: right, y1: y(tick), y2: y(tick) }),
      s("text", { class: "tick", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, grouped(tick)),
    ]),
    s("text", { class: "tick", x: left - 6, y: 11, "text-anchor": "end" }, unit),
    view.periods.filter((_, number) => number % Math.ceil(view.periods.length / 8) === 0)
      .map((period) => s("text", { class: "tick", x: x(period), y: LINE_HEIGHT - 8, "text-anchor": "middle" }, periodText(period))),
    view.lines.map((line, number) => {
      const points = line.points.map((point) => [x(point.period), y(point.value / factor)]);
      const [endX, endY] = points.at(-1);
      return s("g", { class: `line hue-${number}` },
        s("polyline", { points: points.map((point) => point.join(",")).join(" ") }),
        many ? s("path", { class: "lead", d: `M${endX + 6} ${endY}L${right + 4} ${names[number]}` }) : null,
        many ? s("text", { class: "label", x: right + 8, y: names[number] + 4 }, short(plain(line.label))) : null,
        line.points.map((point, each) => s("g", { class: "point", on: { click: () => pick(point.figures[0]) } },
          marker(number, points[each]),
          s("title", {}, `${line.label} ${periodText(point.period)} ${told(point)}`),
          many ? null : s("text", { class: "amount", x: points[each][0], y: points[each][1] - 10, "text-anchor": "middle" }, told(point)))));
    }),
  ];
  return frame(view, LINE_HEIGHT, parts.flat(2));
}

/** Lines differ by colour and by the form of their points. */
function marker(number, [x, y]) {
  const r = 4.5;
  const forms = [
    () => s("circle", { cx: x, cy: y, r }),
    () => s("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
    () => s("path", { d: `M${x} ${y - r - 1}l${r + 1} ${2 * r + 1}h${-2 * (r + 1)}z` }),
    () => s("path", { d: `M${x} ${y - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z` }),
  ];
  return forms[number % forms.length]();
}

/** Places near `wanted`, at least `space` apart, between `low` and `high` where they fit. */
export function apart(wanted, space, low, high) {
  const order = wanted.map((at, number) => [at, number]).sort((a, b) => a[0] - b[0]);
  const places = order.map(([at]) => at);
  for (let i = 1; i < places.length; i += 1) places[i] = Math.max(places[i], places[i - 1] + space);
  const over = places.at(-1) - high;
  if (over > 0) {
    places[places.length - 1] = high;
    for (let i = places.length - 2; i >= 0; i -= 1) places[i] = Math.min(places[i], places[i + 1] - space);
  }
  const found = [];
  order.forEach(([, number], i) => {
    found[number] = Math.max(places[i], low - space);
  });
  return found;
}

/** The table behind a chart, each row a way to the figure. */
export function tableOf(view, pick) {
  const { head, rows } = tabled(view);
  return h("table", { class: "behind" },
    h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, "原文"))),
    h("tbody", {}, rows.map(({ cells, figure }) => h("tr", {},
      cells.map((cell, column) => (column === 0 ? h("th", { scope: "row" }, cell) : h("td", {}, cell))),
      h("td", {}, h("button", { type: "button", class: "link", on: { click: () => pick(figure) } }, `第 ${figure.number} 数`))))));
}
