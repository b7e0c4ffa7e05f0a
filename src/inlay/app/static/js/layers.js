// Fills one on the other: what belongs to the layer that is worked on, put aside and taken up again.

import { pack, unpack } from "./history.js";
import { join } from "./raster.js";

export const UNTOUCHED = 255; // in a painted layout: here the predicted class holds

const FIELDS = ["below", "predicted", "likeliest", "seed", "answer", "answered", "forced", "current", "fresh", "sealed"];

/** All that belongs to the layer, as it is now. */
function capture(work) {
  const { hole, painted, versions, styles } = work, box = work.span;
  const kept = Object.fromEntries(FIELDS.map((field) => [field, work[field]]));
  return { ...kept, versions: [...versions], styles: new Map(styles), painted: painted.data.slice(), box, hole: box && pack(hole.data, hole.width, box) };
}

/** Empty the hole; returns the box that it had. */
function cleared(work) {
  const { hole, span: box } = work;
  work.span = null;
  if (box) for (let y = box.y0; y < box.y1; y++) hole.data.fill(0, y * hole.width + box.x0, y * hole.width + box.x1);
  return box;
}

/** Work on a layer as it was captured; returns the box of the hole that has changed. */
function restore(work, state) {
  const box = cleared(work);
  work.span = state.box;
  if (state.box) unpack(state.hole, work.hole.data, work.hole.width, state.box);
  work.painted.data.set(state.painted);
  for (const field of FIELDS) work[field] = state[field];
  work.versions = [...state.versions];
  work.styles = new Map(state.styles);
  return join(box, state.box);
}

/** Work on a new layer, on all that is shown; returns the box of the hole that has changed. */
function begin(work) {
  work.below = work.shown;
  work.painted.data.fill(UNTOUCHED);
  work.predicted = work.likeliest = work.current = null;
  work.versions = [];
  work.styles = new Map();
  work.seed = 0;
  work.answered = work.forced = work.fresh = work.sealed = false;
  return cleared(work);
}

/** Tell of another layer, whose hole differs from the last one's in a box. */
function stacked(work, box) {
  work.holeSent = false;
  work.holes++;
  work.changes++;
  if (box) work.tell("layer", { layer: "hole", box, done: false });
  work.tell("layer", { layer: "painted", done: false });
  for (const event of ["predicted", "stack", "styles", "history"]) work.tell(event);
}

/** Where the hole is filled, begin another one, on the picture as it is. Returns whether it was. */
export function open(work) {
  if (!work.sealed) return false;
  work.history.remember("stack", capture(work), null);
  stacked(work, begin(work));
  return true;
}

/** Take the beginning back: nothing was painted. */
export function unopen(work) { stacked(work, restore(work, work.history.drop().before)); }

/** Work on the filled hole again, with what is below it: its fill is taken away. */
export function reopen(work) {
  work.history.remember("stack", capture(work), null);
  work.versions = [];
  work.current = null;
  work.sealed = work.fresh = false;
  stacked(work, null);
}

/** The hole is filled from now on. */
export function seal(work, joined) {
  if (work.sealed) return;
  work.history.remember("stack", capture(work), null, { joined });
  work.sealed = true;
  work.healing = false;
  work.tell("history");
  work.tell("sealed");
}

/** Undo or redo a step, with those that are joined to it. */
export function step(work, direction) {
  if (work.drawing) return;
  const [side, other] = direction === "undo" ? ["before", "after"] : ["after", "before"], boxes = {};
  let made, stack = false, box = null;
  do {
    made = work.history[direction]({ hole: work.hole, painted: work.painted });
    if (!made) return;
    if (made.layer === "stack") {
      made[other] = capture(work);
      box = join(box, restore(work, made[side]));
      stack = true;
    } else if (made.layer === "framing") {
      work.framing = made[side];
      work.framingChanged();
    } else {
      if (made.layer === "hole") {
        work.spread(made.box);
        work.holeChanged();
      }
      work.fresh = false;
      boxes[made.layer] = join(boxes[made.layer] ?? null, made.box);
    }
  } while (work.history.goesOn(direction, made));
  work.healing = false;
  if (stack) stacked(work, join(box, boxes.hole ?? null));
  work.changes++;
  for (const [layer, each] of Object.entries(boxes)) work.tell("layer", { layer, box: each, done: !stack });
  if (stack) work.tell("sealed");
  if (work.unfilled && work.mode === "result") work.setMode("hole");
  work.tell("history");
}
