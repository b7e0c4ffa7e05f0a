// The look of single classes taken from another photo, each by an amount.

import * as api from "./api.js";
import { fill, withSession } from "./engine.js";
import { pick } from "./files.js";
import { slider } from "./panel.js";
import { during, say } from "./status.js";
import { tools } from "./tools.js";
import { work } from "./work.js";

const $ = (id) => document.getElementById(id);
let reference = null;

const setAmount = slider("style-amount", (v) => `${v} %`, () => {});
$("style-amount").addEventListener("change", (event) => {
  const amount = Number(event.target.value) / 100;
  work.styles.set(tools.label, { reference, amount });
  if (work.current) fill({ quiet: true }).catch(() => {});
});
$("style-choose").addEventListener("click", async () => {
  const file = await pick("image/*");
  const answer = await during(withSession((session) => api.takeStyle(session, file)), "Reading its style …").catch(() => null);
  if (!answer) return;
  reference = answer.reference;
  $("style-name").textContent = file.name;
  $("style-amount").disabled = false;
  say("Choose a class and move the slider.");
});

function show() {
  $("style-class").textContent = work.labels?.[tools.label]?.title ?? "Class";
  setAmount(Math.round(100 * (work.styles.get(tools.label)?.amount ?? 0)));
}
work.on("class", show);
work.on("photo", () => {
  reference = null;
  $("style-amount").disabled = true;
  $("style-name").textContent = "";
  show();
});
