// Where a character stands: the service counts code points, JavaScript counts UTF-16 units.  In: a text.  Out: the way
// from the one count to the other and back.  The two differ by the characters before it that need two units (𠮷).

export class Offsets {
  /** `text`: any string; one that needs no two units anywhere costs one search. */
  constructor(text) {
    this.wide = wideIn(text);
    this.length = text.length;
  }

  /** The unit where the code point number `point` begins; for the text's own length, its length in units. */
  toUnits(point) {
    return point + countBelow(this.wide, point);
  }

  /** The number of the code point that begins at `unit`. */
  toPoints(unit) {
    let [low, high] = [0, this.wide.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.wide[middle] + middle < unit) low = middle + 1;
      else high = middle;
    }
    return unit - low;
  }
}

/** The code points, by number and ascending, that need two units. */
function wideIn(text) {
  const found = [];
  if (!/[\ud800-\udbff]/.test(text)) return found;
  for (let unit = 0, point = 0; unit < text.length; unit += 1, point += 1) {
    if (isPair(text, unit)) {
      found.push(point);
      unit += 1;
    }
  }
  return found;
}

function isPair(text, unit) {
  const [high, low] = [text.charCodeAt(unit), text.charCodeAt(unit + 1)];
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

/** How many of the ascending `numbers` are below `limit`. */
export function countBelow(numbers, limit) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
