// Test-time refinement: the styles are adapted to this photo step by step, with live progress.

import * as api from "./api.js";
import { addVersion, fill, versionOf } from "./engine.js";
import { slider } from "./panel.js";
import { layoutText, sendChangedHole, withSession } from "./server.js";
import { during, say } from "./status.js";
import { work } from "./work.js";

const $ = (id) => document.getElementById(id);
let stopping = null;

slider("refine-steps", (v) => String(v), () => {});

function show(running) {
  $("refine-start").hidden = running;
  $("refine-stop").hidden = $("refine-progress").hidden = !running;
  $("refine-progress").value = 0;
}

async function refine(signal) {
  // A plain fill first: it makes sure that the server has this photo and this hole.
  const steps = Number($("refine-steps").value);
  const { holes, changes, layout, seed } = await withSession(async (session) => {
    await sendChangedHole(signal);
    const state = { holes: work.holes, changes: work.changes, layout: await layoutText(), seed: work.seed };
    await api.fill(session, { layout: state.layout, seed: state.seed }, signal);
    return state;
  });
  for await (const event of api.events(`/session/${work.session}/refine`, { layout, steps, seed }, signal)) {
    if (event.problem) throw new Error(event.problem);
    if (event.picture === undefined) {
      $("refine-progress").value = event.step / event.steps;
      continue;
    }
    if (holes !== work.holes) return; // another stroke was begun
    addVersion(await versionOf({ ...event, seed }), `${work.versions.length + 1} refined`);
    work.fresh = changes === work.changes; // painted on meanwhile, it shows an older state
    const gain = Math.round(100 * (1 - event.after / event.before));
    const told = event.kept ? `Refined: the error on known pixels fell by ${gain} %.` : "The first fill was already best; it is kept.";
    say(work.wishes().length ? `${told} It goes without the styles of other photos.` : told);
  }
}

$("refine-start").addEventListener("click", async () => {
  if (!work.current) await fill().catch(() => {});
  if (!work.current) return;
  stopping = new AbortController();
  show(true);
  await during(refine(stopping.signal)).catch(() => {});
  show(false);
});
$("refine-stop").addEventListener("click", () => { stopping?.abort(); say("Stopped."); });
work.on("photo", () => stopping?.abort());
