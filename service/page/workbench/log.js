// The draft of one open annotation: each step of a `Work` is kept as it is taken (`Drafts`), and taken again on return.
// In: the work.  Out: what to tell the person: whether the last step is kept.  Knows nothing of the service.

import { draftId } from "./drafts.js";

export class Log {
  /** `drafts`: null where the browser keeps none.  `onState(kept)` whenever that changes. */
  constructor(drafts, onState) {
    this.drafts = drafts;
    this.onState = onState;
    this.begin(null);
    this.waiting = Promise.resolve();
  }

  /** Begin anew: what follows starts from `ground`, `{report, title, revision, model, text, layout, document, task}`. */
  begin(ground) {
    this.ground = ground;
    this.id = null;
    this.said = [];
  }

  /** Go on with a draft that was kept. */
  resume(draft, said) {
    this.ground = draft;
    this.id = draft.id;
    this.said = [...said];
  }

  /** `said`: `[name, edits, at]`, as `Work.do` takes them; what is taken back is a step as well. */
  keep(said) {
    this.said.push(said);
    if (!this.drafts) {
      this.onState(false);
      return;
    }
    const [begun, number] = [this.id === null, this.said.length - 1];
    if (begun) this.id = draftId();
    const id = this.id;
    this.waiting = this.waiting
      .then(() => (begun ? this.drafts.begin({ ...this.ground, id, at: Date.now() }) : null))
      .then(() => this.drafts.keep(id, number, said))
      // Another tab goes on with the same draft: from here on this one has its own.
      .catch((error) => (error?.name === "ConstraintError" && id === this.id ? this.#part() : Promise.reject(error)))
      .then(() => this.onState(true), () => this.onState(false));
  }

  /** Everything has been saved elsewhere, or is not wanted. */
  async forget() {
    const { id, ground } = this;
    this.begin(ground);
    await this.waiting;
    if (id !== null && this.drafts) await this.drafts.remove(id);
  }

  async #part() {
    const id = draftId();
    this.id = id;
    await this.drafts.begin({ ...this.ground, id, at: Date.now() });
    for (const [number, said] of this.said.entries()) await this.drafts.keep(id, number, said);
  }
}
