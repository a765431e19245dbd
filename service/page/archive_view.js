// The archive: reports that are kept, found by words, opened with what was read in them.  Out: a `Report`, handed on.

import { extract, kept, keptReading, keptReport } from "./api.js";
import { h, put } from "./dom.js";
import { underway } from "./notice.js";
import { Report } from "./report.js";

export class ArchiveView {
  /** `open(report)` is called with the report that was chosen; `compare(report)` where it is to stand beside another. */
  constructor(place, { open, compare }) {
    this.does = { open, compare };
    this.words = h("input", { type: "search", id: "archive-words", placeholder: "报告中的词，如 技术合同" });
    this.status = h("div", { class: "under-way" });
    this.list = h("ol", { class: "kept" });
    this.more = h("p", {});
    put(place, h("div", { class: "wide" },
      h("form", { class: "search", role: "search", on: { submit: (event) => {
        event.preventDefault();
        this.search();
      } } },
      h("label", { for: "archive-words" }, "查找报告"), this.words, h("button", { type: "submit", class: "main" }, "查找")),
      this.status, this.list, this.more));
  }

  /** Show the newest reports, where nothing has been shown yet. */
  begin() {
    if (!this.begun) this.search();
    this.words.focus();
  }

  async search(after = "") {
    const page = await underway(this.status, "正在查找", (signal) => kept(this.words.value.trim(), after, { signal }), () => this.search(after));
    if (!page) return;
    this.begun = true;
    if (after === "") put(this.list);
    this.list.append(...page.reports.map((report) => this.#entry(report)));
    put(this.status, this.list.children.length === 0
      ? h("p", { class: "empty" }, this.words.value ? "没有找到含有这些词的报告。" : "档案还是空的：读完一份报告后可将它存入。") : null);
    put(this.more, page.next ? h("button", { type: "button", on: { click: () => this.search(page.next) } }, "更多") : null);
  }

  #entry(report) {
    const said = report.snippet ? quoted(report.snippet) : `${(report.characters ?? 0).toLocaleString("zh-CN")} 字`;
    return h("li", {},
      h("button", { type: "button", class: "link title", on: { click: () => this.#open(report, this.does.open) } }, report.title ?? report.source ?? "未题名的报告"),
      h("button", { type: "button", class: "aside-action", on: { click: () => this.#open(report, this.does.compare) } }, "用于对照"),
      h("p", { class: "quiet" }, said),
      h("p", { class: "quiet" }, [report.source, `存入于 ${report.added_at.slice(0, 10)}`].filter(Boolean).join(" · ")));
  }

  async #open(entry, then) {
    const read = await underway(this.status, "正在打开", async (signal) => {
      const { text, hints } = await keptReport(entry.id, { signal });
      const origin = { text, name: entry.title ?? entry.source ?? "", hints };
      try {
        return new Report(await keptReading(entry.id, { signal }), text, origin);
      } catch (trouble) {
        if (!trouble.type?.endsWith(":not-extracted")) throw trouble;
        const [{ answer }] = await extract(origin, { signal });
        return new Report(answer, text, origin);
      }
    }, () => this.#open(entry, then));
    if (read) then(read);
  }
}

/** A stretch of text with the words that were looked for. */
function quoted({ text, start, matches }) {
  const letters = [...text];
  const parts = [];
  let at = 0;
  for (const match of matches) {
    parts.push(letters.slice(at, match.start - start).join(""), h("b", {}, letters.slice(match.start - start, match.end - start).join("")));
    at = match.end - start;
  }
  return ["…", parts, letters.slice(at).join(""), "…"];
}
