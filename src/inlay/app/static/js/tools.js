// The tools of the rail: what a drag on the photo does in each step of the work.

import { heal } from "./engine.js";
import { icon } from "./icons.js";
import { open, unopen } from "./layers.js";
import { bucket, capsule, join, polygon, rectangle } from "./raster.js";
import { redraw, refreshLayer, view } from "./view.js";
import { ERASED, PAINTED, UNTOUCHED, work } from "./work.js";

export const TOOLS = {
  brush: { title: "Brush", key: "B", modes: ["hole", "layout"] },
  eraser: { title: "Eraser", key: "E", modes: ["hole", "layout"] },
  rectangle: { title: "Rectangle", key: "R", modes: ["hole", "layout"] },
  lasso: { title: "Lasso", key: "L", modes: ["hole", "layout"] },
  scratch: { title: "Scratch: add it, or take a piece away", key: "S", modes: ["hole"] },
  bucket: { title: "Bucket", key: "G", modes: ["layout"] },
  pick: { title: "Pick a class", key: "I", modes: ["layout"] },
  faces: { title: "Faces", key: "F", modes: ["hole", "layout"] },
  look: { title: "Look: where did it look?", key: "A", modes: ["result"] },
  hand: { title: "Move", key: "H", modes: ["hole", "layout", "result"] },
};

export const tools = {
  active: "brush",
  label: 1,              // the class that is painted
  sizes: { hole: 12, layout: 12 }, // brush radius in photo pixels
  pressure: true,
};

const rail = document.getElementById("rail");
const chosen = { hole: "brush", layout: "brush", result: "look" };
const listeners = [];
export function onTool(listener) { listeners.push(listener); }

export function choose(name) {
  if (!TOOLS[name].modes.includes(work.mode)) return;
  tools.active = chosen[work.mode] = name;
  buildRail();
  document.getElementById("canvas").dataset.tool = name;
  if (!["brush", "eraser"].includes(name)) { view.cursor = null; redraw(); }
  for (const listener of listeners) listener(name);
}

export const radius = () => tools.sizes[work.mode] ?? 12;

function buildRail() {
  const shown = Object.entries(TOOLS).filter(([, tool]) => tool.modes.includes(work.mode));
  if (rail.dataset.mode !== work.mode) {
    rail.dataset.mode = work.mode;
    rail.replaceChildren(...shown.map(([name, tool]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "tool";
      button.id = `tool-${name}`;
      button.title = `${tool.title} (${tool.key})`;
      button.setAttribute("aria-label", tool.title);
      button.setAttribute("role", "radio");
      button.append(icon(name));
      button.addEventListener("click", () => choose(name));
      return button;
    }));
  }
  for (const button of rail.querySelectorAll(".tool")) {
    const active = button.id === `tool-${tools.active}`;
    button.setAttribute("aria-checked", String(active));
    button.tabIndex = active ? 0 : -1;
  }
}

rail.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const all = [...rail.querySelectorAll(".tool")], next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  next.click();
  next.focus();
});

work.on("mode", (mode) => { if (chosen[mode]) choose(chosen[mode]); });

/** A drag begins: an object with `move` and `end`, or null if the tool answers clicks only. */
export function begin(point, { look, picked, faces, correct }) {
  const { active } = tools;
  if (active === "look") return look(point), null;
  if (active === "faces") return faces(point);
  if (active === "scratch") return correct(point), null;
  if (active === "hand" || !["hole", "layout"].includes(work.mode)) return null;
  const layer = work.mode === "hole" ? "hole" : "painted", grid = work.grid(layer);
  const across = grid.width / work.photo.width, down = grid.height / work.photo.height;
  const here = (p) => ({ x: p.x * across, y: p.y * down, r: Math.max(0.5, radius() * across * (p.weight ?? 1)) });
  const value = active === "eraser" ? (layer === "hole" ? ERASED : UNTOUCHED) : layer === "hole" ? PAINTED : tools.label;
  const cell = () => {
    const x = Math.floor(point.x * across), y = Math.floor(point.y * down);
    return x >= 0 && y >= 0 && x < grid.width && y < grid.height ? { x, y } : null;
  };
  if (active === "pick") {
    const at = cell();
    if (at) picked(work.layout()[at.y * grid.width + at.x]);
    return null;
  }
  if (active === "bucket") {
    const at = cell();
    if (at) work.edit(layer, (g) => bucket(g, work.layout(), at.x, at.y, value));
    return null;
  }
  return active === "brush" || active === "eraser" ? stroke(layer, grid, here, value, point) : outline(layer, here, value, point, active);
}

function stroke(layer, grid, here, value, start) {
  if (value === ERASED && layer === "hole" && work.sealed) return null; // there is nothing to erase
  const opened = layer === "hole" && open(work), before = grid.data.slice();
  let last = here(start), box = null;
  const draw = (next) => {
    const touched = capsule(grid, last, next, value);
    last = next;
    if (touched) {
      box = join(box, touched);
      if (layer === "hole") work.span = join(work.span, touched);
      refreshLayer(layer, touched);
    }
  };
  work.drawing = true;
  draw(last);
  return {
    move: (point) => draw(here(point)),
    end() {
      work.drawing = false;
      if (opened && !box) return unopen(work);
      work.changed(layer, box, before, opened);
      if (layer === "hole" && value === PAINTED) heal();
    },
    cancel() {
      work.drawing = false;
      grid.data.set(before);
      refreshLayer(layer);
      if (opened) unopen(work);
      else if (layer === "hole") heal();
    },
  };
}

function outline(layer, here, value, start, kind) {
  const points = [start];
  let last = start;
  const drop = () => { view.shape = null; redraw(); };
  return {
    move(point) {
      last = point;
      points.push(point);
      view.shape = kind === "lasso" ? points : [start, { x: last.x, y: start.y }, last, { x: start.x, y: last.y }];
      redraw();
    },
    end() {
      drop();
      work.edit(layer, (grid) => (kind === "lasso" ? polygon(grid, points.map(here), value) : rectangle(grid, here(start), here(last), value)));
      if (layer === "hole") heal();
    },
    cancel: drop,
  };
}
