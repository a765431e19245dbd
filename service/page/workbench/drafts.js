// What has not been saved yet, kept by the browser (IndexedDB) step by step, so that closing it loses nothing.  A draft
// holds all it needs to go on without the service: text, document, what it was made from; then each step as it is
// taken.  In: those.  Out: drafts, and their steps in order.  Where the browser keeps nothing, `Drafts.open` gives null.

const NAME = "baoshu-workbench";
const VERSION = 1;

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
      return new Drafts(await settled(request));
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
    await finished(this.#writing((_, steps) => steps.add({ draft, number, said })));
  }

  /** The drafts of a report, or of all, the last begun first; each with the number of its steps. */
  async list(report = null) {
    const reading = this.database.transaction(["drafts", "steps"]);
    const drafts = reading.objectStore("drafts");
    const found = await settled(report === null ? drafts.getAll() : drafts.index("report").getAll(report));
    for (const draft of found) draft.steps = await settled(reading.objectStore("steps").count(stepsOf(draft.id)));
    return found.filter((draft) => draft.steps > 0).sort((a, b) => b.at - a.at);
  }

  /** The steps of a draft, in order. */
  async steps(id) {
    const kept = await settled(this.database.transaction("steps").objectStore("steps").getAll(stepsOf(id)));
    return kept.map((step) => step.said);
  }

  async remove(id) {
    await finished(this.#writing((drafts, steps) => {
      drafts.delete(id);
      steps.delete(stepsOf(id));
    }));
  }

  #writing(work) {
    const writing = this.database.transaction(["drafts", "steps"], "readwrite", { durability: "strict" });
    work(writing.objectStore("drafts"), writing.objectStore("steps"));
    return writing;
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
