// What the server has of the photo: its session, the fills that lie on it, the hole. Sends no more than what has changed.

import * as api from "./api.js";
import { finishOn } from "./engine.js";
import { fromDataUrl, greyOf, greyPng, toDataUrl } from "./pictures.js";
import { extent } from "./raster.js";
import { during } from "./status.js";
import { isHole, solid, work } from "./work.js";

let laid = [];    // the files of the fills that lie on the photo there
let drawn = null; // the hole that is drawn there: {below, png, query}
let turn = Promise.resolve();

/** Work on what lies on the server's table under this name from now on. */
export function useSession(session) {
  if (work.session) api.closePhoto(work.session);
  work.session = session;
  laid = [];
  drawn = null;
  work.holeSent = false;
}

/** Send the photo that is open once more; if another one was opened meanwhile, that one's session stays. */
async function sendPhoto() {
  const { photo } = work, { session } = await api.openPhoto(photo.blob);
  if (photo === work.photo) useSession(session);
  else api.closePhoto(session);
}

/** Run a request once those before are done; where the server has cleared the photo away, send it again and repeat. */
export function withSession(request) {
  const mine = turn.then(async () => {
    try {
      return await request(work.session);
    } catch (error) {
      if (error.status !== 404 || !work.photo) throw error;
      await sendPhoto();
      return request(work.session);
    }
  });
  turn = mine.catch(() => {});
  return mine;
}

/** Let the server have these fills on the photo, one on the other. What is sketched is filled whole first. */
export async function sendLayers(session, versions) {
  for (const version of versions) if (version.quick) await finishOn(session, version);
  let keep = 0;
  while (keep < laid.length && laid[keep] === versions[keep]?.blob) keep++;
  if (keep === laid.length && keep === versions.length) return;
  const blobs = versions.map(({ blob }) => blob);
  const patches = await Promise.all(versions.slice(keep).map(async ({ left, top, blob }) => ({ left, top, picture: await toDataUrl(blob) })));
  drawn = null;
  work.holeSent = false;
  await api.lay(session, { keep, patches });
  laid = blobs;
}

async function draw(session, hole, signal) {
  drawn = null;
  const answer = await api.drawHole(session, hole.png, hole.query, signal);
  drawn = hole;
  return answer;
}

/** Let the server have a hole that it had before. */
export async function drawAgain(session, hole) {
  await sendLayers(session, hole.below);
  if (drawn === hole) return;
  work.holeSent = false;
  await draw(session, hole);
}

/** The hole as it was last sent. */
export const drawnHole = () => drawn;

/** Send the hole until the server has the one that is painted now: strokes go on while it is read. */
async function sendHole(signal) {
  for (;;) {
    const { holes, session, below } = work;
    await sendLayers(session, below);
    const answer = await draw(session, await holeNow(below), signal), layout = await greyOf(fromDataUrl(answer.layout));
    if (holes !== work.holes || session !== work.session) continue;
    work.likeliest = layout.data;
    work.predicted = work.current?.predicted ?? layout.data;
    work.answer = answer;
    work.answered = work.holeSent = true;
    work.tell("predicted");
    return;
  }
}

/** The part of the photo where the hole lies, and the faces that are to be filled, as the server takes them. */
async function holeNow(below) {
  const { hole } = work, box = extent(hole, isHole, work.span) ?? { x0: 0, y0: 0, x1: 1, y1: 1 };
  const width = box.x1 - box.x0, height = box.y1 - box.y0, data = new Uint8Array(width * height), query = new URLSearchParams(facesAsked());
  for (let y = 0; y < height; y++) data.set(hole.data.subarray((box.y0 + y) * hole.width + box.x0, (box.y0 + y) * hole.width + box.x1), y * width);
  query.append("left", box.x0);
  query.append("top", box.y0);
  return { below, query: `?${query}`, png: await greyPng({ width, height, data }, solid) };
}

function facesAsked() {
  const { way, frames } = work.framing;
  if (way === "auto" && !work.forced) return [];
  if (way !== "frames") return [["faces", work.forced ? "whole" : way]];
  return frames.map(({ x, y, side, angle }) => ["face", `${x},${y},${side},${angle}`]);
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
  return (await toDataUrl(png)).split(",")[1];
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

/** Styles that are wished for, as the server takes them. */
export const stylesOf = (session, wishes) => Promise.all(wishes.map(async ({ label, source, amount }) => ({ label, amount, reference: await referenceOf(source, session) })));

export function close() {
  if (work.session) api.closePhoto(work.session);
}
