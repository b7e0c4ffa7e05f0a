// The canvas: photo, result, layers and cursor, under one zoom and pan.

import { drawFaces, drawSquares } from "./frameview.js";
import { drawPicture, refreshPicture } from "./picture.js";
import { context } from "./pictures.js";
import { FOUND, isHole, UNTOUCHED, work } from "./work.js";

const HOLE = [47, 107, 255, 132], DAMAGE = [199, 44, 214, 140];
const canvas = document.getElementById("canvas");
const stage = document.getElementById("stage");
const ctx = canvas.getContext("2d");

export const view = {
  scale: 1, x: 0, y: 0,      // a photo pixel p is drawn at p * scale + (x, y), in CSS pixels
  palette: [],               // [r, g, b] a class
  opacity: 0.55,             // of the layout
  divider: 0.5,              // part of the photo's width that shows the original
  comparing: false,
  original: false,           // a key is held that shows the original
  cursor: null,              // {x, y, r} in photo pixels
  shape: null,               // a path that is being drawn, in photo pixels
  face: -1,                  // the chosen face: its place among the frames
  facesEdited: false,        // whether the tool for faces is chosen
  facesShown: false,         // whether faces are shown with other tools, too
  heat: null,                // {canvas, x, y}: where the model looked for a pixel
};

let holeLayer = null, outlineLayer = null, layoutLayer = null, asked = false, fitted = true;
const listeners = [];

/** Called after each change of zoom or pan, and with the stage's size. */
export function onView(listener) { listeners.push(listener); }

export function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; draw(); });
}

export function toPhoto(clientX, clientY) {
  const box = canvas.getBoundingClientRect();
  return { x: (clientX - box.left - view.x) / view.scale, y: (clientY - box.top - view.y) / view.scale };
}

export function fit() {
  if (!work.photo) return;
  const { width, height } = work.photo, box = stage.getBoundingClientRect(), margin = Math.min(48, box.width / 14);
  view.scale = Math.min((box.width - 2 * margin) / width, (box.height - 2 * margin) / height);
  view.x = (box.width - width * view.scale) / 2;
  view.y = (box.height - height * view.scale) / 2;
  fitted = true;
  moved();
}

/** Zoom by a factor around a point of the page; the middle of the stage by default. */
export function zoom(factor, clientX, clientY) {
  const box = canvas.getBoundingClientRect();
  const px = (clientX ?? box.left + box.width / 2) - box.left, py = (clientY ?? box.top + box.height / 2) - box.top;
  const scale = Math.min(64, Math.max(0.02, view.scale * factor)), by = scale / view.scale;
  view.x = px - (px - view.x) * by;
  view.y = py - (py - view.y) * by;
  view.scale = scale;
  fitted = false;
  moved();
}

export function pan(dx, dy) {
  view.x += dx;
  view.y += dy;
  fitted = false;
  moved();
}

function moved() {
  for (const listener of listeners) listener(view);
  redraw();
}

function resize() {
  const box = stage.getBoundingClientRect(), ratio = devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(box.width * ratio));
  canvas.height = Math.max(1, Math.round(box.height * ratio));
}

let sized = null;
new ResizeObserver(() => {
  const box = stage.getBoundingClientRect();
  resize();
  if (sized && work.photo && !fitted) { view.x += (box.width - sized.width) / 2; view.y += (box.height - sized.height) / 2; }
  sized = box;
  if (fitted && work.photo) fit();
  else moved();
}).observe(stage);

function paintLayer(layer, grid, box, color) {
  const width = box.x1 - box.x0, height = box.y1 - box.y0, image = layer.createImageData(width, height);
  let at = 0;
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++, at += 4) {
      const c = color(y * grid.width + x);
      if (c) { image.data[at] = c[0]; image.data[at + 1] = c[1]; image.data[at + 2] = c[2]; image.data[at + 3] = c[3] ?? 255; }
    }
  }
  layer.putImageData(image, box.x0, box.y0);
}

export function refreshLayer(layer, box) {
  const grid = work.grid(layer), whole = { x0: 0, y0: 0, x1: grid.width, y1: grid.height };
  if (layer === "hole") paintLayer(holeLayer, grid, box ?? whole, (i) => (isHole(grid.data[i]) ? (grid.data[i] === FOUND ? DAMAGE : HOLE) : null));
  else {
    const color = (i) => (grid.data[i] !== UNTOUCHED ? view.palette[grid.data[i]] : work.predicted ? view.palette[work.predicted[i]] : null);
    paintLayer(layoutLayer, grid, box ?? whole, color);
  }
  redraw();
}

