// The keyboard: one table, which also makes the sheet of keys.

import { icon } from "./icons.js";

const typing = (target) => target.matches?.("input:not([type=range]):not([type=checkbox]), textarea, select");
const pressing = (target) => target.matches?.("button, a, summary, input, [role=slider]");

export function listen(table, held) {
  const byKey = new Map();
  for (const entry of table) for (const key of entry.keys) byKey.set(key.toLowerCase(), entry);
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || typing(event.target) || event.altKey) return;
    const command = event.ctrlKey || event.metaKey, key = event.key === " " ? "space" : event.key.toLowerCase();
    if (!command && held[key]) {
      if (key === "space" && pressing(event.target)) return;
      event.preventDefault();
      if (!event.repeat) held[key](true);
      return;
    }
    if (key === "enter" && pressing(event.target)) return;
    if (key.startsWith("arrow") && event.target.id !== "canvas") return;
    const name = (command ? "ctrl+" : "") + (event.shiftKey && (command || key.startsWith("arrow")) ? "shift+" : "") + key;
    const entry = byKey.get(name);
    if (!entry) return;
    event.preventDefault();
    entry.run(event);
  });
  addEventListener("keyup", (event) => held[event.key === " " ? "space" : event.key.toLowerCase()]?.(false));
  addEventListener("blur", () => Object.values(held).forEach((release) => release(false)));
}

export function buildSheet(table, extra) {
  const list = document.getElementById("keys-list");
  for (const { text, shown, keys } of [...table, ...extra]) {
    if (!text) continue;
    const row = document.createElement("div"), what = document.createElement("span"), key = document.createElement("kbd");
    what.textContent = text;
    key.textContent = shown ?? keys[0];
    row.append(what, key);
    list.append(row);
  }
  document.getElementById("keys-close").append(icon("close"));
}
