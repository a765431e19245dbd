// The service, as the page asks it.  In: what to read or to look up.  Out: answers, or a `Trouble` that says in Chinese
// what went wrong.  A key that was asked for once is kept for as long as the tab is open.

const KEY = "baoshu-key";
const PROBLEM = "application/problem+json";

/** What went wrong: a problem document of the service, or what the page itself found. */
export class Trouble extends Error {
  /** `problem`: what else the service says of it. */
  constructor({ title, detail, status = 0, type = "", instance = "", ...problem }) {
    super(detail);
    Object.assign(this, { title, detail, status, type, instance, problem });
  }
}

// How to ask for a key: a function that gives one, or null where the person does not want to.
let askForKey = async () => null;
export const onKeyNeeded = (ask) => {
  askForKey = ask;
};

export const hasKey = () => sessionStorage.getItem(KEY) !== null;
export const forgetKey = () => sessionStorage.removeItem(KEY);

/**
 * Read a report.  `origin`: `{text | file, name, hints: {area, published}}`.  Gives a list of what was read, of one entry
 * but for a zip: `{answer, text, origin}`, or `{name, problem}` for a file that could not be read.
 */
export async function extract(origin, { signal } = {}) {
  const response = await send("extract", { method: "POST", ...bodyOf(origin), signal });
  const answer = await received(() => response.json());
  if (!answer.files) return [{ answer, text: answer.report.text ?? origin.text, origin }];
  return answer.files.map(({ name, response: read, problem }) => (problem
    ? { name, problem }
    // What was in a zip is sent again as the text that was found in it.
    : { answer: read, text: read.report.text, origin: { text: read.report.text, name, hints: origin.hints } }));
}

/** The same report read into another form; gives `{blob, name}`. */
export async function exported(origin, format, { signal } = {}) {
  const response = await send(`extract?format=${format}${format === "csv" ? "&bom=true" : ""}`, { method: "POST", ...bodyOf(origin), signal });
  const named = /filename\*=UTF-8''([^;]+)/i.exec(response.headers.get("content-disposition") ?? "");
  return { blob: await received(() => response.blob()), type: typeOf(response), name: named ? decodeURIComponent(named[1]) : "" };
}

/** The example that the service describes itself with. */
export async function example({ signal } = {}) {
  const described = await asked("openapi.json", { signal });
  return described.paths["/extract"].post.requestBody.content["application/json"].example;
}

/** Reports of the archive: `{reports, next}`. */
export const kept = (q, after, { signal } = {}) => asked(`reports?${new URLSearchParams({ q, after, limit: "50" })}`, { signal });
export const keptReport = (id, { signal } = {}) => asked(`reports/${id}`, { signal });
export const keptReading = (id, { signal } = {}) => asked(`reports/${id}/extraction`, { signal });

/** Keep a report in the archive and have it read there. */
export async function keep(origin, { signal } = {}) {
  const response = await send("reports?extract=true", { method: "POST", ...bodyOf(origin), signal });
  return received(() => response.json());
}

/** What the service answers to a request, as JSON. */
export async function asked(address, given = {}) {
  const response = await send(address, given);
  return received(() => response.json());
}

/** The same with a body of JSON. */
export function told(address, method, body, { signal } = {}) {
  return asked(address, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });
}

/** What the service answers, as text. */
export async function askedText(address, given = {}) {
  const response = await send(address, given);
  return received(() => response.text());
}

/** The answer as it comes, for who reads it bit by bit. */
export const opened = (address, given = {}) => send(address, given);

/** Ask for another key: whether one was given. */
export async function changeKey(trouble) {
  const given = await askForKey(hasKey(), trouble);
  if (given !== null) sessionStorage.setItem(KEY, given);
  return given !== null;
}

function bodyOf(origin) {
  const hints = Object.fromEntries(Object.entries(origin.hints ?? {}).filter(([, value]) => value));
  if (!origin.file) {
    return { body: JSON.stringify({ text: origin.text, ...hints }), headers: { "Content-Type": "application/json" } };
  }
  const body = new FormData();
  body.append("file", origin.file, origin.file.name);
  for (const [name, value] of Object.entries(hints)) body.append(name, value);
  return { body };
}

async function send(address, given) {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    const headers = { Accept: "application/json, application/problem+json, */*;q=0.5", ...given.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
    const response = await received(() => fetch(new URL(address, document.baseURI), { ...given, headers }));
    if (response.ok) return response;
    const trouble = await troubleOf(response);
    if (trouble.status !== 401) throw trouble;
    const given_ = await askForKey(key !== null, trouble);
    if (given_ === null) throw trouble;
    sessionStorage.setItem(KEY, given_);
  }
}

/** What `work` gives; a connection that breaks is a `Trouble`, one that was cancelled stays an `AbortError`. */
async function received(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble({ title: "连不上服务", detail: "没有收到服务的应答；请确认服务仍在运行、网络仍然连通，然后重试。已填写的内容都还在。" });
  }
}

const typeOf = (response) => (response.headers.get("content-type") ?? "").split(";")[0].trim();

async function troubleOf(response) {
  if (typeOf(response) === PROBLEM) {
    const problem = await received(() => response.json());
    const wait = Number(response.headers.get("retry-after"));
    return new Trouble({ ...problem, detail: wait ? `${problem.detail}（约 ${wait} 秒后可再试。）` : problem.detail });
  }
  return new Trouble({
    title: "服务未能应答",
    status: response.status,
    detail: `收到的不是报数服务的应答（HTTP ${response.status}）；如经代理访问，请检查代理。已填写的内容都还在。`,
  });
}
