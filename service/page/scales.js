// Axes.  In: the values that are to be drawn.  Out: where they end and where their marks stand.

/** The next step of 1, 2, 5 × a power of ten that parts `span` into at most `most` stretches. */
export function step(span, most) {
  if (!(span > 0)) return 1;
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5].find((factor) => power * factor >= raw * (1 - 1e-9)) ?? 10);
}

/**
 * Ends and marks of an axis that holds all `values`: `{low, high, ticks}`.  `zero`: it begins at nought, as bars must;
 * a line may begin where its values do.
 */
export function axis(values, { most = 5, zero = true } = {}) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (zero) [low, high] = [Math.min(0, low), Math.max(0, high)];
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 10, high + Math.abs(high) / 10];
  const width = step(high - low, most);
  const first = Math.floor(low / width + 1e-9);
  const last = Math.ceil(high / width - 1e-9);
  const ticks = [];
  for (let number = first; number <= last; number += 1) ticks.push(Number((number * width).toPrecision(12)));
  return { low: ticks[0], high: ticks.at(-1), ticks };
}

/** A function from values to places between `from` and `to`. */
export const linear = ({ low, high }, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);
