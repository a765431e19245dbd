// Two versions of an annotation made into one.  In: both documents and what differs between them, as the service says
// it, in code points.  Out: the differences as items to be settled one by one, and the document that comes of it.

/** Fields of a figure that are settled together, by what they are called. */
const GROUPS = {
  number: ["low", "high", "unit", "bound"],
  measure: ["measure"],
  status: ["status"],
  indicator: ["indicator"],
  period: ["period"],
  area: ["area"],
  base: ["base"],
  scope: ["scope"],
};
/** What else of a figure goes with a group. */
const WITH = { number: ["masked"], period: ["period_entity"], area: ["area_entity"], base: ["base_entity"] };
const LINKED = ["period_entity", "area_entity", "base_entity"];

const keyOf = (span) => `${span.start} ${span.end}`;
const placeOf = (item) => item.entity?.left ?? item.entity?.right ?? item.figure.left?.value ?? item.figure.right.value;

/**
 * The items of a difference in reading order: `{entity, figure, group, start, end, choice, why}`.  `entity` and `figure`
 * have a `left` and a `right`, one of them null where it is missing on that side; an item has one of them, or both where
 * a number and what is said of it came or went together.  `group`: of the fields of a figure, null for all of it.
 */
export function itemsOf(difference) {
  const items = [];
  const alone = new Map();
  for (const { left, right, fields } of difference.entities) {
    const item = { entity: { left, right, fields }, figure: null, group: null };
    items.push(item);
    if (!left || !right) alone.set(keyOf(left ?? right), item);
  }
  for (const { left, right, fields } of difference.observations) {
    if (left && right) {
      const names = Object.keys(GROUPS).filter((name) => GROUPS[name].some((field) => fields.includes(field)));
      items.push(...names.map((group) => ({ entity: null, figure: { left, right }, group })));
      continue;
    }
    const whole = alone.get(keyOf((left ?? right).value));
    if (whole && !whole.entity.left === !left) whole.figure = { left, right };
    else items.push({ entity: null, figure: { left, right }, group: null });
  }
  for (const item of items) {
    const { start, end } = placeOf(item);
    Object.assign(item, { start, end, choice: null, why: "" });
  }
  return items.sort((a, b) => a.start - b.start || (a.entity ? 0 : 1) - (b.entity ? 0 : 1));
}

/** Choose for each item that one side alone has touched since both began; `mine` and `theirs`: what each changed. */
export function chooseUncontested(items, theirs, mine) {
  for (const item of items) {
    const [left, right] = [touches(theirs, item), touches(mine, item)];
    if (left === right) continue;
    item.choice = left ? "left" : "right";
    item.why = left ? "只有对方改过" : "只有我改过";
  }
}

function touches(changes, item) {
  return changes.some((other) => other.start < item.end && item.start < other.end
    && Boolean(other.entity) === Boolean(item.entity)
    && (item.entity || other.group === null || item.group === null || other.group === item.group));
}

/** The document in which every item is settled as it is chosen; `left` and `right` as the service has them. */
export function settled(left, right, items) {
  const [ours, others] = [bySpan(left), bySpan(right)];
  const entities = new Map(ours.entities);
  const became = new Map(); // a span of either side -> that of the entity that stands for it, null for none
  for (const { entity, choice } of items) {
    if (!entity) continue;
    if (entity.left) entities.delete(keyOf(entity.left));
    const kept = entity[choice];
    for (const side of [entity.left, entity.right]) if (side) became.set(keyOf(side), kept ? keyOf(kept) : null);
  }
  for (const { entity, choice } of items) {
    if (entity?.[choice]) entities.set(keyOf(entity[choice]), (choice === "left" ? ours : others).entities.get(keyOf(entity[choice])));
  }
  const at = (key) => (became.has(key) ? became.get(key) : key);
  const figures = new Map([...ours.figures].map(([key, said]) => [key, { ...said }]));
  for (const { figure, group, choice } of items) {
    if (!figure) continue;
    const key = keyOf((figure.left ?? figure.right).value);
    if (group === null) {
      figures.delete(key);
      if (figure[choice]) figures.set(key, { ...(choice === "left" ? ours : others).figures.get(key) });
    } else if (choice === "right") {
      const taken = others.figures.get(keyOf(figure.right.value));
      for (const field of [...GROUPS[group], ...(WITH[group] ?? [])]) figures.get(key)[field] = taken[field];
    }
  }
  return written(entities, figures, at, left.meta);
}

/** A document by spans in the place of ids. */
function bySpan(document) {
  const keys = new Map(document.entities.map((entity) => [entity.id, keyOf(entity)]));
  const key = (id) => (id === null || id === undefined ? null : keys.get(id) ?? null);
  return {
    entities: new Map(document.entities.map((entity) => [keyOf(entity), entity])),
    figures: new Map(document.observations.map(({ id, text, ...said }) => [key(said.value), {
      ...said,
      indicator: (said.indicator ?? []).map(key),
      ...Object.fromEntries(LINKED.map((field) => [field, key(said[field])])),
    }])),
  };
}

function written(entities, figures, at, meta) {
  const ordered = [...entities.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  const ids = new Map(ordered.map((entity, n) => [keyOf(entity), `e${n + 1}`]));
  const id = (key) => (key === null ? null : ids.get(at(key)) ?? null);
  const observations = [...figures].map(([key, said]) => ({
    ...said,
    value: id(key),
    indicator: [...new Set(said.indicator.map(id).filter((each) => each !== null))],
    ...Object.fromEntries(LINKED.map((field) => [field, id(said[field])])),
  }));
  // Of a number that two edges were drawn around, one observation stands.
  const once = new Map(observations.filter((said) => said.value !== null).map((said) => [said.value, said]));
  return {
    entities: ordered.map(({ label, start, end, score = 1 }) => ({ id: ids.get(`${start} ${end}`), label, start, end, score })),
    observations: [...once.values()],
    meta: meta ?? {},
  };
}
