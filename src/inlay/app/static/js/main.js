// Joins the parts: buttons and keys to what they do.

import * as api from "./api.js";
import { showCompare } from "./compare.js";
import { correct, findDamage } from "./damage.js";
import { fill, moreCandidates } from "./engine.js";
import * as faces from "./faces.js";
import * as files from "./files.js";
import { icon } from "./icons.js";
import * as keys from "./keys.js";
import { step } from "./layers.js";
import { clearLook, look } from "./look.js";
import "./notice.js";
import { buildClasses, go, pickClass, resizeBrush, widen } from "./panel.js";
import * as pointer from "./pointer.js";
import { close } from "./server.js";
import { say } from "./status.js";
import "./refine.js";
import "./styles.js";
import { choose, TOOLS, tools } from "./tools.js";
import { fit, onView, view, zoom } from "./view.js";
import { work } from "./work.js";

const $ = (id) => document.getElementById(id);
const quietly = (task) => () => Promise.resolve().then(task).catch((error) => say(error.message, { problem: true }));
const click = (id, task) => $(id).addEventListener("click", quietly(task));

for (const [id, name] of Object.entries({ undo: "undo", redo: "redo", "zoom-in": "plus", "zoom-out": "minus", theme: "theme", help: "help" })) $(id).append(icon(name));

const handlers = { look: (point) => look(point).catch(() => {}), picked: (id) => { pickClass(id); choose("brush"); }, faces: faces.beginFace, correct: (point) => correct(point).catch(() => {}) };
const choosePhoto = async () => files.open(await files.pick());

function theme() {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
}

click("open", choosePhoto);
click("choose", choosePhoto);
click("example", files.openExample);
click("save", files.save);
click("undo", () => step(work, "undo"));
click("redo", () => step(work, "redo"));
click("zoom-in", () => zoom(1.25));
click("zoom-out", () => zoom(0.8));
click("zoom-fit", fit);
click("theme", theme);
click("help", () => $("keys").showModal());
click("damage-find", findDamage);
click("hole-import", async () => files.importHole(await files.pick("image/*")));
click("layout-import", async () => files.importLayout(await files.pick("image/*")));

const menu = $("more-menu"), more = $("more");
function showMenu(open) {
  menu.hidden = !open;
  more.setAttribute("aria-expanded", String(open));
  for (const item of menu.querySelectorAll("button")) if (item.id !== "project-open") item.disabled = !work.photo;
  if (open) menu.querySelector(":not(:disabled)").focus();
}
more.addEventListener("click", () => showMenu(menu.hidden));
menu.addEventListener("click", () => showMenu(false));
menu.addEventListener("focusout", (event) => { if (!menu.parentElement.contains(event.relatedTarget)) showMenu(false); });
menu.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("button:not(:disabled), a")], at = items.indexOf(document.activeElement);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) items[(at + by + items.length) % items.length].focus();
  else if (event.key === "Escape") { showMenu(false); more.focus(); }
  else return;
  event.preventDefault();
  event.stopPropagation();
});
click("project-save", files.saveProject);
click("project-open", async () => files.open(await files.pick(".inlay,application/json")));
click("hole-export", files.exportHole);
click("layout-export", files.exportLayout);
click("copy-command", files.copyCommand);

