// The side panel: steps, sliders, classes, results so far.

import { fill, moreCandidates } from "./engine.js";
import { reopen } from "./layers.js";
import { context } from "./pictures.js";
import { dilate } from "./raster.js";
import { predict } from "./server.js";
import { choose, tools } from "./tools.js";
import { redraw, view } from "./view.js";
import { isHole, PAINTED, UNTOUCHED, work } from "./work.js";

const $ = (id) => document.getElementById(id);
const STEPS = ["hole", "layout", "result"];

export async function go(mode) {
  if (!work.photo) return;
  if (mode === "layout") await predict().catch(() => {});
  work.setMode(mode);
}

work.on("mode", (mode) => {
  document.body.dataset.mode = mode;
  for (const step of STEPS) {
    const tab = $(`tab-${step}`), on = step === mode;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    $(`pane-${step}`).hidden = !on;
  }
  if (mode === "layout") showClasses();
});
for (const step of STEPS) {
  const tab = $(`tab-${step}`);
  tab.addEventListener("click", () => go(step));
  tab.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = STEPS[(STEPS.indexOf(step) + by + 3) % 3];
    go(next).then(() => $(`tab-${next}`).focus());
  });
}

/** A slider with its value written beside it. */
export function slider(id, text, changed) {
  const input = $(id), output = $(`${id}-value`);
  const show = () => {
    const { min, max, value } = input;
    input.style.setProperty("--part", `${(100 * (value - min)) / (max - min)}%`);
    if (output) output.textContent = text(Number(value));
    input.setAttribute("aria-valuetext", text(Number(value)));
  };
  input.addEventListener("input", () => { show(); changed(Number(input.value)); });
  show();
  return (value) => { input.value = value; show(); };
}

// Brush sizes are parts of the photo's short side, from 0.4 to 50 percent, finer at the lower end.
const short = () => Math.min(work.photo?.width ?? 512, work.photo?.height ?? 512);
const radiusOf = (value) => (short() * 0.25 * (value / 200) ** 1.7) + 0.5;
const valueOf = (radius) => Math.round(200 * (Math.max(0, radius - 0.5) / (short() * 0.25)) ** (1 / 1.7));
const pixels = (value) => `${Math.max(1, Math.round(2 * radiusOf(value)))} px`;
const setBrush = {
  hole: slider("brush-size", pixels, (value) => { tools.sizes.hole = radiusOf(value); }),
  layout: slider("layout-brush", pixels, (value) => { tools.sizes.layout = radiusOf(value); }),
};
export function resizeBrush(by) {
  if (!setBrush[work.mode]) return;
  tools.sizes[work.mode] = radiusOf(Math.min(200, Math.max(1, valueOf(tools.sizes[work.mode]) + by)));
  setBrush[work.mode](valueOf(tools.sizes[work.mode]));
  if (view.cursor) { view.cursor.r = tools.sizes[work.mode]; redraw(); }
}
work.on("photo", () => {
  tools.sizes = { hole: short() * 0.04 + 1, layout: short() * 0.035 + 1 };
  for (const mode of ["hole", "layout"]) setBrush[mode](valueOf(tools.sizes[mode]));
  $("fact-size").textContent = `${work.photo.width} × ${work.photo.height}`;
  $("file-name").textContent = work.photo.name;
  showRatio();
  showVersions();
});

slider("layout-opacity", (v) => `${v} %`, (v) => { view.opacity = v / 100; redraw(); });
$("pressure").addEventListener("change", (event) => { tools.pressure = event.target.checked; });
$("hole-clear").addEventListener("click", () => !work.sealed && work.edit("hole", (grid) => {
  grid.data.fill(0);
  return { x0: 0, y0: 0, x1: grid.width, y1: grid.height };
}));
/** Widen the hole; one that is filled is opened again. */
export function widen() {
  if (!work.ratio) return;
  const reopened = work.sealed;
  if (reopened) reopen(work);
  const before = work.hole.data.slice();
  work.changed("hole", dilate(work.hole, Math.max(1, Math.round(short() / 100)), PAINTED, isHole), before, reopened);
}
$("hole-dilate").addEventListener("click", widen);
$("layout-reset").addEventListener("click", () => work.edit("painted", (grid) => {
  grid.data.fill(UNTOUCHED);
  return { x0: 0, y0: 0, x1: grid.width, y1: grid.height };
}));
$("candidates").addEventListener("click", () => moreCandidates().catch(() => {}));
$("fill").addEventListener("click", () => fill().catch(() => {}));

