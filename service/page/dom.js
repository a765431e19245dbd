// Elements and text.  In: names, properties, children.  Out: nodes.  Nothing here, or anywhere else on this page, takes
// markup: what a report says reaches the document as text alone.

const SVG = "http://www.w3.org/2000/svg";

// Controls that turn the reading direction around or are not to be seen at all: shown by their number instead.
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Whether `text` holds a character that `plain` would replace. */
export function isTricky(text) {
  UNSEEN.lastIndex = 0;
  return UNSEEN.test(text);
}

/** The same pattern, for whoever shows such characters in place. */
export const unseen = () => new RegExp(UNSEEN.source, "g");

/** A name for a control: `U+202E`. */
export const codeOf = (character) => `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** `text` as it may stand in a cell or a message: controls as `⟨U+202E⟩`. */
export const plain = (text) => String(text ?? "").replace(UNSEEN, (character) => `⟨${codeOf(character)}⟩`);

/** An element.  `properties`: `class`, `on` (listeners), `data`, other names as attributes; null and false leave out. */
export function h(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** The same for SVG. */
export function s(name, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, name), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, text] of Object.entries(value)) element.dataset[key] = text;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : plain(child));
  }
  return element;
}

/** `element` with these children alone. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : plain(child))));
  return element;
}

/** Tell those who listen rather than look. */
export function say(text) {
  document.getElementById("said").textContent = plain(text);
}

/** A number that is unlike any other on this page, for ids. */
let last = 0;
export const nextId = (stem) => `${stem}-${++last}`;

/** `work` once a frame however often it is asked for. */
export function oncePerFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}
