// Files in and out: photos, holes, layouts, results, projects. Nothing is kept anywhere else.

import * as api from "./api.js";
import { addVersion, fill, settle, versionOf } from "./engine.js";
import { boxOf } from "./frames.js";
import { download, fromDataUrl, greyOf, greyPng, pixelsOf, toDataUrl } from "./pictures.js";
import { predict, sendLayers, useSession, withSession } from "./server.js";
import { during, say } from "./status.js";
import { isHole, PAINTED, solid, UNTOUCHED, work } from "./work.js";

const FORMAT = "inlay-project";
const $ = (id) => document.getElementById(id);
const picker = $("file");

/** Let a person choose a file. */
export function pick(accept = "image/*,.tif,.tiff,.inlay") {
  return new Promise((done) => {
    picker.accept = accept;
    picker.value = "";
    picker.onchange = () => picker.files[0] && done(picker.files[0]);
    picker.click();
  });
}

const stem = () => work.photo.name.replace(/\.[^.]*$/, "");

export async function open(file) {
  const project = file.name?.endsWith(".inlay") || file.type === "application/json";
  if (await mayLeave()) await during(project ? openProject(file) : openPhoto(file), "Opening …").catch(() => {});
}

/** What a person answers to a dialog; nothing where it is closed, or another one is open. */
async function answerTo(dialog) {
  if (document.querySelector("dialog[open]")) return "";
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue;
}

/** Whether the open photo may be given up; what was painted on it and not saved would be lost, so people are asked. */
async function mayLeave() {
  if (!work.unsaved) return true;
  $("discard-name").textContent = work.photo.name;
  return (await answerTo($("discard-dialog"))) === "discard";
}

async function openPhoto(file, name = file.name || "pasted.png") {
  const opened = await api.openPhoto(file);
  let bitmap;
  try {
    // The browser turns and colours the photo as the server does; formats it cannot read come back as PNG.
    bitmap = await createImageBitmap(file).catch(async () => createImageBitmap(await api.photoAsPng(opened.session)));
    if (bitmap.width !== opened.width || bitmap.height !== opened.height) throw new Error("The browser and the server read this photo differently. Save it as PNG and try again.");
  } catch (error) {
    api.closePhoto(opened.session);
    throw error;
  }
  useSession(opened.session);
  work.setPhoto({ blob: file, name, bitmap, width: opened.width, height: opened.height, format: opened.format }, { width: opened.grid_width, height: opened.grid_height });
  $("canvas").focus({ preventScroll: true });
}

export async function openExample() {
  if (!(await mayLeave())) return;
  const photo = await (await fetch("example/damaged.jpg")).blob();
  await during(openPhoto(photo, "damaged.jpg"), "Opening …");
  say("Find the damage, or paint over something. Then press Enter.");
}

export async function importHole(file) {
  const { data, own } = await pixelsOf(file, work.photo);
  work.edit("hole", (grid) => {
    for (let i = 0; i < grid.data.length; i++) {
      const [r, g, b, a] = data.subarray(4 * i, 4 * i + 4);
      grid.data[i] = ((0.299 * r + 0.587 * g + 0.114 * b) * a) / 255 > 127 ? PAINTED : 0;
    }
    return { x0: 0, y0: 0, x1: grid.width, y1: grid.height };
  });
  $("canvas").focus({ preventScroll: true }); // so that Enter fills
  if (own.width !== work.photo.width || own.height !== work.photo.height) say("The hole had another size and was scaled to the photo's.");
}

export async function importLayout(file) {
  await predict();
  const { data } = await pixelsOf(file, work.painted);
  const byColor = new Map(work.labels.map((label) => [parseInt(label.color.slice(1), 16), label.id]));
  const ids = new Uint8Array(work.painted.data.length);
  for (let i = 0; i < ids.length; i++) {
    const [r, g, b] = data.subarray(4 * i, 4 * i + 3);
    const id = byColor.get((r << 16) | (g << 8) | b) ?? (r === g && g === b && r < work.labels.length ? r : -1);
    if (id < 0) throw new Error(`The colour #${[r, g, b].map((c) => c.toString(16).padStart(2, "0")).join("")} belongs to no class.`);
    ids[i] = id;
  }
  work.edit("painted", (grid) => {
    for (let i = 0; i < ids.length; i++) grid.data[i] = ids[i] === work.predicted[i] ? UNTOUCHED : ids[i];
    return { x0: 0, y0: 0, x1: grid.width, y1: grid.height };
  });
}

/** The hole, and those that were filled before. */
export async function exportHole() {
  const { width, height, data } = work.hole, all = Uint8Array.from(data, solid);
  for (const { blob, left, top } of work.below) {
    const filled = await pixelsOf(blob);
    for (let i = 0; i < filled.width * filled.height; i++) if (filled.data[4 * i + 3]) all[(top + Math.floor(i / filled.width)) * width + left + (i % filled.width)] = 255;
  }
  download(await greyPng({ width, height, data: all }), `${stem()}.hole.png`);
}

export async function exportLayout() {
  await predict();
  const { width, height } = work.photo, grid = work.painted, layout = work.layout(), data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * grid.height) / height) * grid.width;
    for (let x = 0; x < width; x++) data[y * width + x] = layout[row + Math.floor(((x + 0.5) * grid.width) / width)];
  }
  download(await greyPng({ width, height, data }), `${stem()}.layout.png`);
}

