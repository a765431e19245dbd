// What words mean, asked of the service for the one number or time that was touched: what comes back belongs to the
// step that it was asked for.  In: a desk, an entity.  Out: edits of its figure.  Without the service nothing is read,
// and that is said.

import { check } from "./annotations_api.js";
import { readAs } from "./acts.js";

// So long a save waits for what is being read.
const WAIT_MILLISECONDS = 3000;

export class Reading {
  constructor(desk) {
    this.desk = desk;
    this.asking = new Set();
  }

  /** Everything that is being read has been read, or has taken too long. */
  async done() {
    if (this.asking.size === 0) return;
    await Promise.race([Promise.allSettled(this.asking), new Promise((resolve) => setTimeout(resolve, WAIT_MILLISECONDS))]);
    // Who has asked takes the answer first.
    await new Promise((resolve) => setTimeout(resolve));
  }

  /**
   * Read a number at its place and say of it what its words say; with `measure`, what has changed with its measure
   * alone: a fall is negative as a growth or a difference, a rank has a scope, what is compared a base.
   */
  async read(id, step, { measure = false } = {}) {
    const { work } = this.desk;
    const entity = work.entities.get(id);
    const said = work.figures.get(id);
    if (!said) return;
    const { offsets } = this.desk.source;
    const value = { start: offsets.toPoints(entity.start), end: offsets.toPoints(entity.end), label: entity.label, measure: said.measure };
    const found = await this.#asked({ value });
    const now = work.figures.get(id);
    // Whoever went on meanwhile is not overruled.
    if (!found || !now || work.entities.get(id) !== entity || now.measure !== said.measure) return;
    if (!found.value) {
      this.desk.tell(`“${work.textOf(entity)}”读不出数；请检查边界与标签，或按 E 填写。`);
      return;
    }
    const turned = now.low !== null && -now.high === found.value.low && -now.low === found.value.high;
    const number = !measure ? readAs(found.value) : turned ? { low: found.value.low, high: found.value.high } : {};
    const fields = { ...number, scope: found.value.scope ?? now.scope, base: now.base ?? found.value.base };
    if (now.measure !== "rank") fields.scope = null;
    this.desk.amend(step, "读数", [{ of: "figures", id, after: { ...now, ...fields } }]);
  }

  /** What words alone say, for a number: `{low, high, unit, …}`, null where they say none; undefined without an answer. */
  async ofWords(text, label, measure, unit, signal) {
    const found = await this.#asked({ value: { text, label, measure, unit } }, signal);
    return found ? found.value : undefined;
  }

  /** Read the time that a figure has been linked to. */
  async readPeriod(id, step) {
    const { work } = this.desk;
    const said = work.figures.get(id);
    const end = work.entities.get(said.period_entity);
    const period = { text: work.textOf(end), published: work.meta.published ?? "", year: work.meta.year ?? "" };
    const found = await this.#asked({ period });
    const now = work.figures.get(id);
    if (!found || !now || now.period_entity !== end.id || now.period !== null) return;
    if (found.period) this.desk.amend(step, "读时期", [{ of: "figures", id, after: { ...now, period: found.period } }]);
    else this.desk.tell(`“${work.textOf(end)}”读不出时期；请按 T 填写。`);
  }

  async #asked(body, signal) {
    const asking = check(this.desk.annotation.report.id, body, { signal });
    this.asking.add(asking);
    try {
      return await asking;
    } catch (trouble) {
      if (trouble.name !== "AbortError") this.desk.tell(trouble.status ? `${trouble.title}：${trouble.detail}` : "连不上服务，未能核读；改动已留在本机。");
      return null;
    } finally {
      this.asking.delete(asking);
    }
  }
}
