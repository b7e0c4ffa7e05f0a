// From hole and layout to a result: asks the server for no more than what has changed.

import * as api from "./api.js";
import { fromDataUrl, greyOf, greyPng, pixelsOf } from "./pictures.js";
import { during, say } from "./status.js";
import { isHole, solid, work } from "./work.js";

const MOST_VERSIONS = 24;
const SMALL = 127 * 127; // pixels: larger portraits are drawn by two models, and while somebody paints by one
const PAUSE = 900;     // milliseconds
let finishing = 0;
let stopping = null; // ends the fill that is under way

/** Work on what lies on the server's table under this name from now on. */
export function useSession(session) {
  if (work.session) api.closePhoto(work.session);
  work.session = session;
  work.holeSent = false;
}

/** Send the photo that is open once more; if another one was opened meanwhile, that one's session stays. */
async function sendPhoto() {
  const { photo } = work, { session } = await api.openPhoto(photo.blob);
  if (photo === work.photo) useSession(session);
  else api.closePhoto(session);
}

/** Run a request; where the server has cleared the photo away, send it again and repeat once. */
export async function withSession(request) {
  try {
    return await request(work.session);
  } catch (error) {
    if (error.status !== 404 || !work.photo) throw error;
    await sendPhoto();
    await sendHole();
    return request(work.session);
  }
}

/** Send the hole until the server has the one that is painted now: strokes go on while it is read. */
async function sendHole(signal) {
  for (;;) {
    const { holes, session } = work, faces = facesQuery(), png = await greyPng(work.hole, solid);
    const answer = await api.drawHole(session, png, faces, signal), layout = await greyOf(fromDataUrl(answer.layout));
    if (holes !== work.holes || session !== work.session) continue;
    work.predicted = work.likeliest = layout.data;
    work.answer = answer;
    work.answered = work.holeSent = true;
    work.tell("predicted");
    return;
  }
}

/** Which faces are to be filled, as the server takes it. */
function facesQuery() {
  const { way, frames } = work.framing;
  if (way === "auto" && !work.forced) return "";
  if (way !== "frames") return `?faces=${work.forced ? "whole" : way}`;
  return `?${new URLSearchParams(frames.map(({ x, y, side, angle }) => ["face", `${x},${y},${side},${angle}`]))}`;
}

/** Let the server have the hole that is painted now, and the faces that are chosen. */
export async function sendChangedHole(signal) {
  if (!work.holeSent) await sendHole(signal);
  // Under a painted layout a photo without a face is one portrait: nothing else would follow the layout.
  const forced = work.repainted && (work.forced || work.noFace);
  if (forced === work.forced) return;
  work.forced = forced;
  await sendHole(signal);
}

/** Have a predicted layout for the hole as it is; without a hole, of the photo as it is. */
export async function predict() {
  if (!work.holeSent) await during(withSession(() => sendChangedHole()), "Reading the face …");
}

export async function layoutText() {
  if (!work.repainted) return undefined;
  const png = await greyPng({ ...work.painted, data: work.paintedOver(work.likeliest) });
  const bytes = new Uint8Array(await png.arrayBuffer());
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

/** What the server calls a photo's style on the table that lies there now. */
export function referenceOf(source, session) {
  if (source.session !== session) {
    source.session = session;
    source.reference = api.takeStyle(session, source.blob).then((answer) => answer.reference);
    source.reference.catch(() => { source.session = null; });
  }
  return source.reference;
}

async function fillOnce(signal, quick, seed = work.seed) {
  const { hole, changes } = work, started = performance.now();
  const answer = await withSession(async (session) => {
    await sendChangedHole(signal);
    const styles = await Promise.all(work.wishes().map(async ({ label, source, amount }) => ({ label, amount, reference: await referenceOf(source, session) })));
    return api.fill(session, { layout: await layoutText(), styles, quick, seed }, signal);
  });
  const version = { ...(await versionOf(answer)), quick, seed };
  if (hole !== work.hole) return version.bitmap.close(); // another photo was opened meanwhile
  if (work.versions.at(-1)?.quick && work.current === work.versions.at(-1)) work.versions.pop().bitmap.close();
  addVersion(version);
  work.fresh = changes === work.changes; // painted on meanwhile, it shows an older state
  document.body.dataset.fillMs = Math.round(performance.now() - started);
  document.body.dataset.sketch = quick; // the whole fill is still to come
}

export async function versionOf({ left, top, picture, layout, seed = 0 }) {
  const blob = fromDataUrl(picture), predicted = layout ? (await greyOf(fromDataUrl(layout))).data : null;
  return { left, top, blob, seed, predicted, bitmap: await createImageBitmap(blob), painted: work.painted.data.slice() };
}

export function addVersion(version, name = "") {
  version.name = name || String(1 + (work.versions.at(-1)?.number ?? 0));
  version.number = 1 + (work.versions.at(-1)?.number ?? 0);
  work.versions.push(version);
  if (work.versions.length > MOST_VERSIONS) work.versions.shift().bitmap.close();
  work.fresh = true;
  work.show(version);
}

/** Fill; a fill that is under way for an older state is given up. */
export async function fill({ quiet = false } = {}) {
  if (!work.photo) return;
  if (!work.hole.data.some(isHole)) {
    say("Paint what is to be filled first.");
    work.setMode("hole");
    return;
  }
  stopping?.abort();
  const mine = (stopping = new AbortController());
  clearTimeout(finishing);
  // While somebody paints, a fill without the finest detail comes first; the whole one follows in a pause.
  const quick = quiet && work.photo.width * work.photo.height > SMALL;
  await during(fillOnce(mine.signal, quick), quiet ? "" : "Filling …");
  if (quick && !mine.signal.aborted) finishing = setTimeout(() => { if (work.fresh) during(fillOnce(mine.signal, false)).catch(() => {}); }, PAUSE);
  if (!quiet && !mine.signal.aborted && work.fresh) {
    work.setMode("result");
    say("Filled. Drag the divider to compare.");
  }
}

const CANDIDATES = 3;
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

/** Further results for the same hole and layout: each seed draws another plausible layout where nobody painted. */
export async function moreCandidates() {
  if (!work.current) return;
  stopping?.abort();
  const mine = (stopping = new AbortController()), hole = work.hole;
  clearTimeout(finishing);
  await during((async () => {
    const { changes, current } = work, seen = Math.max(0, ...work.versions.map((version) => version.seed)), drawn = [];
    for (let seed = seen + 1; seed <= seen + CANDIDATES && hole === work.hole && changes === work.changes; seed++) {
      await fillOnce(mine.signal, false, seed);
      drawn.push(work.versions.at(-1));
    }
    if (!drawn.length || hole !== work.hole) return;
    const first = await pixelsOf(current.blob), alike = await Promise.all(drawn.map(async ({ blob }) => same(first.data, (await pixelsOf(blob)).data)));
    work.show(drawn[0]);
    say(alike.every(Boolean) ? "The candidates are all alike: the layout is sure in the hole, or painted." : "Candidates: other layouts that are plausible too. Choose one.");
  })(), "Drawing candidates …");
}

export function close() {
  if (work.session) api.closePhoto(work.session);
}
