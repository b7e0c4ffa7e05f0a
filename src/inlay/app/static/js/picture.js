// The picture as it is: the photo with all fills, put together at the photo's own size.
// Enlarging photo and patch apart would show a seam between them.

import { context } from "./pictures.js";
import { join } from "./raster.js";
import { work } from "./work.js";

let layer = null, put = []; // what the canvas shows: {blob, box} of each fill, one on the other

const boxOf = ({ left, top, bitmap }) => ({ x0: left, y0: top, x1: left + bitmap.width, y1: top + bitmap.height });

/** Bring the canvas up to date, where fills have come, gone or changed. */
export function refreshPicture() {
  const { shown } = work, next = shown.map((version) => ({ blob: version.blob, box: boxOf(version) }));
  let same = 0;
  while (same < Math.min(put.length, next.length) && put[same].blob === next[same].blob) same++;
  const box = [...put.slice(same), ...next.slice(same)].reduce((around, { box: each }) => join(around, each), null);
  if (layer && !box) return;
  if (!layer && !next.length) return;
  const { width, height, bitmap } = work.photo, part = layer ? box : { x0: 0, y0: 0, x1: width, y1: height };
  layer ??= context(width, height);
  layer.save();
  layer.beginPath();
  layer.rect(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0);
  layer.clip();
  layer.drawImage(bitmap, 0, 0);
  for (const { bitmap: fill, left, top } of shown) layer.drawImage(fill, left, top);
  layer.restore();
  put = next;
  changes++;
}

let scene = null, sceneOf = "", changes = 0; // what was drawn last: while somebody paints it stays as it is

/** Draw the photo, and the right `part` of it, 0 to 1, with all fills, under the context's zoom and pan. */
export function drawPicture(ctx, part) {
  const { width, height } = ctx.canvas, filled = work.shown.length && part ? layer : null, { a, e, f } = ctx.getTransform();
  const key = [filled ? part : 0, changes, width, height, a, e, f].join();
  if (scene?.canvas.width !== width || scene.canvas.height !== height) [scene, sceneOf] = [context(width, height), ""];
  if (key !== sceneOf) {
    const left = filled ? work.photo.width * (1 - part) : work.photo.width;
    scene.setTransform(1, 0, 0, 1, 0, 0);
    scene.clearRect(0, 0, width, height);
    scene.setTransform(ctx.getTransform());
    scene.imageSmoothingEnabled = ctx.imageSmoothingEnabled;
    scene.imageSmoothingQuality = "high";
    if (left) scene.drawImage(work.photo.bitmap, 0, 0);
    if (filled) {
      scene.save();
      scene.beginPath();
      scene.rect(left, 0, work.photo.width - left, work.photo.height);
      scene.clip();
      scene.drawImage(filled.canvas, 0, 0);
      scene.restore();
    }
    sceneOf = key;
  }
  ctx.save();
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.drawImage(scene.canvas, 0, 0);
  ctx.restore();
}

work.on("photo", () => { layer = null; put = []; changes++; });
