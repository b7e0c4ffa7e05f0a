// The divider between original and result.

import { onView, redraw, view } from "./view.js";
import { work } from "./work.js";

const divider = document.getElementById("divider");
const tags = { before: document.getElementById("tag-before"), after: document.getElementById("tag-after") };
const box = document.getElementById("compare");
let placed = false; // whether a person has moved the divider

export function showCompare() {
  const on = work.mode === "result" && box.checked && work.shown.length && !view.heat && !view.original;
  view.comparing = Boolean(on);
  divider.hidden = !on;
  tags.before.hidden = tags.after.hidden = !on;
  if (on) place();
  redraw();
}

function place() {
  if (!work.photo) return;
  const { width, height } = work.photo, stage = divider.parentElement.getBoundingClientRect();
  const x = view.x + view.divider * width * view.scale;
  const top = Math.max(0, view.y), bottom = Math.min(stage.height, view.y + height * view.scale);
  divider.style.left = `${x}px`;
  divider.style.top = `${top}px`;
  divider.style.bottom = `${stage.height - bottom}px`;
  const left = Math.max(0, view.x), right = Math.min(stage.width, view.x + width * view.scale);
  tags.before.style.left = `${left + 10}px`;
  tags.after.style.right = `${stage.width - right + 10}px`;
  for (const tag of Object.values(tags)) tag.style.top = `${top + 10}px`;
  divider.setAttribute("aria-valuenow", Math.round(100 * view.divider));
}

function set(part) {
  placed = true;
  view.divider = Math.min(1, Math.max(0, part));
  place();
  redraw();
}

divider.addEventListener("pointerdown", (event) => {
  divider.setPointerCapture(event.pointerId);
  const move = (e) => set((e.clientX - divider.parentElement.getBoundingClientRect().left - view.x) / (work.photo.width * view.scale));
  divider.onpointermove = move;
  divider.onpointerup = divider.onpointercancel = () => { divider.onpointermove = null; };
});
divider.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  set(view.divider + step);
});
box.addEventListener("change", showCompare);
onView(() => { if (!divider.hidden) place(); });
work.on("mode", showCompare);
work.on("photo", () => { placed = false; });
work.on("stack", showCompare);
work.on("version", (version) => {
  // Until somebody moves it the divider stands in the middle of what was filled.
  if (!placed) view.divider = (version.left + version.bitmap.width / 2) / work.photo.width;
  showCompare();
});
