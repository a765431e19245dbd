// The report on paper: its text with numbered figures, then the table of them and what does not agree.  The table on the
// screen holds only the rows in sight, so the one for paper is made when the browser is about to print.

import { h, put } from "./dom.js";
import { amount, BOUNDS, MEASURES, periodText, SEVERITIES, STATUSES } from "./words.js";

/** Print whatever `current()` gives: `{report, text}`, or null. */
export function preparePaper(current) {
  const paper = document.getElementById("paper");
  addEventListener("beforeprint", () => {
    const shown = current();
    if (!shown) return;
    shown.text.fillAll();
    put(paper, contents(shown.report));
  });
  addEventListener("afterprint", () => put(paper));
}

function contents(report) {
  const head = ["序号", "指标", "数值", "原文", "时期", "地区", "类别", "状态"];
  return [
    h("h2", {}, "数字表"),
    h("table", {},
      h("thead", {}, h("tr", {}, head.map((name) => h("th", {}, name)))),
      h("tbody", {}, report.figures.map(({ number, observation: o }) => h("tr", {}, [
        String(number),
        o.indicator.name || "—",
        BOUNDS[o.value.bound] + amount(o.value.low, o.value.high, o.value.unit, o.value.masked),
        o.value.text,
        o.period ? periodText(o.period.edtf) : "—",
        o.area?.name ?? "—",
        MEASURES[o.measure],
        STATUSES[o.status],
      ].map((cell) => h("td", {}, cell)))))),
    report.findings.length > 0 ? [
      h("h2", {}, "核对结果"),
      h("ol", {}, report.findings.map((finding) => h("li", {},
        `〔${SEVERITIES[finding.severity]}〕${finding.message}${finding.rule ? `：${finding.rule}` : ""}`,
        finding.figures.length > 0 ? `（第 ${finding.figures.map((figure) => figure.number).join("、")} 数）` : ""))),
    ] : null,
  ];
}
