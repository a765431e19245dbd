// What is chosen on the page at the moment, and who wants to know.  In: changes.  Out: calls to those who listen, with
// what the state was before.  One store for each report that is open.

import { NOTHING } from "./filters.js";

export class Store {
  #listeners = [];

  constructor() {
    /** `selected`, `peeked`: a figure or null; `asked`, `order`: as in `filters.js`; `finding`: one or null; `tab`. */
    this.state = { selected: null, peeked: null, asked: NOTHING, order: { by: "number", down: false }, finding: null, tab: "figures" };
  }

  /** `listener(state, before)` after each change. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  change(part) {
    const before = this.state;
    if (Object.keys(part).every((name) => before[name] === part[name])) return;
    this.state = { ...before, ...part };
    for (const listener of this.#listeners) listener(this.state, before);
  }

  /** Make `figure` the one that is looked at; `from`: the pane that it was chosen in. */
  select(figure, from = "") {
    this.change({ selected: figure, peeked: null, from });
  }

  ask(part) {
    this.change({ asked: { ...this.state.asked, ...part } });
  }
}
