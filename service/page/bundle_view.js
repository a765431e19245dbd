// What came of a file: one report, or the files of a zip to choose from.  In: entries of `extract`.  Out: a `Report`.

import { h, put } from "./dom.js";
import { Report } from "./report.js";

/** Hand the one report to `open`; of several, list them in `place` and hand over what is chosen, as often as one likes. */
export function choose(place, entries, open) {
  const [only] = entries;
  if (entries.length === 1 && !only.problem) {
    open(new Report(only.answer, only.text, only.origin));
    return;
  }
  put(place, h("div", { class: "bundle" },
    h("p", {}, h("b", {}, `压缩包中有 ${entries.length} 个文件`), "，选择一个查看："),
    h("ol", {}, entries.map((entry) => h("li", {}, entry.problem
      ? [entry.name, h("span", { class: "severity error" }, entry.problem.title), h("span", { class: "quiet" }, entry.problem.detail)]
      : [h("button", { type: "button", class: "link", on: { click: () => open(new Report(entry.answer, entry.text, entry.origin)) } }, entry.origin.name),
        h("span", { class: "quiet" }, ` ${entry.answer.observations.length} 个数`)])))));
}