work.on("photo", () => {
  holeLayer = context(work.hole.width, work.hole.height);
  outlineLayer = null;
  layoutLayer = context(work.painted.width, work.painted.height);
  view.heat = view.shape = view.cursor = null;
  view.divider = 0.5;
  fit();
});
work.on("layer", ({ layer, box }) => {
  if (layer === "hole") outlineLayer = null;
  refreshLayer(layer, box);
});
work.on("predicted", () => refreshLayer("painted"));
for (const event of ["version", "replaced", "stack"]) work.on(event, () => { refreshPicture(); redraw(); });
work.on("mode", () => { view.heat = view.shape = null; redraw(); });

function draw() {
  const ratio = devicePixelRatio || 1;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  if (!work.photo) return;
  const { width, height } = work.photo;
  ctx.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
  ctx.imageSmoothingEnabled = view.scale < 8;
  ctx.imageSmoothingQuality = "high";
  ctx.shadowColor = "rgb(0 0 0 / .22)";
  ctx.shadowBlur = 18 * ratio;
  ctx.fillStyle = "#fff";
  ctx.fillRect(0, 0, width, height);
  ctx.shadowColor = "transparent";
  const compared = view.comparing && work.mode === "result" && !view.heat;
  drawPicture(ctx, view.original ? 0 : compared ? 1 - view.divider : 1);
  if (work.mode === "layout" && layoutLayer && !view.original) {
    ctx.globalAlpha = view.opacity;
    ctx.drawImage(layoutLayer.canvas, 0, 0, width, height);
    ctx.globalAlpha = 1;
    ctx.drawImage(rim().canvas, 0, 0);
    if (!view.facesEdited) drawSquares(ctx, view.scale, touched());
  }
  if (work.mode === "hole" && !work.sealed && !view.original) drawHole();
  if (view.heat && !view.original) drawHeat(width, height);
  if (!view.original && (view.facesEdited || view.facesShown)) drawFaces(ctx, view.scale, { frames: work.frames, hidden: work.hidden, chosen: view.facesEdited ? view.face : -1 });
  if (view.shape) drawShape();
  if (view.cursor) drawCursor();
}

/** The part of the hole's layer where anything is. */
function drawHole() {
  const { x0, y0, x1, y1 } = work.span ?? {};
  if (x1 > x0) ctx.drawImage(holeLayer.canvas, x0, y0, x1 - x0, y1 - y0, x0, y0, x1 - x0, y1 - y0);
}

/** The hole's rim, about 1.5 pixels of the screen wide at the usual zoom: white, and dark outside of that. */
function rim() {
  if (outlineLayer) return outlineLayer;
  const { width, height } = work.hole, reach = Math.max(0.6, Math.min(width, height) / 500);
  outlineLayer = context(width, height);
  const ring = (r, color) => {
    const layer = context(width, height);
    for (let k = 0; k < 12; k++) layer.drawImage(holeLayer.canvas, r * Math.cos((k * Math.PI) / 6), r * Math.sin((k * Math.PI) / 6));
    for (let k = 0; k < 4; k++) layer.drawImage(layer.canvas, 0, 0); // makes the translucent hole opaque
    layer.globalCompositeOperation = "source-in";
    layer.fillStyle = color;
    layer.fillRect(0, 0, width, height);
    outlineLayer.drawImage(layer.canvas, 0, 0);
  };
  ring(2 * reach, "rgb(20 30 60 / .55)");
  ring(reach, "#fff");
  outlineLayer.globalCompositeOperation = "destination-out";
  for (let k = 0; k < 5; k++) outlineLayer.drawImage(holeLayer.canvas, 0, 0);
  return outlineLayer;
}

function drawHeat(width, height) {
  ctx.fillStyle = "rgb(12 14 22 / .35)";
  ctx.fillRect(0, 0, width, height);
  ctx.drawImage(view.heat.canvas, 0, 0, width, height);
  ctx.drawImage(rim().canvas, 0, 0);
  const r = 7 / view.scale, { x, y } = view.heat;
  ctx.beginPath();
  ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath();
  ctx.fillStyle = "#000";
  ctx.fill();
  line("#fff", 2);
}

function line(color, width, dash = []) {
  ctx.strokeStyle = color;
  ctx.lineWidth = width / view.scale;
  ctx.setLineDash(dash.map((d) => d / view.scale));
  ctx.stroke();
  ctx.setLineDash([]);
}

/** The faces that have a layout: those that the hole touches, or all where there is none. */
function touched() {
  const { frames } = work, filled = frames.filter(({ state }) => state === "filled");
  return filled.length ? filled : frames;
}

function drawShape() {
  ctx.beginPath();
  view.shape.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
  ctx.closePath();
  ctx.fillStyle = "rgb(47 107 255 / .22)";
  ctx.fill();
  line("#fff", 2.5);
  line("#2853c4", 1.5, [5, 4]);
}

function drawCursor() {
  const { x, y, r } = view.cursor;
  ctx.beginPath();
  ctx.arc(x, y, Math.max(r, 2 / view.scale), 0, 2 * Math.PI);
  line("rgb(0 0 0 / .55)", 2.5);
  line("#fff", 1.2);
}
