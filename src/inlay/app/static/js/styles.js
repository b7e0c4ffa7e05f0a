// The look of single classes taken from another photo, each by an amount.

import { fill } from "./engine.js";
import { pick } from "./files.js";
import { slider } from "./panel.js";
import { referenceOf, withSession } from "./server.js";
import { during, say } from "./status.js";
import { tools } from "./tools.js";
import { work } from "./work.js";

const $ = (id) => document.getElementById(id);
let chosen = null; // the photo that a class takes from, unless it has taken from another already
const source = () => work.styles.get(tools.label)?.source ?? chosen;

const setAmount = slider("style-amount", (v) => `${v} %`, () => {});
$("style-amount").addEventListener("change", (event) => {
  take(source(), Number(event.target.value) / 100);
});
$("style-choose").addEventListener("click", async () => {
  const file = await pick("image/*"), photo = { name: file.name, blob: file };
  const known = await during(withSession((session) => referenceOf(photo, session)), "Reading its style …").catch(() => null);
  if (!known) return;
  chosen = photo;
  const wish = work.styles.get(tools.label);
  if (wish) take(chosen, wish.amount);
  else say("Choose a class and move the slider.");
  show();
});

function take(photo, amount) {
  if (amount) work.styles.set(tools.label, { source: photo, amount });
  else work.styles.delete(tools.label);
  if (work.current) fill({ quiet: true }).catch(() => {});
}

function show() {
  $("style-class").textContent = work.labels?.[tools.label]?.title ?? "Class";
  $("style-name").textContent = source()?.name ?? "";
  $("style-amount").disabled = !source();
  setAmount(Math.round(100 * (work.styles.get(tools.label)?.amount ?? 0)));
}
work.on("class", show);
for (const event of ["photo", "styles"]) {
  work.on(event, () => {
    chosen = [...work.styles.values()].at(-1)?.source ?? null;
    show();
  });
}
