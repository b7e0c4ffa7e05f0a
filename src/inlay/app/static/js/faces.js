// The faces that are filled: found by the server, or placed by hand with mouse, pen, finger or keys.


import { changed, cornersOf, frameOfBox, holds, middleOf, topOf } from "./frames.js";
import { STEM } from "./frameview.js";
import { predict } from "./server.js";
import { say } from "./status.js";
import { choose, onTool, tools } from "./tools.js";
import { redraw, toPhoto, view } from "./view.js";
import { AUTO, NONE, WHOLE, work } from "./work.js";

const MOST = 64;       // faces that the server takes
const PAUSE = 500;     // milliseconds until a changed choice is sent
const $ = (id) => document.getElementById(id);
const canvas = $("canvas");
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
let waiting = 0;

const placed = (frames) => (frames.length ? { way: "frames", frames } : NONE);

/** Whether keys belong to a face. */
export const choosing = () => tools.active === "faces" && work.frames[view.face] !== undefined;

/** Show the faces with their handles, and look for them if that was not done yet. */
export function openFaces() {
  if (!["hole", "layout"].includes(work.mode)) work.setMode("hole");
  choose("faces");
}

function select(index) {
  view.face = index;
  showFaces();
}

/** Take these frames from now on; steps with one `name` in a row are undone together. */
function take(frames, name) {
  work.chooseFaces(placed(frames), { name });
}

export const chooseNone = () => select(-1);

export function addFace() {
  const { width, height } = work.photo, box = canvas.getBoundingClientRect(), middle = toPhoto(box.left + box.width / 2, box.top + box.height / 2);
  const reach = Math.min(width, height, Math.min(box.width, box.height) / view.scale) / 5;
  add(frameOfBox({ x: middle.x - 0.8 * reach, y: middle.y - reach }, { x: middle.x + 0.8 * reach, y: middle.y + reach }));
  canvas.focus({ preventScroll: true });
}

function add(frame) {
  if (work.frames.length >= MOST) return say(`No more than ${MOST} faces can be filled.`, { problem: true });
  const frames = [...work.frames, changed(frame, work.photo, {})];
  view.face = frames.length - 1;
  take(frames);
}

export function deleteFace() {
  if (!choosing()) return;
  const frames = work.frames.filter((_, i) => i !== view.face), count = view.face + 1;
  view.face = frames.length ? Math.min(view.face, frames.length - 1) : -1;
  take(frames);
  say(`Face ${count} is no longer filled as one.`);
}

/** Change the chosen face by keys. */
function change(name, how) {
  const frames = work.frames.map((frame, i) => (i === view.face ? changed(frame, work.photo, how(frame)) : frame));
  take(frames, `${name} ${view.face}`);
  const { side, angle } = frames[view.face], { x, y } = middleOf(frames[view.face]);
  say(`Face ${view.face + 1}: at ${Math.round(x)}, ${Math.round(y)}; frame of ${Math.round(side)} px; ${Math.round((180 / Math.PI) * angle)}°`);
}
const step = (side) => Math.max(1, side / 100);
export const moveFace = (dx, dy) => change("move", ({ side }) => ({ dx: dx * step(side), dy: dy * step(side) }));
export const resizeFace = (by) => change("resize", ({ side }) => ({ side: by > 0 ? side * 1.04 : side / 1.04 }));
export const turnFace = (by) => change("turn", ({ angle }) => ({ angle: angle + (by * Math.PI) / 90 }));

const chooseWay = (framing) => { if (work.framing.way !== framing.way) work.chooseFaces(framing); };
export const treatAsPortrait = () => chooseWay(WHOLE);
export const treatAsNoFace = () => chooseWay(NONE);
const detectAgain = () => (work.framing.way === "auto" ? look() : work.chooseFaces(AUTO));
/** Fill the faces that lie mostly in the hole, too, or say that they shall not be. */
export const takeHidden = () => take([...work.frames, ...work.hidden]);
export const leaveHidden = () => take(work.frames);

/** What lies under a point: a handle of the chosen face, or a face. */
function under(point) {
  const { frames } = work, chosen = frames[view.face], reach = point.reach ?? 10 / view.scale;
  if (chosen) {
    if (distance(point, topOf(chosen, STEM / view.scale)) <= reach) return { index: view.face, kind: "turn" };
    // On a small face the handles leave room to take hold of it.
    const near = holds(chosen, point) ? Math.min(reach, 0.2 * chosen.side) : reach;
    if (cornersOf(chosen).some((corner) => distance(point, corner) <= near)) return { index: view.face, kind: "size" };
    if (holds(chosen, point)) return { index: view.face, kind: "move" };
  }
  const [index] = [...frames.keys()].filter((i) => holds(frames[i], point)).sort((i, j) => frames[i].side - frames[j].side);
  return index === undefined ? null : { index, kind: "move" };
}

