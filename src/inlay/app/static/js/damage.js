// Damage that is found: laid as a part of the hole that follows a slider, taken away and added piece by piece.

import * as api from "./api.js";
import { heal } from "./engine.js";
import { slider } from "./panel.js";
import { fromDataUrl, greyOf } from "./pictures.js";
import { bucket, count } from "./raster.js";
import { sendLayers, withSession } from "./server.js";
import { during, say } from "./status.js";
import { ERASED, FOUND, isHole, PAINTED, work } from "./work.js";

const $ = (id) => document.getElementById(id);
const MOST_REACH = 32; // pixels, of the server
let wanted = null;     // the sensitivity that is asked for next
let asking = null;     // the masks that are on their way
let before = null;     // the hole as it was before the slider was moved

const setSensitivity = slider("damage-sensitivity", (value) => `${value} %`, (value) => {
  before ??= work.hole.data.slice();
  follow(value);
});
$("damage-sensitivity").addEventListener("change", async () => {
  await asking;
  const was = before;
  before = null;
  if (was && was.length === work.hole.data.length && was.some((value, i) => value !== work.hole.data[i])) work.changed("hole", whole(), was);
});
const sensitivity = () => Number($("damage-sensitivity").value) / 100;
const whole = () => ({ x0: 0, y0: 0, x1: work.hole.width, y1: work.hole.height });

async function ask() {
  const { photo } = work, answer = await withSession(async (session) => {
    await sendLayers(session, work.shown);
    return api.findDamage(session, { sensitivity: sensitivity() });
  });
  const mask = await greyOf(fromDataUrl(answer.hole));
  return photo === work.photo ? { ...answer, mask: mask.data } : null;
}

/** Lay a mask as the found part of the hole; what was painted stays, and what was erased unless it is found `anew`. */
function lay(mask, anew) {
  const { data } = work.hole;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === PAINTED) continue;
    if (mask[i] > 127) data[i] = data[i] === ERASED && !anew ? ERASED : FOUND;
    else if (data[i] === FOUND || anew) data[i] = 0;
  }
}

function tell({ pieces, share }) {
  const text = pieces ? `${pieces} ${pieces === 1 ? "piece" : "pieces"}, ${(100 * share).toFixed(1)} % of the photo.` : "No damage was found.";
  $("damage-state").textContent = text;
  $("damage-found").hidden = false;
  return text;
}

/** Find the damage of the photo and lay it as a part of the hole. */
export async function findDamage() {
  if (!work.photo) return;
  work.setMode("hole");
  const found = await during(ask(), "Looking for damage …");
  if (!found) return;
  const text = tell(found);
  if (found.pieces) {
    work.edit("hole", () => { lay(found.mask, true); return whole(); });
    say(`${text} Press Enter to fill, or correct them first.`);
  } else say(sensitivity() < 1 ? `${text} A higher sensitivity finds more.` : text, { keep: true });
  $("canvas").focus({ preventScroll: true });
}

/** Follow the slider: one mask is asked for at a time, and of those meanwhile only the last. */
function follow(value) {
  wanted = value;
  asking ??= (async () => {
    while (wanted !== null) {
      wanted = null;
      const found = await during(ask());
      if (!found) break;
      lay(found.mask, false);
      tell(found);
      work.changed("hole", whole());
    }
  })().catch(() => {}).finally(() => { asking = null; });
}

/** Take away the piece of the hole under a point, or else add the scratch that runs there. */
export async function correct(point) {
  const { hole, photo } = work, x = Math.floor(point.x), y = Math.floor(point.y);
  if (x < 0 || y < 0 || x >= hole.width || y >= hole.height) return;
  if (!work.sealed && isHole(hole.data[y * hole.width + x])) {
    work.edit("hole", (grid) => bucket(grid, grid.data.slice(), x, y, ERASED));
    return;
  }
  const reach = Math.min(MOST_REACH, Math.max(2, (point.reach ?? 10) / 2));
  const answer = await during(withSession(async (session) => {
    await sendLayers(session, work.shown);
    return api.followScratch(session, { x, y, reach });
  }), "Following the scratch …");
  if (!answer || photo !== work.photo) return;
  if (!answer.picture) return say("No scratch is seen there. Zoom in, or paint over it.");
  const piece = await greyOf(fromDataUrl(answer.picture)), { left, top } = answer;
  work.edit("hole", (grid) => {
    for (let i = 0; i < piece.data.length; i++) if (piece.data[i] > 127) grid.data[(top + Math.floor(i / piece.width)) * grid.width + left + (i % piece.width)] = PAINTED;
    return { x0: left, y0: top, x1: left + piece.width, y1: top + piece.height };
  });
  heal();
}

// What was found lies in a hole that is filled, or in one that was taken up again.
for (const event of ["sealed", "stack"]) work.on(event, () => { $("damage-found").hidden = work.sealed || !work.span || !count(work.hole, (value) => value === FOUND, work.span); });
work.on("photo", () => {
  before = wanted = null;
  $("damage-found").hidden = true;
  setSensitivity(50);
});
