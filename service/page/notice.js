// What went wrong, and what is under way.  In: a `Trouble`, or a task.  Out: elements that say so.

import { h, put, say } from "./dom.js";

/** Trouble as an alert; `again`: what to do when the person wants to try once more. */
export function alertOf(trouble, again = null) {
  const close = () => element.remove();
  const element = h("div", { class: "alert", role: "alert" },
    h("p", {}, h("strong", {}, trouble.title ?? "页面出错"), " ", trouble.detail ?? String(trouble)),
    trouble.instance ? h("p", { class: "quiet" }, `编号 ${trouble.instance}`) : null,
    h("p", { class: "buttons" },
      again ? h("button", { type: "button", on: { click: () => { close(); again(); } } }, "重试") : null,
      h("button", { type: "button", on: { click: close } }, "知道了")));
  return element;
}

/**
 * Run `task(signal)` while `place` shows that it runs, for how long, and a way to cancel it.  Gives what the task
 * gives, null where it was cancelled; trouble is shown in `place`, with `again` behind its button, and gives null.
 */
export async function underway(place, name, task, again = null) {
  const control = new AbortController();
  const begun = performance.now();
  const clock = h("span", { class: "clock" });
  const tick = () => put(clock, `已用 ${Math.floor((performance.now() - begun) / 1000)} 秒`);
  tick();
  const timer = setInterval(tick, 1000);
  put(place, h("div", { class: "progress" },
    h("progress", { "aria-label": name }), h("span", {}, name), clock,
    h("button", { type: "button", on: { click: () => control.abort() } }, "取消")));
  say(name);
  try {
    const result = await task(control.signal);
    put(place);
    return result;
  } catch (trouble) {
    if (trouble.name === "AbortError") {
      put(place, h("p", { class: "quiet" }, "已取消，填写的内容还在。"));
      say("已取消");
    } else {
      if (trouble.title === undefined) console.error(trouble);
      put(place, alertOf(trouble, again));
    }
    return null;
  } finally {
    clearInterval(timer);
  }
}
