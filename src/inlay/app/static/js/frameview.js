// How faces are drawn on the photo: the face's box, and for the chosen one its handles.

import { cornersOf, EYES, middleOf, MOUTH, pointAt, squareOf, topOf } from "./frames.js";

export const STEM = 26; // pixels of the screen from the box to the handle that turns it
const ACCENT = "#2853c4", DARK = "rgb(0 0 0 / .6)", AMBER = "#ffc247";

/** A pen for a canvas that shows photo pixels `scale` times as large. */
function penOf(ctx, scale) {
  const path = (points, closed = true) => {
    ctx.beginPath();
    points.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
    if (closed) ctx.closePath();
  };
  const stroke = (color, width, dash = []) => {
    ctx.strokeStyle = color;
    ctx.lineWidth = width / scale;
    ctx.setLineDash(dash.map((d) => d / scale));
    ctx.stroke();
    ctx.setLineDash([]);
  };
  const dot = ({ x, y }, r, color, edge) => {
    ctx.beginPath();
    ctx.arc(x, y, r / scale, 0, 2 * Math.PI);
    ctx.fillStyle = color;
    ctx.fill();
    if (edge) stroke(edge, 2);
  };
  return { path, stroke, dot };
}

/** The squares in which faces were found: outside of them the layout is not told. */
export function drawSquares(ctx, scale, frames) {
  const { path, stroke } = penOf(ctx, scale);
  for (const frame of frames) {
    path(squareOf(frame));
    stroke("rgb(0 0 0 / .55)", 2.5);
    stroke("#fff", 1.2, [6, 5]);
  }
}

/** The faces by their boxes, each with its number; `chosen` has handles, `hidden` ones are dashed. */
export function drawFaces(ctx, scale, { frames, hidden, chosen }) {
  const pen = penOf(ctx, scale);
  for (const frame of hidden) {
    pen.path(cornersOf(frame));
    pen.stroke(DARK, 4);
    pen.stroke(AMBER, 2, [4, 4]);
  }
  frames.forEach((frame, i) => {
    if (i === chosen) return;
    pen.path(cornersOf(frame));
    pen.stroke(DARK, 4);
    pen.stroke("#fff", 2);
    number(ctx, scale, frame, i + 1, DARK);
  });
  if (frames[chosen]) drawChosen(ctx, scale, pen, frames[chosen], chosen + 1);
}

function drawChosen(ctx, scale, { path, stroke, dot }, frame, count) {
  path(squareOf(frame));
  stroke("rgb(0 0 0 / .4)", 2);
  stroke("rgb(255 255 255 / .8)", 1, [3, 5]);
  const corners = cornersOf(frame), top = topOf(frame), knob = topOf(frame, STEM / scale);
  path([top, knob], false);
  stroke("#fff", 4);
  stroke(ACCENT, 2);
  path(corners);
  stroke("#fff", 5);
  stroke(ACCENT, 2.5);
  if (frame.side * scale > 90) {
    // Where portraits have eyes and mouth: they help to put the frame right.
    for (const place of EYES) dot(pointAt(frame, place), 3, "rgb(255 255 255 / .9)", ACCENT);
    path(MOUTH.map((place) => pointAt(frame, place)), false);
    stroke("#fff", 4);
    stroke(ACCENT, 2);
  }
  for (const corner of corners) dot(corner, 6, "#fff", ACCENT);
  dot(knob, 8, "#fff", ACCENT);
  number(ctx, scale, frame, count, ACCENT);
}

/** A face's number, below its chin. */
function number(ctx, scale, frame, count, color) {
  const { x } = middleOf(frame), corners = cornersOf(frame), y = Math.max(...corners.map((p) => p.y)) + 13 / scale;
  ctx.beginPath();
  ctx.arc(x, y, 9 / scale, 0, 2 * Math.PI);
  ctx.fillStyle = color;
  ctx.fill();
  ctx.fillStyle = "#fff";
  ctx.font = `600 ${12 / scale}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(count, x, y);
}
