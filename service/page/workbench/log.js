// The draft of one open annotation: each step of a `Work` is kept as it is taken (`Drafts`), and taken again on return.
// In: the work.  Out: what to tell the person: whether the last step is kept.  Knows nothing of the service.

import { draftId } from "./drafts.js";

export class Log {
  /** `drafts`: null where the browser keeps none.  `onState(kept)` whenever that changes. */
  constructor(drafts, onState) {
    this.drafts = drafts;
    this.onState = onState;
    this.id = null;
    this.said = [];
    this.pending = 0; // steps that are being written
  }

  /** Begin anew: what follows starts from `ground`, `{report, title, base, model, text, layout, document, task}`. */
  begin(ground) {
    this.ground = ground;
    this.said = [];
    this.#open();
  }

  /** Go on with a draft that was kept. */
  resume(draft, said) {
    this.ground = draft;
    this.id = draft.id;
    this.said = [...said];
  }

  /** `said`: `[name, edits, at]`, as `Work.do` takes them, `name` null for what belongs to the step before. */
  keep(said) {
    this.said.push(said);
    if (!this.drafts) {
      this.onState(false);
      return;
    }
    const { id } = this;
    this.pending += 1;
    this.drafts.keep(id, this.said.length - 1, said)
      // Another tab goes on with the same draft: from here on this one has its own.
      .catch((error) => (error?.name === "ConstraintError" && id === this.id ? this.#part() : Promise.reject(error)))
      .then(() => true, () => false)
      .then((kept) => {
        this.pending -= 1;
        this.onState(kept);
      });
  }

  /** Everything has been saved elsewhere, or nothing has been done. */
  forget() {
    const { id } = this;
    this.id = null;
    if (id !== null) this.drafts?.remove(id).catch(() => this.onState(false));
  }

  #open() {
    if (!this.drafts) return null;
    this.id = draftId();
    return this.drafts.begin({ ...this.ground, id: this.id, at: Date.now() }).catch(() => this.onState(false));
  }

  async #part() {
    const begun = this.#open();
    await Promise.all([begun, ...this.said.map((said, number) => this.drafts.keep(this.id, number, said))]);
  }
}
