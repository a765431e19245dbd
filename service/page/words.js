// What people read instead of the service's words: names of measures, states, reasons; numbers and periods in Chinese.
// In: values of the answer.  Out: short texts.  Knows nothing of the document.

export const MEASURES = { level: "数值", increment: "增量", growth: "增速", diff: "差值", rank: "位次" };
export const STATUSES = { actual: "实际", plan: "计划", forecast: "预计" };
export const BOUNDS = { exact: "", at_least: "不低于", over: "超过", about: "约", below: "不足", range: "区间" };
export const SOURCES = { sentence: "本句", earlier: "前文", heading: "标题", table: "表格", report: "全篇" };
export const ROLES = { indicator: "指标", period: "时期", area: "地区", base: "基准" };
export const SEVERITIES = { error: "错误", warning: "存疑", note: "提示" };
export const REASONS = {
  heading: "标题序号",
  document_number: "文号",
  date: "日期",
  name: "名称中的数字",
  furniture: "页面附属文字",
  table_of_contents: "目录",
  list_marker: "列项序号",
  empty_cell: "空单元格",
};

const MONEY = [[1e12, "万亿元"], [1e8, "亿元"], [1e4, "万元"]];
const COUNTS = [[1e8, "亿"], [1e4, "万"]];
const UNIT_NAMES = { 名次: "位" };

/** A number as people write it: at most six significant digits after what the unit takes away, grouped by thousands. */
export function grouped(value) {
  return Number(value.toPrecision(10)).toLocaleString("zh-CN", { maximumFractionDigits: 6 });
}

/** `value` of `unit` in the multiple that reads best, with how to scale others alike: 5837000000 元 -> 58.37 亿元. */
export function scaleOf(value, unit) {
  const size = Math.abs(value);
  if (unit === "元") {
    const found = MONEY.find(([factor]) => size >= factor);
    if (found) return { factor: found[0], unit: found[1] };
  } else if (size >= 1e5 && unit !== "%") {
    const found = COUNTS.find(([factor]) => size >= factor);
    if (found) return { factor: found[0], unit: found[1] + unit };
  }
  return { factor: 1, unit: UNIT_NAMES[unit] ?? unit };
}

/** A figure's number in words: `58.37 亿元`, `5–10 家`, `第 3 位`, `隐去`. */
export function amount(low, high, unit, masked = false) {
  if (masked || (low === null && high === null)) return masked ? "隐去" : "—";
  const { factor, unit: name } = scaleOf(high ?? low, unit);
  const text = (value) => grouped(value / factor);
  const number = low !== null && high !== null && low !== high ? `${text(low)}–${text(high)}` : text(low ?? high);
  if (unit === "名次") return `第 ${number} 位`;
  return name === "%" ? `${number}%` : `${number} ${name}`.trim();
}

/** An interval that was reckoned, to four digits: what was read has no more. */
export const reckoned = (low, high, unit) => amount(low && Number(low.toPrecision(4)), high && Number(high.toPrecision(4)), unit);

/** The number that stands for a figure where it is sorted or drawn: the middle of a range; null where it is masked. */
export function middle(value) {
  if (value.low === null || value.high === null) return value.low ?? value.high;
  return (value.low + value.high) / 2;
}

/** An EDTF time in Chinese; what has another form stays as it is. */
export function periodText(edtf) {
  const [from, to] = edtf.split("/");
  if (to === undefined) return instant(edtf);
  if (from === "..") return `截至${instant(to)}`;
  if (to === "..") return `${instant(from)}以来`;
  const [first, then] = [from.split("-"), to.split("-")];
  if (first.length === 2 && then.length === 2 && first[0] === then[0]) {
    return `${first[0]}年${Number(first[1])}–${Number(then[1])}月`;
  }
  if (first.length === 1 && then.length === 1) return `${from}–${to}年`;
  return `${instant(from)}至${instant(to)}`;
}

function instant(edtf) {
  const found = /^([\dX]{4})(?:-(\d\d|XX)(?:-(\d\d|XX))?)?$/.exec(edtf);
  if (!found) return edtf;
  const [, year, month, day] = found;
  const number = (digits) => (digits === "XX" ? digits : Number(digits));
  return `${year}年${month ? `${number(month)}月` : ""}${day ? `${number(day)}日` : ""}`;
}

/** The base of a growth or a difference in words. */
export const baseText = (base) => (base === "yoy" ? "上年同期" : base);
