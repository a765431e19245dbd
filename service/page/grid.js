// A table of the report as a grid.  In: its lines, as the text has them (cells parted by bars or tabs).  Out: rows of
// cells with their units and spans over columns and rows.  The service says where a table stands and how wide it is;
// what its cells are is read here again, for showing alone.

const BAR = /[|｜│┃]/;
const BARS = /[|｜│┃]/g;
const RULE = /^\s*:?-{2,}:?\s*$/;
const BLANK = /^[\s\-—－–/／…*]*$/;

/**
 * `lines`: `{start, end}` within `text`; `columns`: the width of the grid; `isFigure(start, end)`: whether a figure
 * stands there.  Each row is `{header, cells}`, each cell `{start, end, across, down}`; cells that another one
 * covers are left out.
 */
export function gridOf(text, lines, columns, isFigure) {
  const rows = lines
    .map((line) => cellsOf(text, line))
    .filter((cells) => !cells.every((cell) => RULE.test(text.slice(cell.start, cell.end))))
    .map((cells) => cells.slice(0, Math.max(columns, 1)));
  const filled = rows.findIndex((cells) => cells.some((cell) => isFigure(cell.start, cell.end)));
  const headers = filled < 0 ? Math.min(1, rows.length) : filled;
  const grid = rows.map((cells, number) => ({ header: number < headers, cells: cells.map((cell) => ({ ...cell, across: 1, down: 1 })) }));
  for (let number = 0; number < headers; number += 1) joinAcross(text, grid, number, headers);
  joinDown(text, grid, headers);
  for (const row of grid) {
    row.cells = row.cells.filter((cell) => !cell.covered);
    const width = row.cells.reduce((sum, cell) => sum + cell.across, 0);
    if (row.header && row.cells.length > 0 && width === 1 && columns > 1) row.cells[0].across = columns;
  }
  return grid;
}

function cellsOf(text, line) {
  const content = text.slice(line.start, line.end);
  const barred = BAR.test(content);
  const cells = [];
  let from = 0;
  for (const found of content.matchAll(barred ? BARS : /\t/g)) {
    // A bar that opens the line is the table's edge; one after a blank closes an empty first cell.
    if (!barred || found.index > 0) cells.push(trimmed(text, line.start + from, line.start + found.index));
    from = found.index + 1;
  }
  if (!barred || content.slice(from).trim() !== "") cells.push(trimmed(text, line.start + from, line.end));
  return cells;
}

function trimmed(text, start, end) {
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  return { start, end };
}

const isBlank = (text, cell) => BLANK.test(text.slice(cell.start, cell.end));

/** A header that blanks follow spans them, where the row below names what they hold. */
function joinAcross(text, grid, number, headers) {
  const below = number + 1 < headers ? grid[number + 1].cells : null;
  if (!below) return;
  let open = null;
  grid[number].cells.forEach((cell, column) => {
    if (!isBlank(text, cell)) {
      open = cell;
    } else if (open && below[column] && !isBlank(text, below[column])) {
      open.across += 1;
      cell.covered = true;
    }
  });
}

/** A header above blanks of the header's other rows spans them. */
function joinDown(text, grid, headers) {
  if (headers < 2) return;
  grid[0].cells.forEach((cell, column) => {
    if (cell.covered || cell.across > 1 || isBlank(text, cell)) return;
    for (let number = 1; number < headers; number += 1) {
      const below = grid[number].cells[column];
      if (!below || !isBlank(text, below)) return;
      cell.down += 1;
      below.covered = true;
    }
  });
}
