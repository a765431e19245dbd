// The service's annotations, as the workbench asks for them.  Out: answers, or a `Trouble` (`../api.js`).

import { asked, told } from "../api.js";

const query = (fields) => new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ""));

export const queue = (fields, { signal } = {}) => asked(`annotations?${query({ limit: 100, ...fields })}`, { signal });
/** `which`: `{revision}`, `{model}`, or nothing for the last. */
export const annotation = (report, which = {}, { signal } = {}) => asked(`annotations/${report}?${query(which)}`, { signal });
export const history = (report, { signal } = {}) => asked(`annotations/${report}/history`, { signal });
export const difference = (report, left, right, { signal } = {}) => asked(`annotations/${report}/diff?${query({ left, right })}`, { signal });
export const save = (report, body, { signal } = {}) => told(`annotations/${report}`, "PUT", body, { signal });
export const check = (report, body, { signal } = {}) => told(`annotations/${report}/check`, "POST", body, { signal });
export const assign = (report, assignee) => told(`annotations/${report}/assign`, "POST", { assignee });
export const review = (report, body) => told(`annotations/${report}/review`, "POST", body);
