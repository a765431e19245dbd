// Following what goes on at the service: server-sent events over `fetch`, which can send a key as `EventSource` cannot.
// In: an address.  Out: calls with each event, and when the connection is lost and found again; what runs at the
// service goes on meanwhile.

import { opened } from "../api.js";

const AGAIN_MILLISECONDS = 2000;
// The service says every 15 seconds that it is there.
const SILENT_MILLISECONDS = 40_000;
const OVER = 204;

/**
 * Until the event `end` has come, or `signal` is aborted.  `on`: `told(data)` for every event, `lost()` when the
 * connection is gone, `found()` when it is back.  Raises `Trouble` where the service refuses.
 */
export async function follow(address, { signal, on }) {
  let seen = null;
  let lost = false;
  const found = () => {
    if (lost) on.found();
    lost = false;
  };
  while (!signal.aborted) {
    try {
      const ended = await once(address, seen, signal, (name, id, data) => {
        found();
        if (data === null) return;
        seen = id;
        on.told(data);
      });
      if (ended) return;
    } catch (trouble) {
      if (signal.aborted) return;
      // A gate that is closed stays so; what is busy or away may come back.
      if (trouble.status >= 400 && trouble.status < 500 && trouble.status !== 429) throw trouble;
    }
    if (signal.aborted) return;
    if (!lost) on.lost();
    lost = true;
    await pause(signal);
  }
}

/** One connection: whether the end was told in it. */
async function once(address, seen, signal, take) {
  const broken = new AbortController();
  const give = () => broken.abort();
  let timer = setTimeout(give, SILENT_MILLISECONDS);
  signal.addEventListener("abort", give, { once: true });
  addEventListener("offline", give, { once: true });
  try {
    const response = await opened(address, { signal: broken.signal, headers: { Accept: "text/event-stream", ...(seen ? { "Last-Event-ID": seen } : {}) } });
    if (response.status === OVER) return true;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      clearTimeout(timer);
      timer = setTimeout(give, SILENT_MILLISECONDS);
      const blocks = (held + value).split("\n\n");
      held = blocks.pop();
      for (const block of blocks) {
        const { event, id, data } = fieldsOf(block);
        take(event, id, data === undefined ? null : JSON.parse(data));
        if (event === "end") return true;
      }
    }
  } finally {
    clearTimeout(timer);
    broken.abort();
    signal.removeEventListener("abort", give);
    removeEventListener("offline", give);
  }
}

/** `name: text` in lines; a comment has no name. */
const fieldsOf = (block) => Object.fromEntries(block.split("\n").filter((line) => !line.startsWith(":")).map((line) => {
  const at = line.indexOf(": ");
  return [line.slice(0, at), line.slice(at + 2)];
}));

/** A while, or until the network is back. */
function pause(signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, AGAIN_MILLISECONDS);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
