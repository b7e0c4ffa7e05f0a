// Mouse, pen and touch on the photo: one pointer draws, two fingers zoom and move, space or the middle button moves.

import { begin, radius, tools } from "./tools.js";
import { pan, redraw, toPhoto, view, zoom } from "./view.js";
import { work } from "./work.js";

const canvas = document.getElementById("canvas");
const touches = new Map();
let drag = null, panning = null, pinch = null, spaceHeld = false, penSeen = false;

export function holdSpace(held) {
  spaceHeld = held;
  canvas.classList.toggle("moving", held);
}

export function listen(handlers) {
  canvas.addEventListener("pointerdown", (event) => down(event, handlers));
  canvas.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, up);
  canvas.addEventListener("pointerleave", () => { if (!drag) { view.cursor = null; redraw(); } });
  canvas.addEventListener("wheel", wheel, { passive: false });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
}

function pointOf(event) {
  const point = toPhoto(event.clientX, event.clientY);
  const weight = event.pointerType === "pen" && tools.pressure ? 0.3 + 0.7 * event.pressure : 1;
  return { ...point, weight, reach: (event.pointerType === "mouse" ? 10 : 22) / view.scale };
}

function down(event, handlers) {
  if (!work.photo) return;
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  if (event.pointerType === "pen") penSeen = true;
  if (event.pointerType === "touch") {
    touches.set(event.pointerId, event);
    if (touches.size === 2) return startPinch();
    if (touches.size > 2) return;
  }
  const moves = spaceHeld || event.button === 1 || tools.active === "hand" || (event.pointerType === "touch" && penSeen);
  if (moves) panning = { id: event.pointerId, x: event.clientX, y: event.clientY };
  else if (event.button === 0) {
    const started = begin(pointOf(event), handlers);
    if (started) drag = { id: event.pointerId, ...started };
  }
}

function startPinch() {
  drag?.cancel();
  drag = panning = null;
  pinch = spread();
}

function spread() {
  const [a, b] = [...touches.values()];
  return { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2, d: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1 };
}

function move(event) {
  if (!work.photo) return;
  if (touches.has(event.pointerId)) touches.set(event.pointerId, event);
  if (pinch && touches.size >= 2) {
    const now = spread();
    pan(now.x - pinch.x, now.y - pinch.y);
    zoom(now.d / pinch.d, now.x, now.y);
    pinch = now;
    return;
  }
  if (panning?.id === event.pointerId) {
    pan(event.clientX - panning.x, event.clientY - panning.y);
    panning.x = event.clientX;
    panning.y = event.clientY;
    return;
  }
  const point = pointOf(event);
  if (["brush", "eraser"].includes(tools.active) && work.mode !== "result" && !spaceHeld) {
    view.cursor = { x: point.x, y: point.y, r: radius() * (drag ? point.weight : 1) };
    redraw();
  }
  if (drag?.id === event.pointerId) {
    const between = event.getCoalescedEvents?.() ?? [];
    for (const each of between.length ? between : [event]) drag.move(pointOf(each));
  }
}

function up(event) {
  touches.delete(event.pointerId);
  if (touches.size < 2) pinch = null;
  if (panning?.id === event.pointerId) panning = null;
  if (drag?.id === event.pointerId) {
    const ended = drag;
    drag = null;
    if (event.type === "pointercancel") ended.cancel();
    else ended.end();
  }
}

function wheel(event) {
  if (!work.photo) return;
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 16 : 1;
  if (event.shiftKey) pan(-event.deltaY * unit, -event.deltaX * unit);
  else zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX, event.clientY);
}

/** The keyboard's cursor: arrows move it over the photo, X uses the tool there. */
export function nudge(dx, dy) {
  const { width, height } = work.photo, from = view.cursor ?? { x: width / 2, y: height / 2 };
  const step = Math.max(1, radius() / 2);
  view.cursor = { x: Math.min(width, Math.max(0, from.x + dx * step)), y: Math.min(height, Math.max(0, from.y + dy * step)), r: radius() };
  redraw();
}

export function applyAtCursor(handlers) {
  if (!view.cursor) nudge(0, 0);
  const at = { x: view.cursor.x, y: view.cursor.y, weight: 1 };
  begin(at, handlers)?.end();
}