function showRatio() {
  const ratio = work.ratio, open = work.unfilled;
  $("fact-ratio").textContent = work.sealed ? "all is filled" : ratio ? `${(100 * ratio).toFixed(ratio < 0.1 ? 1 : 0)} %` : "nothing yet";
  $("hole-warning").hidden = !open || ratio <= 0.5;
  $("fill").disabled = !ratio;
}
work.on("layer", ({ layer, done }) => {
  if (!done) return;
  if (layer === "hole") showRatio();
  else {
    showClasses();
    if (work.current) fill({ quiet: true }).catch(() => {});
  }
});

/** Build the list of classes once the server has told them. */
export function buildClasses() {
  $("classes").replaceChildren(...work.labels.map((label) => {
    const button = document.createElement("button"), swatch = document.createElement("span");
    button.type = "button";
    button.className = "class";
    button.setAttribute("role", "radio");
    button.dataset.label = label.id;
    swatch.className = "swatch";
    swatch.style.background = label.color;
    button.append(swatch, label.title);
    button.addEventListener("click", () => { pickClass(label.id); if (["eraser", "pick"].includes(tools.active)) choose("brush"); });
    return button;
  }));
  pickClass(tools.label);
}

export function pickClass(id) {
  tools.label = id;
  for (const button of $("classes").children) {
    const on = Number(button.dataset.label) === id;
    button.setAttribute("aria-checked", String(on));
    button.tabIndex = on ? 0 : -1;
  }
  work.tell("class", id);
}

$("classes").addEventListener("keydown", (event) => {
  const by = { ArrowDown: 2, ArrowUp: -2, ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const id = (tools.label + by + work.labels.length) % work.labels.length;
  pickClass(id);
  $("classes").children[id].focus();
});

function showClasses() {
  const there = new Set(work.layout());
  for (const button of $("classes").children) button.classList.toggle("absent", !there.has(Number(button.dataset.label)));
}
work.on("predicted", showClasses);

work.on("sealed", showRatio);

function showVersions() {
  $("save").disabled = !work.shown.length;
  $("candidates").disabled = !work.ratio;
  document.body.dataset.versions = work.versions.length;
  document.body.dataset.layers = work.shown.length;
  if (work.mode !== "result") return $("versions").replaceChildren();
  $("versions").replaceChildren(...work.versions.map((version, i) => {
    const button = document.createElement("button"), ctx = context(160, 160), tag = document.createElement("span");
    const { width, height } = version.bitmap, side = Math.max(width, height), least = Math.min(side, work.photo.width, work.photo.height);
    const inside = (middle, whole) => Math.min(whole - least / 2, Math.max(least / 2, middle));
    const cx = inside(version.left + width / 2, work.photo.width), cy = inside(version.top + height / 2, work.photo.height);
    const scale = 160 / least, place = (left, top) => [(left - cx) * scale + 80, (top - cy) * scale + 80];
    ctx.drawImage(work.photo.bitmap, ...place(0, 0), work.photo.width * scale, work.photo.height * scale);
    for (const each of [...work.below, version]) ctx.drawImage(each.bitmap, ...place(each.left, each.top), each.bitmap.width * scale, each.bitmap.height * scale);
    button.type = "button";
    button.className = "version";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(version === work.current));
    button.setAttribute("aria-label", version.seed ? `Result ${version.name}, candidate ${version.seed}` : `Result ${version.name}`);
    tag.textContent = version.seed ? `${version.name} · ${version.seed}` : version.name;
    button.tabIndex = version === work.current ? 0 : -1;
    button.append(ctx.canvas, tag);
    button.addEventListener("click", () => { work.show(version); $("versions").children[i].focus(); });
    return button;
  }));
}
for (const event of ["version", "replaced", "stack", "mode"]) work.on(event, () => { if (work.photo) showVersions(); });
$("versions").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], count = work.versions.length;
  if (!by || !count) return;
  event.preventDefault();
  event.stopPropagation();
  const next = (work.versions.indexOf(work.current) + by + count) % count;
  work.show(work.versions[next]);
  $("versions").children[next].focus();
});

work.on("history", () => {
  $("undo").disabled = !work.history.canUndo;
  $("redo").disabled = !work.history.canRedo;
});