const SUFFIX = { JPEG: "jpg", PNG: "png", WEBP: "webp", TIFF: "tif" };

/** Save what is seen. Strokes that are not filled are asked about. */
export async function save() {
  await settle();
  if (work.unfilled) {
    const answer = await answerTo($("unfilled-dialog"));
    if (answer === "fill") await fill();
    else if (answer !== "without") return;
  }
  await settle();
  const { below, current, unfilled } = work, version = current ?? below.at(-1);
  if (!version) return;
  const lower = current ? below : below.slice(0, -1), picture = await toDataUrl(version.blob);
  const blob = await during(withSession(async (session) => {
    await sendLayers(session, lower);
    return api.result(session, { left: version.left, top: version.top, picture });
  }), "Saving …");
  download(blob, `${stem()}.filled.${SUFFIX[work.photo.format] ?? "png"}`);
  if (!unfilled) work.saved();
  say(unfilled ? "Saved as it is shown. Some strokes are not filled." : "Saved in the photo's own format and size.");
}

export async function saveProject() {
  await settle();
  const layers = await Promise.all(work.below.map(async ({ left, top, blob }) => ({ left, top, picture: await toDataUrl(blob) })));
  const current = work.current && { left: work.current.left, top: work.current.top, picture: await toDataUrl(work.current.blob), seed: work.seed, layout: work.current.predicted && (await toDataUrl(await greyPng({ ...work.painted, data: work.current.predicted }))) };
  const wishes = work.wishes(), sources = [...new Set(wishes.map((wish) => wish.source))];
  const project = {
    format: FORMAT, version: layers.length ? 2 : 1, layers, name: work.photo.name, photo: await toDataUrl(work.photo.blob),
    hole: await toDataUrl(await greyPng(work.hole)), painted: await toDataUrl(await greyPng(work.painted)),
    faces: work.framing, result: current ?? null, fresh: work.fresh,
    styles: wishes.map(({ label, source, amount }) => ({ label, source: sources.indexOf(source), amount })),
    sources: await Promise.all(sources.map(async ({ name, blob }) => ({ name, photo: await toDataUrl(blob) }))),
  };
  download(new Blob([JSON.stringify(project)], { type: "application/json" }), `${stem()}.inlay`);
  work.saved();
  say("Project saved.");
}

async function openProject(file) {
  const project = await file.text().then(JSON.parse).catch(() => ({}));
  if (project.format !== FORMAT || ![1, 2].includes(project.version)) throw new Error("This is no project that this editor has saved.");
  await openPhoto(fromDataUrl(project.photo), project.name);
  const hole = await greyOf(fromDataUrl(project.hole)), painted = await greyOf(fromDataUrl(project.painted));
  if (hole.data.length !== work.hole.data.length) throw new Error("The project's hole does not fit its photo.");
  work.below = await Promise.all((project.layers ?? []).map(versionOf));
  work.tell("stack");
  work.edit("hole", (grid) => { grid.data.set(hole.data); return { x0: 0, y0: 0, x1: grid.width, y1: grid.height }; });
  if (painted.data.length === work.painted.data.length) work.painted.data.set(painted.data);
  const sources = (project.sources ?? []).map(({ name, photo }) => ({ name, blob: fromDataUrl(photo) }));
  for (const { label, source, amount } of project.styles ?? []) if (sources[source]) work.styles.set(label, { source: sources[source], amount });
  if (project.faces?.way) {
    work.framing = project.faces;
    work.framingChanged();
  }
  work.tell("styles");
  work.saved();
  if (hole.data.some(isHole)) await predict();
  if (!project.result) return;
  addVersion(await versionOf(project.result));
  work.fresh = project.fresh;
  work.setMode("result");
}

export async function copyCommand() {
  const parts = ["inlay fill", quoted(work.photo.name), "--hole", quoted(`${stem()}.hole.png`)];
  const { way, frames } = work.framing;
  if (way === "frames") for (const frame of frames) parts.push("--face", boxOf(frame).map((value) => Number(value.toFixed(2))).join());
  else if (way !== "auto") parts.push("--face", way);
  if (work.repainted) parts.push("--layout", quoted(`${stem()}.layout.png`));
  else if (work.seed) parts.push("--seed", work.seed);
  const wishes = work.wishes(), [source] = wishes.map((wish) => wish.source);
  if (source) {
    const classes = wishes.filter((wish) => wish.source === source).map(({ label, amount }) => `${work.labels[label].name}${amount < 1 ? `=${amount}` : ""}`);
    parts.push("--style-from", quoted(source.name), "--classes", classes.join(","));
  }
  const command = parts.join(" ");
  // Browsers have a clipboard on https and on this machine alone.
  const copied = await (navigator.clipboard?.writeText(command).then(() => true, () => false) ?? false);
  if (!copied) {
    $("command").value = command;
    $("command-dialog").showModal();
    $("command").select();
    return;
  }
  if (wishes.some((wish) => wish.source !== source)) say(`Copied, with the styles of ${source.name} alone: a command takes those of one photo.`, { problem: true });
  else if (work.below.length) say("Copied. The command fills all holes at once, so its result is another one.", { problem: true });
  else say("Copied. Export the hole, and the layout if you painted it, beside the photo.");
}

const quoted = (name) => (/^[\w.@%+=:,/-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);
