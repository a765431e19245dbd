// What the refining of a model is called.  In: the service's words.  Out: what a person reads.

import { FIELDS, LABEL } from "./labels.js";

export const RUN_STATES = {
  running: "进行中",
  interrupted: "已中断",
  cancelled: "已取消",
  candidate: "通过",
  refused: "未通过",
  failed: "出错",
};
export const STAGES = { read: "读取", train: "训练", measure: "评测", calibrate: "校准" };
export const SETS = { "held out": "留出的报告", "corrected, kept apart": "未参加训练的校正报告" };
export const VERDICTS = { better: "提高", worse: "降低", same: "持平" };
export const KINDS = { added: "新增", gone: "不再有", changed: "改变" };
/** The fields of an observation that two models may give differently. */
export const CHANGED = { ...FIELDS, code: "指标代码", value: "数值" };

const FIGURES = { entity: "实体", value: "数值", link: "指标关联", observation: "整条观测" };
/** What a person wants to see of a comparison, whatever became of it. */
export const CHIEF = Object.keys(FIGURES);

/** `entity.MONEY` → 实体 · 金额; `field.period` → 字段 · 时期. */
export function figureName(figure) {
  const [kind, part] = figure.split(".");
  if (part === undefined) return FIGURES[kind] ?? figure;
  if (kind === "entity") return `实体 · ${LABEL[part]?.text ?? part}`;
  return `字段 · ${part.split("/").map((each) => FIELDS[each] ?? each).join("、")}`;
}

/** Seconds as people say them. */
export function lasting(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} 秒`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} 分钟` : `${(seconds / 3600).toFixed(1)} 小时`;
}

export const instant = (iso) => new Date(iso).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
