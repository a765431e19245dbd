// How a line falls into pieces.  In: a line, and the spans that reach into it, which may overlap.  Out: the stretches
// between their edges in order, each with the spans that cover it.  Knows nothing of the document.

/**
 * `spans`: `{start, end, …}` in any order.  The pieces cover `line` whole, without gaps.  Each piece is
 * `{start, end, under}`, `under` the spans that cover it.
 */
export function piecesOf(line, spans) {
  const edges = new Set([line.start, line.end]);
  const inside = [];
  for (const span of spans) {
    const start = Math.max(span.start, line.start);
    const end = Math.min(span.end, line.end);
    if (start >= end) continue;
    edges.add(start).add(end);
    inside.push(span);
  }
  const ordered = [...edges].sort((a, b) => a - b);
  inside.sort((a, b) => a.start - b.start);
  const pieces = [];
  let next = 0;
  let open = [];
  for (let i = 0; i + 1 < ordered.length; i += 1) {
    const [start, end] = [ordered[i], ordered[i + 1]];
    while (next < inside.length && inside[next].start <= start) open.push(inside[next++]);
    open = open.filter((span) => span.end > start);
    pieces.push({ start, end, under: open.slice() });
  }
  return pieces;
}

/** For each line the spans that reach into it.  `lineAt`: the number of the line that holds a unit. */
export function byLine(lines, lineAt, spans) {
  const found = lines.map(() => null);
  for (const span of spans) {
    for (let number = lineAt(span.start); number < lines.length && lines[number].start < span.end; number += 1) {
      (found[number] ??= []).push(span);
    }
  }
  return found;
}
