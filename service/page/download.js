// Every form that a report can be had in.  In: what was sent to be read.  Out: a file that the browser saves.  The
// service makes the file: the same report is sent again with the form asked for.

import { exported, Trouble } from "./api.js";
import { h, nextId } from "./dom.js";

export const FORMATS = [
  ["xlsx", "Excel 工作簿", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  ["csv", "CSV 长表", "text/csv"],
  ["html", "标注原文（HTML）", "text/html"],
  ["json", "JSON", "application/json"],
  ["parquet", "Parquet", "application/vnd.apache.parquet"],
  ["sdmx-csv", "SDMX-CSV 2.0", ""],
];
const ENDINGS = { "sdmx-csv": "sdmx.csv" };

/** Save `blob` as `name`. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A name that every file system takes. */
export const fileName = (title) => title.replace(/\.[a-z]{2,5}$/i, "").replace(/[\\/:*?"<>|\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "_").trim().slice(0, 60) || "报告";

/** Ask for `report` as `format` and save it.  Raises `Trouble`. */
export async function download(report, format, { signal } = {}) {
  const { blob, type, name } = await exported(report.origin, format, { signal });
  if (format !== "json" && type === "application/json") {
    throw new Trouble({ title: "没有这种格式", detail: `此服务还不能导出 ${format}；请更新服务，或选用其他格式。` });
  }
  save(blob, name || `${fileName(report.title)}.${ENDINGS[format] ?? format}`);
}

/** A menu of all forms; `choose(format, name)` is called for one. */
export function menu(choose) {
  const id = nextId("forms");
  const close = (focus) => {
    details.open = false;
    if (focus) details.firstElementChild.focus();
  };
  const details = h("details", { class: "menu" },
    h("summary", {}, "下载"),
    h("ul", { id, "aria-label": "下载格式" }, FORMATS.map(([format, name]) => h("li", {}, h("button", {
      type: "button",
      data: { format },
      on: { click: () => {
        close(true);
        choose(format, name);
      } },
    }, name, h("span", { class: "quiet" }, `.${ENDINGS[format] ?? format}`))))));
  details.addEventListener("keydown", (event) => event.key === "Escape" && close(true));
  details.addEventListener("focusout", (event) => event.relatedTarget && !details.contains(event.relatedTarget) && close(false));
  document.addEventListener("pointerdown", (event) => !details.contains(event.target) && close(false));
  return details;
}
