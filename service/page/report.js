// A report as the page holds it.  In: the answer of the service, whose offsets count code points, and the text that it
// speaks of.  Out: figures, findings, headings, tables and the ledger with offsets in UTF-16 units, and the lines that
// the text is shown in.  The answer itself stays as it came.

import { countBelow, Offsets } from "./offsets.js";

// A longer line is shown in several: a text without line breaks must not be laid out as one paragraph.
const LONGEST_LINE = 3000;

/** A text and how it is laid out: lines, headings (`sections`) and `tables`, in units. */
export class Source {
  /** `layout`: `{sections, tables}` in code points. */
  constructor(text, layout) {
    this.text = text;
    this.offsets = new Offsets(text);
    this.lines = linesOf(text);
    this.lineStarts = this.lines.map((line) => line.start);
    this.sections = layout.sections.map((section) => ({ ...section, ...this.range(section) }));
    this.tables = layout.tables.map((table) => ({ ...table, ...this.range(table) }));
  }

  /** Code points to units. */
  range({ start, end }) {
    return { start: this.offsets.toUnits(start), end: this.offsets.toUnits(end) };
  }

  /** The number of the line that holds the unit `at`. */
  lineAt(at) {
    return Math.max(0, countBelow(this.lineStarts, at + 1) - 1);
  }
}

export class Report extends Source {
  /** `origin`: what was sent (`api.js`), so that it can be sent again for a file. */
  constructor(answer, text, origin) {
    super(text, answer);
    this.answer = answer;
    this.origin = origin;
    const range = (span) => this.range(span);
    this.figures = answer.observations.map((observation, index) => figureOf(observation, index, range));
    this.byId = new Map(this.figures.map((figure) => [figure.id, figure]));
    this.findings = answer.findings.map((finding, index) => this.#finding(finding, index, range));
    this.derived = (answer.derived ?? []).map((derived) => ({ ...derived, figures: this.#figures(derived) }));
    this.aside = answer.ledger.set_aside.map((item) => ({ ...item, ...range(item) }));
    this.unexplained = answer.ledger.unexplained.map((item) => ({ ...item, ...range(item) }));
    for (const finding of this.findings) for (const figure of finding.figures) figure.findings.push(finding);
  }

  /** Its title, or what else it can be called by. */
  get title() {
    return this.answer.report.title || this.origin?.name || "未题名的报告";
  }

  /** The sentence or row that proves a figure, at most `most` characters of it around the value. */
  evidenceOf(figure, most = 160) {
    const { start, end } = figure.evidence;
    const from = Math.max(start, Math.min(figure.start - most / 2, end - most));
    const to = Math.min(end, Math.max(figure.end + most / 2, start + most));
    return {
      before: (from > start ? "…" : "") + this.text.slice(from, figure.start),
      value: this.text.slice(figure.start, figure.end),
      after: this.text.slice(figure.end, Math.max(to, figure.end)) + (to < end ? "…" : ""),
    };
  }

  #figures(item) {
    return (item.observations ?? []).map((id) => this.byId.get(id)).filter(Boolean);
  }

  #finding(finding, index, range) {
    return {
      index,
      code: finding.code,
      message: finding.message,
      severity: finding.severity ?? "note",
      rule: finding.rule ?? "",
      figures: this.#figures(finding),
      spans: finding.spans.map((span) => ({ ...span, ...range(span) })),
    };
  }
}

function figureOf(observation, index, range) {
  const roles = observation.indicator.spans.map((span) => ({ role: "indicator", ...range(span) }));
  for (const role of ["period", "area"]) {
    const named = observation[role];
    if (named && named.start !== null) roles.push({ role, ...range(named) });
  }
  return {
    index,
    number: index + 1,
    id: observation.id,
    observation,
    ...range(observation.value),
    evidence: range(observation.evidence),
    roles,
    findings: [],
  };
}

/** The lines of `text` without their breaks, each at most `LONGEST_LINE` units; `first` says that a line begins there. */
export function linesOf(text) {
  const lines = [];
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const stop = end > start && text[end - 1] === "\r" ? end - 1 : end;
    let at = start;
    while (stop - at > LONGEST_LINE) {
      const cut = cutBefore(text, at, at + LONGEST_LINE);
      lines.push({ start: at, end: cut, first: at === start });
      at = cut;
    }
    lines.push({ start: at, end: stop, first: at === start });
    start = end + 1;
  }
  if (lines.length > 1 && lines.at(-1).start === lines.at(-1).end) lines.pop();
  return lines;
}

/** Where to cut a line that begins at `start`, at most at `limit`: after a full stop, else never within a character. */
function cutBefore(text, start, limit) {
  const stop = text.lastIndexOf("。", limit - 1);
  if (stop > start) return stop + 1;
  const code = text.charCodeAt(limit);
  return code >= 0xdc00 && code <= 0xdfff ? limit - 1 : limit;
}
