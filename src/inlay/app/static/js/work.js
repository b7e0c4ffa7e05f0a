// The open photo and everything made of it. Others listen: `work.on(name, listener)`.

import { History } from "./history.js";
import { open, unopen, UNTOUCHED } from "./layers.js";
import { count, extent, join } from "./raster.js";

export { UNTOUCHED };

// In `hole`: painted by hand, laid by Find damage, and erased by hand, where Find damage lays nothing.
export const PAINTED = 255, FOUND = 254, ERASED = 1;
export const isHole = (value) => value > 127;
/** The hole as others know it: 255 in it, else 0. */
export const solid = (value) => (isHole(value) ? 255 : 0);

// Which faces are filled: those that are found, none, one portrait, or {way: "frames", frames} as they are.
export const AUTO = { way: "auto" }, WHOLE = { way: "whole" }, NONE = { way: "none" };
const NOTHING = { faces: [], is_portrait: false, notes: [] };

class Work extends EventTarget {
  photo = null;      // {blob, name, bitmap, width, height}
  hole = null;       // grid at the photo's size: 0, PAINTED, FOUND or ERASED
  painted = null;    // grid at the layout's size: the classes painted by hand, else UNTOUCHED
  predicted = null;  // bytes at the layout's size: what the shown seed draws
  likeliest = null;  // the same for seed 0: the server tells by it what was painted
  seed = 0;          // of the shown version
  framing = AUTO;    // which faces are filled
  answer = NOTHING;  // the server's: faces {x, y, side, angle, state}, whether the photo is one portrait, notes
  answered = false;  // whether that answer belongs to this choice of faces
  forced = false;    // whether the photo is one portrait because of a painted layout
  session = null;
  history = new History();
  span = null;       // a box around all cells of the hole that are not 0
  below = [];        // earlier fills, on which this one lies: versions, one on the other
  versions = [];     // results for this hole: {left, top, blob, bitmap, seed, quick, ...}
  current = null;    // the version that is shown
  sealed = false;    // whether this hole is filled: then the next stroke begins another one
  drawing = false;   // whether a stroke is being drawn
  healing = false;   // whether a stroke is about to be filled
  holeSent = false;  // whether the server has this hole
  holes = 0;         // how often the hole was changed, or became another photo's
  changes = 0;       // how often hole or layout was changed
  kept = 0;          // how often when result or project were last saved
  keptVersion = null; // the version that was shown then
  fresh = false;     // whether the shown version belongs to this hole and layout
  styles = new Map(); // class id -> {source, amount}; a source is another photo: {name, blob}
  mode = "empty";

  on(name, listener) { this.addEventListener(name, (event) => listener(event.detail)); }
  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  setPhoto(photo, grid) {
    this.photo?.bitmap.close();
    this.photo = photo;
    this.hole = { width: photo.width, height: photo.height, data: new Uint8Array(photo.width * photo.height) };
    this.painted = { width: grid.width, height: grid.height, data: new Uint8Array(grid.width * grid.height).fill(UNTOUCHED) };
    this.predicted = this.likeliest = null;
    this.framing = AUTO;
    this.forgetFaces();
    this.history = new History();
    this.span = null;
    this.below = [];
    this.versions = [];
    this.styles = new Map();
    this.current = this.keptVersion = null;
    this.fresh = this.sealed = this.drawing = this.healing = false;
    this.kept = this.changes;
    this.holeChanged();
    this.tell("photo");
    this.setMode("hole");
    this.tell("history");
  }

  setMode(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.tell("mode", mode);
  }

  grid(layer) { return layer === "hole" ? this.hole : this.painted; }

  /** What is seen: all fills, one on the other. */
  get shown() { return this.current ? [...this.below, this.current] : this.below; }
  /** Whether something is painted that is not filled. */
  get unfilled() { return !this.sealed && this.ratio > 0; }

  /** A layer's data was changed in a box; with `before` the change can be undone, with the step before if joined. */
  changed(layer, box, before, joined = false) {
    if (!box) return;
    if (layer === "hole") this.spread(box);
    if (before) {
      this.history.record(layer, this.grid(layer), before, box, joined || (layer === "hole" && this.healing));
      this.tell("history");
    }
    if (layer === "hole") this.holeChanged();
    this.fresh = false;
    this.changes++;
    this.tell("layer", { layer, box, done: Boolean(before) });
  }

  /** Fill these faces from now on. An undo goes back to `before`; steps of one name in a row are undone together. */
  chooseFaces(framing, { before = this.framing, name } = {}) {
    this.history.remember("framing", before, framing, { name });
    this.framing = framing;
    this.framingChanged();
    this.tell("history");
  }

  framingChanged() {
    this.forgetFaces();
    this.holeChanged();
    this.fresh = false;
    this.changes++;
    this.tell("framing");
  }

  forgetFaces() {
    this.answer = NOTHING;
    this.answered = this.forced = false;
  }

  /** The faces that are filled if the hole touches them, as far as they are known. */
  get frames() {
    if (this.framing.way === "frames") return this.framing.frames.map((frame, i) => ({ ...frame, state: this.answer.faces[i]?.state }));
    return this.framing.way === "auto" ? this.answer.faces.filter(({ state }) => state !== "hidden") : [];
  }

  get hidden() { return this.framing.way === "auto" ? this.answer.faces.filter(({ state }) => state === "hidden") : []; }
  get isPortrait() { return this.answer.is_portrait; }
  get notes() { return this.answer.notes; }
  get noFace() { return this.answered && this.framing.way === "auto" && !this.isPortrait && !this.frames.length; }

  /** The hole was changed in a box. */
  spread(box) {
    const { width, height } = this.hole, whole = box.x1 - box.x0 === width && box.y1 - box.y0 === height;
    this.span = whole ? extent(this.hole, (value) => value > 0) : join(this.span, box);
  }

  holeChanged() {
    this.holeSent = false;
    this.holes++;
    this.seed = 0;
  }

  /** Change a layer by a function that returns the box it touched. */
  edit(layer, change) {
    const opened = layer === "hole" && open(this), grid = this.grid(layer), before = grid.data.slice(), box = change(grid);
    if (opened && !box) unopen(this);
    else this.changed(layer, box, before, opened);
  }

  /** The layout that holds: painted classes over predicted ones. */
  layout() {
    return this.paintedOver(this.predicted);
  }

  /** Painted classes over others. */
  paintedOver(classes) {
    const { data } = this.painted;
    const layout = classes ? classes.slice() : new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) if (data[i] !== UNTOUCHED) layout[i] = data[i];
    return layout;
  }

  /** The styles of other photos that are asked for: {label, source, amount}. */
  wishes() {
    return [...this.styles].map(([label, wish]) => ({ label, ...wish }));
  }

  saved() {
    this.kept = this.changes;
    this.keptVersion = this.current;
  }

  get unsaved() { return this.history.canUndo && (this.changes !== this.kept || this.current !== this.keptVersion); }
  get repainted() { return this.painted?.data.some((v) => v !== UNTOUCHED) ?? false; }
  get ratio() { return this.span ? count(this.hole, isHole, this.span) / this.hole.data.length : 0; }

  show(version) {
    this.current = version;
    this.seed = version.seed ?? 0;
    if (this.likeliest) this.predicted = version.predicted ?? this.likeliest;
    this.tell("version", version);
    this.tell("predicted");
  }
}

export const work = new Work();
