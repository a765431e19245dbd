// What has not been saved yet, kept by the browser (IndexedDB) step by step, so that closing it loses nothing.  A draft
// holds all it needs to go on without the service: text, document, what it was made from; then each step as it is
// taken.  IndexedDB writes in its own time, and a tab that is closed takes along what it has not written: until it has,
// a step stands in `localStorage`, which writes at once.  In: those.  Out: drafts, and their steps in order.  Where the
// browser keeps nothing, `Drafts.open` gives null.

const NAME = "baoshu-workbench";
const VERSION = 1;
const WAITING = "baoshu-step ";
// Drafts in which nothing was done are left by tabs that were closed: after so long they go.
const EMPTY_MILLISECONDS = 24 * 60 * 60 * 1000;

export class Drafts {
  /** The browser's drafts, null where it keeps none. */
  static async open() {
    if (!globalThis.indexedDB) return null;
    try {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("drafts", { keyPath: "id" }).createIndex("report", "report");
        request.result.createObjectStore("steps", { keyPath: ["draft", "number"] });
      };
      const drafts = new Drafts(await settled(request));
      await drafts.#clean();
      return drafts;
    } catch {
      return null;
    }
  }

  constructor(database) {
    this.database = database;
  }

  /** Begin a draft: `{id, report, …}`. */
  async begin(draft) {
    await finished(this.#writing((drafts) => drafts.put(draft)));
  }

  /** Keep one more step of a draft.  Rejects where another tab has kept one of that number. */
  async keep(draft, number, said) {
    const name = `${WAITING}${draft} ${number}`;
    setAtOnce(name, said);
    try {
      await finished(this.#writing((_, steps) => steps.add({ draft, number, said })));
      localStorage.removeItem(name);
    } catch (error) {
      if (error?.name === "ConstraintError") localStorage.removeItem(name);
      throw error;
    }
  }

  /** The drafts of a report, or of all, the last begun first; each with the number of its steps. */
  async list(report = null) {
    const drafts = this.database.transaction("drafts").objectStore("drafts");
    const found = await settled(report === null ? drafts.getAll() : drafts.index("report").getAll(report));
    for (const draft of found) draft.steps = (await this.steps(draft.id)).filter(([name]) => name !== null).length;
    return found.filter((draft) => draft.steps > 0).sort((a, b) => b.at - a.at);
  }

  /** The steps of a draft, in order. */
  async steps(id) {
    const kept = await settled(this.database.transaction("steps").objectStore("steps").getAll(stepsOf(id)));
    const said = kept.map((step) => step.said);
    for (;;) {
      const next = localStorage.getItem(`${WAITING}${id} ${said.length}`);
      if (next === null) return said;
      said.push(JSON.parse(next));
    }
  }

  async remove(id) {
    for (const name of Object.keys(localStorage)) if (name.startsWith(`${WAITING}${id} `)) localStorage.removeItem(name);
    await finished(this.#writing((drafts, steps) => {
      drafts.delete(id);
      steps.delete(stepsOf(id));
    }));
  }

  #writing(work) {
    const writing = this.database.transaction(["drafts", "steps"], "readwrite", { durability: "strict" });
    work(writing.objectStore("drafts"), writing.objectStore("steps"));
    writing.commit();
    return writing;
  }

  async #clean() {
    const found = await settled(this.database.transaction("drafts").objectStore("drafts").getAll());
    for (const { id, at } of found) {
      if (at < Date.now() - EMPTY_MILLISECONDS && (await this.steps(id)).length === 0) await this.remove(id);
    }
  }
}

/** A step that is too large for this store has IndexedDB alone. */
function setAtOnce(name, said) {
  try {
    localStorage.setItem(name, JSON.stringify(said));
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
  }
}

/** Ids that no two tabs share; `crypto.randomUUID` is there over HTTPS and on this machine alone. */
export const draftId = () => `${Date.now().toString(36)}-${Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) => n.toString(36)).join("")}`;

const stepsOf = (id) => IDBKeyRange.bound([id, 0], [id, Infinity]);

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const finished = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error);
});