const withPhoto = (task) => (event) => { if (work.photo) quietly(() => task(event))(); };
const arrow = (dx, dy) => withPhoto((event) => {
  const times = event.shiftKey ? 5 : 1;
  if (tools.active !== "faces") pointer.nudge(dx * times, dy * times);
  else if (faces.choosing()) faces.moveFace(dx * times, dy * times);
});
/** What a key does to the chosen face, or else otherwise. */
const facesOr = (task, other) => (event) => (faces.choosing() ? task(event) : other(event));
const table = [
  { keys: ["Enter"], text: "Fill", run: withPhoto(() => fill()) },
  { keys: ["1"], text: "Hole", run: withPhoto(() => go("hole")) },
  { keys: ["2"], text: "Layout", run: withPhoto(() => go("layout")) },
  { keys: ["3"], text: "Result", run: withPhoto(() => go("result")) },
  ...Object.entries(TOOLS).map(([name, tool]) => ({ keys: [tool.key], text: tool.title, run: withPhoto(() => (name === "faces" ? faces.openFaces() : choose(name))) })),
  { keys: ["M"], text: "Find damage", run: withPhoto(findDamage) },
  { keys: ["N"], text: "Three candidates", run: withPhoto(() => moreCandidates()) },
  { keys: ["["], text: "Smaller brush, or turn the face left", run: facesOr(() => faces.turnFace(-1), () => resizeBrush(-10)) },
  { keys: ["]"], text: "Larger brush, or turn the face right", run: facesOr(() => faces.turnFace(1), () => resizeBrush(10)) },
  { keys: ["Delete", "Backspace"], text: "Delete the face", run: withPhoto(() => faces.deleteFace()) },
  { keys: ["D"], text: "Widen the hole", run: withPhoto(() => work.mode === "hole" && widen()) },
  { keys: ["Ctrl+Z"], text: "Undo", run: () => step(work, "undo") },
  { keys: ["Ctrl+Shift+Z", "Ctrl+Y"], text: "Redo", run: () => step(work, "redo") },
  { keys: ["Ctrl+O"], text: "Open a photo", run: quietly(choosePhoto) },
  { keys: ["Ctrl+S"], text: "Save the result", run: withPhoto(files.save) },
  { keys: ["Ctrl+Shift+S"], text: "Save the project", run: withPhoto(files.saveProject) },
  { keys: ["+", "="], text: "Zoom in, or enlarge the face", run: facesOr(() => faces.resizeFace(1), () => zoom(1.25)) },
  { keys: ["-"], text: "Zoom out, or reduce the face", run: facesOr(() => faces.resizeFace(-1), () => zoom(0.8)) },
  { keys: ["0"], text: "Fit the photo", run: fit },
  { keys: ["ArrowLeft", "Shift+ArrowLeft"], run: arrow(-1, 0) },
  { keys: ["ArrowRight", "Shift+ArrowRight"], run: arrow(1, 0) },
  { keys: ["ArrowUp", "Shift+ArrowUp"], run: arrow(0, -1) },
  { keys: ["ArrowDown", "Shift+ArrowDown"], run: arrow(0, 1) },
  { keys: ["X"], text: "Use the tool at the cursor, or add a face", run: withPhoto(() => (tools.active === "faces" ? faces.addFace() : pointer.applyAtCursor(handlers))) },
  { keys: ["Escape"], text: "Clear the heat map, or choose no face", shown: "Esc", run: () => (faces.choosing() ? faces.chooseNone() : clearLook()) },
  { keys: ["?"], text: "These keys", run: () => $("keys").showModal() },
];
const showOriginal = (held) => { if (work.photo && view.original !== held) { view.original = held; showCompare(); } };
keys.listen(table, { space: pointer.holdSpace, c: showOriginal });
keys.buildSheet(table, [{ text: "Hold: the original", keys: ["C"] }, { text: "Hold: move the photo", keys: ["Space"] }, { text: "Move the cursor", keys: ["Arrows"] }, { text: "Zoom", keys: ["Wheel, pinch"] }]);
pointer.listen(handlers);

onView(() => { $("zoom-value").textContent = `${Math.round(100 * view.scale)} %`; });
work.on("photo", () => { for (const id of ["zoom-in", "zoom-out", "zoom-fit"]) $(id).disabled = false; });

let dragged = 0;
addEventListener("dragenter", (event) => { event.preventDefault(); dragged++; $("drop").hidden = false; });
addEventListener("dragleave", () => { if (--dragged <= 0) $("drop").hidden = true; });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  dragged = 0;
  $("drop").hidden = true;
  const file = event.dataTransfer.files[0];
  if (file) files.open(file);
});
addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
  if (file) files.open(file);
});
addEventListener("pagehide", close);
addEventListener("beforeunload", (event) => { if (work.unsaved) event.preventDefault(); });

api.onTokenNeeded(() => new Promise((done) => {
  const dialog = $("token-dialog");
  dialog.addEventListener("close", () => done($("token").value), { once: true });
  if (!dialog.open) dialog.showModal();
}));
api.takeToken();
quietly(async () => {
  const labels = await api.labels();
  work.labels = labels.classes;
  view.palette = labels.classes.map(({ color }) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)));
  buildClasses();
  document.body.dataset.ready = "true";
})();
