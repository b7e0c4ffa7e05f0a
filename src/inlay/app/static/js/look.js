// A click on a filled pixel: the heat map of where the model looked.

import * as api from "./api.js";
import { showCompare } from "./compare.js";
import { context, fromDataUrl, greyOf } from "./pictures.js";
import { layoutText, sendChangedHole, withSession } from "./server.js";
import { during, say } from "./status.js";
import { redraw, view } from "./view.js";
import { isHole, work } from "./work.js";

const STOPS = [[29, 63, 187], [26, 164, 216], [111, 211, 107], [246, 215, 67], [240, 100, 42], [194, 20, 28]];
const pane = document.getElementById("look");
const resting = pane.innerHTML;

/** Blue where little, red where much, after the paper's figure 4. */
function color(weight) {
  const at = Math.min(STOPS.length - 1.001, weight * (STOPS.length - 1)), i = Math.floor(at), t = at - i;
  return STOPS[i].map((c, k) => c + (STOPS[i + 1][k] - c) * t);
}

export async function look(point) {
  const x = Math.floor(point.x), y = Math.floor(point.y);
  const inside = x >= 0 && y >= 0 && x < work.photo.width && y < work.photo.height;
  if (!inside || !isHole(work.hole.data[y * work.photo.width + x])) {
    clearLook();
    if (inside) say("That pixel is the photo's own. Click one that was filled.");
    return;
  }
  const answer = await during(withSession(async (session) => {
    await sendChangedHole();
    return api.look(session, { x, y, layout: await layoutText(), seed: work.seed });
  }), "Looking …");
  if (!answer) return;
  const heat = await greyOf(fromDataUrl(answer.heat)), ctx = context(heat.width, heat.height), image = ctx.createImageData(heat.width, heat.height);
  for (let i = 0; i < heat.data.length; i++) {
    const weight = Math.sqrt(heat.data[i] / 255), [r, g, b] = color(weight);
    image.data.set([r, g, b, 40 + 190 * weight], 4 * i);
  }
  ctx.putImageData(image, 0, 0);
  view.heat = { canvas: ctx.canvas, x: x + 0.5, y: y + 0.5 };
  tell(answer);
  showCompare();
}

function tell(answer) {
  const label = work.labels[answer.label];
  const name = document.createElement("p"), swatch = document.createElement("span"), text = document.createElement("p");
  name.className = "name";
  swatch.className = "swatch";
  swatch.style.background = label.color;
  name.append(swatch, label.title);
  text.textContent = `${Math.round(100 * answer.same_class)} % of the attention fell on the same class.`;
  const ramp = document.createElement("div"), ends = document.createElement("p");
  ramp.className = "ramp";
  ends.className = "ramp-ends";
  ends.append(Object.assign(document.createElement("span"), { textContent: "little" }), Object.assign(document.createElement("span"), { textContent: "much" }));
  pane.replaceChildren(name, text, ramp, ends);
}

export function clearLook() {
  if (!view.heat) return;
  view.heat = null;
  pane.innerHTML = resting;
  showCompare();
  redraw();
}

work.on("version", clearLook);