const DRAGS = {
  move: (frame, from, to) => ({ dx: to.x - from.x, dy: to.y - from.y }),
  size: (frame, from, to) => ({ side: (frame.side * distance(to, middleOf(frame))) / distance(from, middleOf(frame)) }),
  turn: (frame, from, to) => {
    const { x, y } = middleOf(frame);
    return { angle: frame.angle + Math.atan2(to.y - y, to.x - x) - Math.atan2(from.y - y, from.x - x) };
  },
};

/** A drag on the photo begins: an object with `move`, `end` and `cancel`. */
export function beginFace(start) {
  const hit = under(start);
  if (!hit) return drawn(start);
  const before = work.framing, frames = work.frames;
  select(hit.index);
  let moved = false;
  return {
    move(point) {
      if (!moved && distance(start, point) * view.scale < 3) return;
      moved = true;
      const next = changed(frames[hit.index], work.photo, DRAGS[hit.kind](frames[hit.index], start, point));
      work.framing = placed(frames.map((frame, i) => (i === hit.index ? next : frame)));
      redraw();
    },
    end() { if (moved) work.chooseFaces(work.framing, { before }); },
    cancel() { work.framing = before; redraw(); },
  };
}

/** A new face: a box from forehead to chin. */
function drawn(start) {
  let last = start;
  const drop = () => { view.shape = null; redraw(); };
  return {
    move(point) {
      last = point;
      view.shape = [start, { x: last.x, y: start.y }, last, { x: start.x, y: last.y }];
      redraw();
    },
    end() {
      drop();
      const across = Math.min(Math.abs(last.x - start.x), Math.abs(last.y - start.y));
      if (across >= 4 && across * view.scale >= 8) add(frameOfBox(start, last));
      else select(-1);
    },
    cancel: drop,
  };
}

const STATES = { filled: "with hole", apart: "", hidden: "" };

/** What was found or chosen, in a line. */
function stateOf() {
  const { framing, frames, hidden } = work, count = frames.length === 1 ? "1 face" : `${frames.length} faces`;
  if (framing.way === "whole" || work.forced) return "The whole photo is treated as one portrait.";
  if (framing.way === "none") return "No faces: the hole is filled from what lies around it.";
  if (framing.way === "frames") return `${count}, filled as placed here.`;
  if (!work.answered) return "Looking for faces …";
  if (work.isPortrait) return "The photo is one portrait.";
  if (hidden.length) return frames.length ? `${count} found, and ${hidden.length} more mostly in the hole.` : `${hidden.length === 1 ? "1 face" : `${hidden.length} faces`} found, mostly in the hole.`;
  return frames.length ? `${count} found.` : "No face was found.";
}

function showFaces() {
  const { frames, framing } = work;
  if (!frames[view.face]) view.face = -1;
  $("faces-state").textContent = stateOf();
  $("face-list").replaceChildren(...frames.map((frame, i) => {
    const button = document.createElement("button"), state = document.createElement("span");
    button.type = "button";
    button.className = "face";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(i === view.face));
    button.tabIndex = i === Math.max(0, view.face) ? 0 : -1;
    state.textContent = STATES[frame.state] ?? "";
    button.append(`Face ${i + 1}`, state);
    button.addEventListener("click", () => { select(i); $("face-list").children[i].focus(); });
    return button;
  }));
  $("face-list").hidden = !frames.length;
  $("face-delete").disabled = !frames[view.face];
  $("face-detect").disabled = framing.way === "auto" && work.answered;
  for (const [id, way] of [["face-whole", "whole"], ["face-none", "none"]]) $(id).setAttribute("aria-pressed", String(framing.way === way));
  document.body.dataset.faces = frames.length;
  redraw();
}

$("face-list").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], count = work.frames.length;
  if (!by || !count) return;
  event.preventDefault();
  event.stopPropagation();
  select((view.face + by + count) % count);
  $("face-list").children[view.face].focus();
});
for (const [id, task] of Object.entries({ "face-add": addFace, "face-delete": deleteFace, "face-detect": detectAgain, "face-whole": treatAsPortrait, "face-none": treatAsNoFace })) $(id).addEventListener("click", task);
$("faces-shown").addEventListener("change", (event) => { view.facesShown = event.target.checked; redraw(); });

canvas.addEventListener("pointermove", (event) => {
  if (tools.active !== "faces" || event.buttons || !work.photo) return;
  canvas.style.cursor = { turn: "grab", size: "nwse-resize", move: "move" }[under(toPhoto(event.clientX, event.clientY))?.kind] ?? "crosshair";
});

const look = () => { if (work.photo) predict().catch(() => {}); };
onTool((name) => {
  const on = name === "faces";
  view.facesEdited = on;
  canvas.style.cursor = "";
  document.body.dataset.tool = name;
  $("faces").hidden = !on;
  if (on) look();
  showFaces();
});
work.on("framing", () => {
  showFaces();
  clearTimeout(waiting);
  // What is found, and the layout, are shown; frames that were placed are sent with the next fill.
  if (tools.active === "faces" && (work.framing.way === "auto" || work.mode === "layout")) waiting = setTimeout(look, PAUSE);
});
work.on("predicted", showFaces);
work.on("photo", () => {
  clearTimeout(waiting);
  select(-1);
  if (tools.active === "faces") look();
});
