// The picture as it is: the photo with all fills, put together at the photo's own size.
// Enlarging photo and patch apart would show a seam between them.

import { context } from "./pictures.js";
import { join } from "./raster.js";
import { work } from "./work.js";

let layer = null, put = []; // what the canvas shows: {blob, box} of each fill, one on the other

const boxOf = ({ left, top, bitmap }) => ({ x0: left, y0: top, x1: left + bitmap.width, y1: top + bitmap.height });

/** A canvas of the picture, or null where nothing is filled. */
export const picture = () => (work.shown.length ? layer?.canvas : null);

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
}

work.on("photo", () => { layer = null; put = []; });
