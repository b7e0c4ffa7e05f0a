// Fills one on the other: what belongs to the layer that is worked on, put aside and taken up again.

import { pack, unpack } from "./history.js";
import { extent, join } from "./raster.js";

const FIELDS = ["below", "predicted", "likeliest", "seed", "answer", "answered", "forced", "current", "fresh", "sealed"];

/** All that belongs to the layer, as it is now. */
export function capture(work) {
  const { hole, painted, versions, styles } = work, box = extent(hole, (value) => value);
  const kept = Object.fromEntries(FIELDS.map((field) => [field, work[field]]));
  return { ...kept, versions: [...versions], styles: new Map(styles), painted: painted.data.slice(), box, hole: box && pack(hole.data, hole.width, box) };
}

/** Empty the hole; returns the box that it had. */
function cleared({ hole }) {
  const box = extent(hole, (value) => value);
  if (box) for (let y = box.y0; y < box.y1; y++) hole.data.fill(0, y * hole.width + box.x0, y * hole.width + box.x1);
  return box;
}

/** Work on a layer as it was captured; returns the box of the hole that has changed. */
export function restore(work, state) {
  const box = cleared(work);
  if (state.box) unpack(state.hole, work.hole.data, work.hole.width, state.box);
  work.painted.data.set(state.painted);
  for (const field of FIELDS) work[field] = state[field];
  work.versions = [...state.versions];
  work.styles = new Map(state.styles);
  return join(box, state.box);
}

/** Work on a new layer, on all that is shown; returns the box of the hole that has changed. */
export function begin(work, untouched) {
  work.below = work.shown;
  work.painted.data.fill(untouched);
  work.predicted = work.likeliest = work.current = null;
  work.versions = [];
  work.styles = new Map();
  work.seed = 0;
  work.answered = work.forced = work.fresh = work.sealed = false;
  return cleared(work);
}
