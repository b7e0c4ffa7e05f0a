// What a person should know of the faces: a strip over the photo that stays, and what was done.

import { fill } from "./engine.js";
import { leaveHidden, openFaces, takeHidden, treatAsNoFace, treatAsPortrait } from "./faces.js";
import { say } from "./status.js";
import { work } from "./work.js";

const $ = (id) => document.getElementById(id);
const PLAIN = new Set(["faces", "beyond-faces"]); // codes of notes that warn of nothing

function drawFace() {
  openFaces();
  say("Draw a box from forehead to chin.");
}

const WAYS = {
  portrait: ["Treat as one portrait", treatAsPortrait, true],
  draw: ["Draw a face", drawFace, false],
  none: ["No faces", treatAsNoFace, true],
  hidden: ["Fill it as a face", takeHidden, true],
  leave: ["Leave it so", leaveHidden, true],
};

/** What the strip says, and what can be done about it: a text and names of `WAYS`, or null. */
function notice() {
  const { hidden } = work;
  if (work.forced) return ["No face was found. The photo is treated as one portrait, because its layout was painted.", "draw", "none"];
  if (hidden.length) {
    const text = hidden.length === 1 ? "A face lies mostly in the hole, and is not filled as a face." : `${hidden.length} faces lie mostly in the hole, and are not filled as faces.`;
    return [text, "hidden", "draw", "portrait", "leave"];
  }
  if (work.noFace) return ["No face was found, so the hole is filled from what lies around it.", "portrait", "draw", "none"];
  return null;
}

function show() {
  const [text, ...ways] = notice() ?? [""];
  $("strip").hidden = !text;
  $("strip-text").textContent = text;
  $("strip-ways").replaceChildren(...ways.map((way) => {
    const [title, task, fills] = WAYS[way], button = document.createElement("button");
    button.type = "button";
    button.className = "plain framed";
    button.dataset.way = way;
    button.textContent = way === "hidden" && work.hidden.length > 1 ? "Fill them as faces" : title;
    button.addEventListener("click", () => {
      task();
      $("canvas").focus({ preventScroll: true }); // the button is gone
      if (fills && work.current) fill().catch(() => {});
    });
    return button;
  }));
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** What was done with the hole, in sentences; the texts of notes on faces name options of the command line. */
function report() {
  const told = {
    "no-face": `${work.hidden.length ? "The" : "No face was found: the"} hole is filled from what lies around it.`,
    "hidden-face": "A face lies mostly in the hole, and is not filled as a face.",
  };
  const notes = work.notes.map(({ code, text }) => told[code] ?? sentence(text));
  return [...(work.isPortrait ? ["The whole photo is treated as one portrait."] : []), ...new Set(notes)].join(" ");
}

work.on("predicted", () => {
  show();
  $("face-note").textContent = report();
  $("face-note").hidden = !report();
  $("face-note").classList.toggle("warning", work.notes.some(({ code }) => !PLAIN.has(code)));
});
work.on("framing", show);
work.on("photo", show);
