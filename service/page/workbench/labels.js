// What spans and fields are called, the sign that tells a label beside its colour, and the key that gives it.

import { BOUNDS, MEASURES, STATUSES } from "../words.js";

/** In the order of their keys. */
export const LABELS = [
  { name: "INDICATOR", key: "1", text: "指标", sign: "指" },
  { name: "PERIOD", key: "2", text: "时期", sign: "时" },
  { name: "AREA", key: "3", text: "地区", sign: "地" },
  { name: "MONEY", key: "4", text: "金额", sign: "元", value: true },
  { name: "PERCENT", key: "5", text: "百分比", sign: "％", value: true },
  { name: "COUNT", key: "6", text: "数量", sign: "数", value: true },
  { name: "PEOPLE", key: "7", text: "人数", sign: "人", value: true },
  { name: "RANK", key: "8", text: "位次", sign: "位", value: true },
  { name: "ORG", key: "9", text: "机构", sign: "机" },
  { name: "PLATFORM", key: "0", text: "平台", sign: "台" },
  { name: "PROGRAM", key: "-", text: "项目计划", sign: "项" },
  { name: "POLICY", key: "=", text: "政策文件", sign: "策" },
];
export const LABEL = Object.fromEntries(LABELS.map((label) => [label.name, label]));
export const isValue = (label) => LABEL[label].value === true;

/** The fields of a figure that lead to entities: the label each leads to (null: any), and the field with its meaning. */
export const LINKS = {
  indicator: { text: "指标", label: "INDICATOR", many: true },
  period: { text: "时期", label: "PERIOD", entity: "period_entity" },
  area: { text: "地区", label: "AREA", entity: "area_entity" },
  base: { text: "基准", label: null, entity: "base_entity" },
};

export const CHOICES = {
  measure: { text: "类别", options: Object.entries(MEASURES) },
  status: { text: "状态", options: Object.entries(STATUSES) },
  bound: { text: "界限", options: Object.entries(BOUNDS).map(([name, text]) => [name, text || "准确"]) },
};

export const FIELDS = {
  label: "标签",
  edges: "边界",
  number: "数值",
  low: "下限",
  high: "上限",
  unit: "单位",
  scope: "范围",
  ...Object.fromEntries(Object.entries({ ...LINKS, ...CHOICES }).map(([name, { text }]) => [name, text])),
};

export const STATES = {
  new: "未读",
  pre_annotated: "已预标",
  in_work: "标注中",
  done: "已完成",
  reviewed: "已审定",
};

/** A model that is less sure than this asks to be looked at: `docs/model.md` says how far its certainty can be trusted. */
export const UNSURE = 0.8;
