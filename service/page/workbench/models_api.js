// The service's refinements and models, as the workbench asks for them.  Out: answers, or a `Trouble` (`../api.js`).

import { asked, askedText, told } from "../api.js";

const id = encodeURIComponent;

export const refinements = ({ signal } = {}) => asked("refinements", { signal });
export const refine = (body) => told("refinements", "POST", body);
export const cancelRefinement = (number) => told(`refinements/${number}/cancel`, "POST", {});
export const resumeRefinement = (number) => told(`refinements/${number}/resume`, "POST", {});
export const models = ({ signal } = {}) => asked("models", { signal });
export const card = (model, { signal } = {}) => askedText(`models/${id(model)}/card`, { signal });
export const promote = (model) => told(`models/${id(model)}/promote`, "POST", {});
export const rollBack = () => told("models/rollback", "POST", {});
export const jobs = ({ signal } = {}) => asked("jobs?limit=50", { signal });
export const readArchive = (model) => told("jobs", "POST", { model, select: { missing_only: true } });
export const cancelJob = (job) => told(`jobs/${job}/cancel`, "POST", {});

/** What changes `from` one model `to` another, of one indicator or area where they are named. */
export function changes(from, to, { indicator = null, area = null } = {}, { signal } = {}) {
  const fields = Object.entries({ from, to, indicator, area, samples: 3, groups: 12 }).filter(([, value]) => value !== null);
  return asked(`models/diff?${new URLSearchParams(fields)}`, { signal });
}
