// The workbench: the queue, the desk, the comparison of two versions, and the refining of the model, one at a time; the
// address says which, and of what.

import { onKeyNeeded } from "../api.js";
import { h, put, say } from "../dom.js";
import { askForKey } from "../key_dialog.js";
import { alertOf, underway } from "../notice.js";
import { annotation } from "./annotations_api.js";
import { Desk } from "./desk.js";
import { Drafts } from "./drafts.js";
import { QueueView } from "./queue_view.js";
import { RefineView } from "./refine_view.js";
import { SettleView } from "./settle_view.js";
import { who } from "./who.js";

const part = (id) => document.getElementById(id);
let desk = null;

onKeyNeeded(askForKey);
const drafts = await Drafts.open();
const queue = new QueueView(part("queue"), { open: (report) => open(report), resume: (draft) => resume(draft), drafts, who: () => who.name });
const refining = new RefineView(part("refine"), { open: (number) => openRun(number), back: () => {
  location.hash = "";
} });
put(part("actions"), who.element);
part("to-queue").addEventListener("click", () => {
  location.hash = "";
});
part("to-refine").addEventListener("click", () => {
  location.hash = "refine";
});
addEventListener("hashchange", () => follow());
await who.known();
follow();

/** Show what the address asks for. */
function follow() {
  const [, report, comparing] = /^#([0-9a-f]{64})(\/compare)?$/.exec(location.hash) ?? [];
  const [refine, number] = /^#refine(?:\/(\d+))?$/.exec(location.hash) ?? [];
  if (refine) toRefine(number === undefined ? null : Number(number));
  else if (!report) toQueue();
  else if (comparing) compare(report);
  else if (desk?.annotation.report.id !== report || part("desk").hidden) begin(report);
}

function open(report) {
  if (location.hash === `#${report}`) begin(report);
  else location.hash = `#${report}`;
}

function toQueue() {
  clear();
  turnTo("queue");
  document.title = "标注台 · 报数";
  queue.refresh();
}

function toRefine(number) {
  clear();
  turnTo("refine");
  document.title = "改进模型 · 标注台";
  refining.show(number);
}

function openRun(number) {
  if (location.hash === `#refine/${number}`) toRefine(number);
  else location.hash = `#refine/${number}`;
}

/** Open a report: where the browser holds unsaved work on it, that is offered first. */
async function begin(report) {
  clear();
  turnTo("desk");
  const left = drafts ? await drafts.list(report) : [];
  const place = h("div", { class: "wide" });
  put(part("desk"), place);
  if (left.length > 0) {
    offer(place, left, () => load(report, place));
    return;
  }
  await load(report, place);
}

async function load(report, place) {
  const found = await underway(place, "正在打开报告", (signal) => annotation(report, {}, { signal }), () => load(report, place));
  if (found) show({ annotation: found });
}

function offer(place, left, fresh) {
  put(place, h("div", { class: "offer", role: "group", "aria-label": "未保存的改动" },
    h("h2", {}, "这份报告有未保存的改动"),
    left.map((draft) => h("p", {},
      `${new Date(draft.at).toLocaleString("zh-CN")} 起，${draft.steps} 步，${draft.base === null ? "从模型预标" : `从第 ${draft.base} 版`}做起。`,
      h("span", { class: "buttons" },
        h("button", { type: "button", class: "main", on: { click: () => resume(draft) } }, "接着做"),
        h("button", { type: "button", on: { click: async () => {
          await drafts.remove(draft.id);
          begin(draft.report);
        } } }, "不要了")))),
    h("p", {}, h("button", { type: "button", class: "link", on: { click: fresh } }, "留着，先看已保存的一版"))));
  place.querySelector("button").focus();
}

/** Go on with a draft: it holds all it needs, so that the service need not answer. */
async function resume(draft) {
  turnTo("desk");
  const steps = await drafts.steps(draft.id);
  const { report, title, text, layout, document: said, task, base, model } = draft;
  history.replaceState(null, "", `#${report}`);
  show({
    annotation: { report: { id: report, title }, text, layout, document: said, task, revision: base === null ? null : { revision: base, model }, model, faults: [] },
    draft,
    steps,
  });
  say(`已接上 ${steps.length} 步`);
}

function show(opened) {
  clear();
  desk = new Desk(opened, { drafts, who: () => who.name, next, settle: (conflict) => settle(conflict), compare: () => {
    location.hash = `#${desk.annotation.report.id}/compare`;
  } });
  put(part("desk"), desk.element);
  document.title = `${desk.annotation.report.title || "未题名的报告"} · 标注台`;
  desk.start();
}

function clear() {
  desk?.keeping.end();
  desk = null;
}

async function next(onward) {
  const following = await queue.next(desk.annotation.report.id, onward).catch((trouble) => put(part("desk"), alertOf(trouble)) && undefined);
  if (following) open(following);
  else if (following === null) {
    location.hash = "";
    say("队列里没有待标的报告了");
  }
}

/** Another has saved meanwhile: nothing is lost, and what both have is settled here. */
function settle(conflict) {
  const at = desk;
  turnTo("settle");
  SettleView.ofConflict(part("settle"), at, conflict, {
    settled: (kept) => {
      at.keeping.log.forget();
      show({ annotation: kept });
      turnTo("desk");
    },
    back: () => {
      turnTo("desk");
      at.focus();
    },
  });
}

function compare(report) {
  clear();
  turnTo("settle");
  SettleView.ofReview(part("settle"), report, who.name, { settled: () => open(report), back: () => open(report) });
}

function turnTo(name) {
  for (const each of ["queue", "desk", "settle", "refine"]) part(each).hidden = each !== name;
  for (const each of ["queue", "refine"]) {
    if (name === each) part(`to-${each}`).setAttribute("aria-current", "page");
    else part(`to-${each}`).removeAttribute("aria-current");
  }
  if (name !== "refine") refining.leave();
}
