// The page: three things that can be done with reports, one at a time, and what goes from one to the other.

import { extract, onKeyNeeded } from "./api.js";
import { ArchiveView } from "./archive_view.js";
import { choose } from "./bundle_view.js";
import { CompareView } from "./compare_view.js";
import { h, put, say } from "./dom.js";
import { Intake } from "./intake.js";
import { askForKey } from "./key_dialog.js";
import { underway } from "./notice.js";
import { preparePaper } from "./paper.js";
import { Workspace } from "./workspace.js";

const MODES = ["read", "compare", "archive"];
const part = (id) => document.getElementById(id);

let workspace = null;

const intake = new Intake(async (origin, place, again) => {
  const length = origin.text === undefined ? "" : `（${origin.text.length.toLocaleString("zh-CN")} 字）`;
  const found = await underway(place, `正在读取${length}`, (signal) => extract(origin, { signal }), again);
  if (found) choose(place, found, open);
}, { drafts: true });

put(part("intake"), h("div", { class: "start" },
  h("p", { class: "lead" }, "交来一份报告，取回其中每一个数：指标、地区、时期、单位与出处。"),
  intake.element));

const compare = new CompareView(part("compare"));
const archive = new ArchiveView(part("archive"), {
  open: (report) => {
    turnTo("read");
    open(report);
  },
  compare: (report) => {
    compare.take(report);
    turnTo("compare");
  },
});

onKeyNeeded(askForKey);
preparePaper(() => (workspace && !part("read").hidden && !part("work").hidden ? workspace : null));
for (const button of document.querySelectorAll("[data-mode]")) button.addEventListener("click", () => turnTo(button.dataset.mode));
turnTo("read");

/** Show what was read. */
function open(report) {
  workspace = new Workspace(report);
  put(part("work"), workspace.element);
  put(part("actions"),
    workspace.actions(),
    h("button", { type: "button", on: { click: () => besideAnother(report) } }, "与另一份对照"),
    h("button", { type: "button", on: { click: close } }, "另读一份"));
  document.title = `${report.title} · 报数`;
  showWork(true);
  part("main").focus();
  say(`已读出 ${report.figures.length} 个数，核对结果 ${report.findings.length} 条`);
}

/** Back to where reports come in; what was put in is still there. */
function close() {
  showWork(false);
  document.title = "报数";
  intake.focus();
}

function showWork(shown) {
  part("work").hidden = !shown;
  part("intake").hidden = shown;
  part("actions").hidden = !shown;
}

function besideAnother(report) {
  compare.put("left", report);
  turnTo("compare");
}

function turnTo(mode) {
  for (const each of MODES) {
    part(each).hidden = each !== mode;
    const button = document.querySelector(`[data-mode=${each}]`);
    if (each === mode) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  part("actions").hidden = mode !== "read" || part("work").hidden;
  if (mode === "archive") archive.begin();
}
