// From hole and layout to a result: explicit fills, fills that follow each stroke, and candidates.

import * as api from "./api.js";
import { seal } from "./layers.js";
import { fromDataUrl, greyOf, pixelsOf } from "./pictures.js";
import { count } from "./raster.js";
import { drawAgain, drawnHole, layoutText, sendChangedHole, stylesOf, withSession } from "./server.js";
import { during, say } from "./status.js";
import { FOUND, work } from "./work.js";

const MOST_VERSIONS = 24;
const SMALL = 127 * 127;   // pixels: larger portraits are drawn by two models, and while somebody paints by one
const PAUSE = 900;         // milliseconds
const MOST_HEALED = 0.05;  // of the photo: a larger hole waits until it is to be filled
let finishing = 0;
let stopping = null;       // ends the fill that is under way
let healing = Promise.resolve(), strokes = 0;
const large = () => work.photo.width * work.photo.height > SMALL;

/** Fill once; whether the result was taken: it is not where the hole was changed meanwhile. */
async function fillOnce(signal, { quick = false, seed = work.seed, joined = false } = {}) {
  const { hole, changes, current } = work, started = performance.now();
  let holes, recipe;
  const answer = await withSession(async (session) => {
    if (hole !== work.hole) return null;
    await sendChangedHole(signal);
    holes = work.holes;
    recipe = { hole: drawnHole(), layout: await layoutText(), wishes: work.wishes(), seed };
    return api.fill(session, { layout: recipe.layout, styles: await stylesOf(session, recipe.wishes), quick, seed }, signal);
  });
  if (!answer || hole !== work.hole) return false; // another photo was opened meanwhile
  const version = { ...(await versionOf(answer)), quick, seed, recipe };
  if (holes !== work.holes || (work.drawing && !work.sealed)) {
    if (work.below.includes(current)) replace(current, version); // the next layer was begun meanwhile
    return false;
  }
  if (work.current?.quick && work.current === work.versions.at(-1)) work.versions.pop();
  addVersion(version, "", joined);
  work.fresh = changes === work.changes; // painted on meanwhile, it shows an older state
  document.body.dataset.fillMs = Math.round(performance.now() - started);
  document.body.dataset.sketch = quick; // the whole fill is still to come
  return true;
}

export async function versionOf({ left, top, picture, layout, seed = 0 }) {
  const blob = fromDataUrl(picture), predicted = layout ? (await greyOf(fromDataUrl(layout))).data : null;
  return { left, top, blob, seed, predicted, bitmap: await createImageBitmap(blob) };
}

export function addVersion(version, name = "", joined = false) {
  seal(work, joined);
  version.name = name || String(1 + (work.versions.at(-1)?.number ?? 0));
  version.number = 1 + (work.versions.at(-1)?.number ?? 0);
  work.versions.push(version);
  if (work.versions.length > MOST_VERSIONS) work.versions.shift();
  work.fresh = true;
  work.show(version);
}

function replace(version, { left, top, blob, bitmap, predicted, quick }) {
  Object.assign(version, { left, top, blob, bitmap, predicted, quick });
  work.tell("replaced", version);
}

/** Fill a sketch whole, in its place, whatever lies on it now. */
export async function finishOn(session, version) {
  const { hole, layout, wishes, seed } = version.recipe;
  await drawAgain(session, hole);
  const answer = await api.fill(session, { layout, styles: await stylesOf(session, wishes), seed });
  replace(version, { ...(await versionOf(answer)), quick: false });
  document.body.dataset.sketch = false;
}

const finish = (version) => withSession(async (session) => { if (version.quick) await finishOn(session, version); });

/** Have no sketch and no stroke that is being healed in the picture as it is. */
export async function settle() {
  await healing;
  clearTimeout(finishing);
  for (const version of work.shown) await finish(version);
}

const notDrawing = async () => { while (work.drawing) await new Promise((done) => setTimeout(done, 30)); };

/** Fill; a fill that is under way for an older state is given up. */
export async function fill({ quiet = false } = {}) {
  if (!work.photo) return;
  const { photo } = work;
  if (!work.ratio) {
    say(work.sealed || work.below.length ? "All is filled. Paint what else is to be filled." : "Paint what is to be filled first.");
    work.setMode("hole");
    return;
  }
  stopping?.abort();
  const mine = (stopping = new AbortController()), given = () => mine.signal.aborted || photo !== work.photo;
  clearTimeout(finishing);
  // While somebody paints, a fill without the finest detail comes first; the whole one follows in a pause.
  const quick = quiet && large();
  await during((async () => {
    while (!(await fillOnce(mine.signal, { quick })) && !given() && !quiet) await notDrawing();
  })(), quiet ? "" : "Filling …");
  if (given()) return;
  const { current } = work;
  if (current?.quick) finishing = setTimeout(() => during(finish(current)).catch(() => {}), PAUSE);
  if (!quiet && work.fresh) {
    work.setMode("result");
    say("Filled. Drag the divider to compare.");
  }
}

/** After a stroke: fill a small hole at once, so that the next stroke starts from the picture as it is. */
export function heal() {
  const { photo } = work, share = work.ratio;
  if (!document.getElementById("heal").checked || !share || share > MOST_HEALED || work.sealed || count(work.hole, (value) => value === FOUND, work.span)) return;
  const mine = ++strokes, started = performance.now();
  work.healing = true;
  healing = healing.then(async () => {
    if (mine !== strokes || photo !== work.photo || work.sealed || work.drawing || !work.healing || !work.ratio) return;
    if (!(await during(fillOnce(undefined, { quick: large(), joined: true })))) return;
    document.body.dataset.healMs = Math.round(performance.now() - started);
    const { current } = work;
    if (current.quick) await during(finish(current));
    document.body.dataset.wholeMs = Math.round(performance.now() - started);
  }).catch(() => {}).finally(() => { if (mine === strokes) work.healing = false; });
}

const CANDIDATES = 3;
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

/** Further results for the same hole and layout: each seed draws another plausible layout where nobody painted. */
export async function moreCandidates() {
  if (!work.current) await fill();
  if (!work.current) return;
  stopping?.abort();
  const mine = (stopping = new AbortController()), hole = work.hole;
  clearTimeout(finishing);
  await during((async () => {
    const { changes, current } = work, seen = Math.max(0, ...work.versions.map((version) => version.seed)), drawn = [];
    for (let seed = seen + 1; seed <= seen + CANDIDATES && hole === work.hole && changes === work.changes; seed++) {
      if (await fillOnce(mine.signal, { seed })) drawn.push(work.versions.at(-1));
    }
    if (!drawn.length || changes !== work.changes) return;
    const first = await pixelsOf(current.blob), alike = await Promise.all(drawn.map(async ({ blob }) => same(first.data, (await pixelsOf(blob)).data)));
    work.show(drawn[0]);
    say(alike.every(Boolean) ? "The candidates are all alike: the layout is sure in the hole, or painted." : "Candidates: other layouts that are plausible too. Choose one.");
  })(), "Drawing candidates …");
}
