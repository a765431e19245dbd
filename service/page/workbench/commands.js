// Everything that a key does at the desk.  One list: what is pressed is looked up in it, the overlay shows it, the
// tests and `docs/workbench.md` follow it.  In: a `Desk`.  Out: nothing; each command acts on the desk.

import { LABELS } from "./labels.js";

const ways = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Enter: "⏎", Escape: "Esc", " ": "空格", Delete: "Del" };

/** `{keys, text, run(desk, key)}` in groups; a key is written as `chord` writes it. */
export const GROUPS = [
  { name: "移动", commands: [
    { keys: ["Tab"], text: "下一个数", run: (desk) => desk.step("value", 1) },
    { keys: ["Shift+Tab"], text: "上一个数", run: (desk) => desk.step("value", -1) },
    { keys: ["ArrowRight"], text: "下一段标注", run: (desk) => desk.step("span", 1) },
    { keys: ["ArrowLeft"], text: "上一段标注", run: (desk) => desk.step("span", -1) },
    { keys: ["ArrowDown"], text: "下一行", run: (desk) => desk.row(1) },
    { keys: ["ArrowUp"], text: "上一行", run: (desk) => desk.row(-1) },
    { keys: ["Home"], text: "第一个数", run: (desk) => desk.step("value", -Infinity) },
    { keys: ["End"], text: "最后一个数", run: (desk) => desk.step("value", Infinity) },
    { keys: ["n"], text: "下一处存疑", run: (desk) => desk.step("unsure", 1) },
    { keys: ["N"], text: "上一处存疑", run: (desk) => desk.step("unsure", -1) },
    { keys: ["w"], text: "下一处有误", run: (desk) => desk.step("fault", 1) },
    { keys: ["W"], text: "上一处有误", run: (desk) => desk.step("fault", -1) },
  ] },
  { name: "接受", commands: [
    { keys: ["Enter"], text: "接受这个数，到下一个未接受的", run: (desk) => desk.accept("one") },
    { keys: ["j"], text: "接受本句", run: (desk) => desk.accept("sentence") },
    { keys: ["d"], text: "接受本段", run: (desk) => desk.accept("paragraph") },
    { keys: ["A"], text: "接受全文", run: (desk) => desk.accept("all") },
  ] },
  { name: "标注", commands: [
    { keys: ["c"], text: "在字间移动，从选中处开始", run: (desk) => desk.beginRange() },
    { keys: ["Shift+ArrowRight", "Shift+ArrowLeft"], text: "逐字选择", run: (desk, key) => desk.extend(key === "Shift+ArrowRight" ? 1 : -1) },
    { keys: ["Ctrl+ArrowRight", "Ctrl+ArrowLeft"], text: "在字间按词移动", run: (desk, key) => desk.word(key.endsWith("Right") ? 1 : -1, false) },
    { keys: ["Ctrl+Shift+ArrowRight", "Ctrl+Shift+ArrowLeft"], text: "按词选择", run: (desk, key) => desk.word(key.endsWith("Right") ? 1 : -1, true) },
    { keys: LABELS.map((label) => label.key), text: "标注所选文字，或改标签", run: (desk, key) => desk.label(LABELS.find((label) => label.key === key).name) },
    { keys: ["Alt+ArrowRight", "]"], text: "后缘右移一字", run: (desk) => desk.move("end", 1) },
    { keys: ["Alt+ArrowLeft", "["], text: "后缘左移一字", run: (desk) => desk.move("end", -1) },
    { keys: ["Alt+Shift+ArrowLeft", "{"], text: "前缘左移一字", run: (desk) => desk.move("start", -1) },
    { keys: ["Alt+Shift+ArrowRight", "}"], text: "前缘右移一字", run: (desk) => desk.move("start", 1) },
    { keys: ["Delete", "x"], text: "删除标注", run: (desk) => desk.remove() },
    { keys: ["o"], text: "这个数不计，或重新计入", run: (desk) => desk.toggleFigure() },
  ] },
  { name: "关联（再按目标旁的键）", commands: [
    { keys: ["i"], text: "指标；按 Shift 加选", run: (desk) => desk.pickLink("indicator") },
    { keys: ["p"], text: "时期", run: (desk) => desk.pickLink("period") },
    { keys: ["r"], text: "地区", run: (desk) => desk.pickLink("area") },
    { keys: ["b"], text: "对比基准", run: (desk) => desk.pickLink("base") },
  ] },
  { name: "改字段", commands: [
    { keys: ["m"], text: "类别", run: (desk) => desk.pickChoice("measure") },
    { keys: ["s"], text: "状态", run: (desk) => desk.pickChoice("status") },
    { keys: ["g"], text: "界限", run: (desk) => desk.pickChoice("bound") },
    { keys: ["e"], text: "数值", run: (desk) => desk.panel.focus("number") },
    { keys: ["t"], text: "时期（EDTF）", run: (desk) => desk.panel.focus("period") },
    { keys: ["q"], text: "地区名", run: (desk) => desk.panel.focus("area") },
    { keys: ["k"], text: "比较范围", run: (desk) => desk.panel.focus("scope") },
    { keys: ["B"], text: "基准的文字", run: (desk) => desk.panel.focus("base") },
  ] },
  { name: "文稿", anywhere: true, commands: [
    { keys: ["Ctrl+z", "u"], text: "撤销", run: (desk) => desk.undo() },
    { keys: ["Ctrl+y", "Ctrl+Shift+Z", "U"], text: "重做", run: (desk) => desk.redo() },
    { keys: ["Ctrl+s"], text: "保存", run: (desk) => desk.save("in_work") },
    { keys: ["Ctrl+Enter"], text: "完成，开下一份", run: (desk) => desk.finish() },
    { keys: ["Ctrl+Shift+Enter"], text: "保存，开下一份", run: (desk) => desk.saveAndNext() },
    { keys: ["Escape"], text: "取消；回到正文", run: (desk) => desk.escape() },
    { keys: ["?"], text: "全部按键", run: (desk) => desk.showKeys() },
  ] },
];

/** What was pressed: modifiers in the order Ctrl, Alt, Shift, and the key; Shift is named where the key does not tell it. */
export function chord(event) {
  const parts = [];
  const command = event.ctrlKey || event.metaKey;
  if (command) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && (event.key.length > 1 || command)) parts.push("Shift");
  return [...parts, event.key].join("+");
}

const known = new Map(GROUPS.flatMap(({ commands, anywhere }) => commands.flatMap((command) => command.keys.map((key) => [key, { ...command, anywhere }]))));

/** The command of a chord; `typing`: the person is in a field, where letters are letters. */
export function commandOf(key, typing) {
  const command = known.get(key);
  if (!command || (typing && !(command.anywhere && key.startsWith("Ctrl+")))) return null;
  // In a field the browser takes back what was typed.
  return typing && /^Ctrl\+(?:z|y|Shift\+Z)$/.test(key) ? null : command;
}

/** A chord as people read it. */
export const shown = (key) => (key === "+" ? key : key.split("+").map((part) => ways[part] ?? (part.length === 1 && /[a-z]/.test(part) ? part.toUpperCase() : part === "A" || /^[A-Z]$/.test(part) ? `Shift+${part}` : part)).join("+"))
  .replace("Ctrl+Shift+Shift+", "Ctrl+Shift+");
