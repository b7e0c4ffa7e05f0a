// What is said to people, and the mark that something is going on.

const line = document.getElementById("status");
const busy = document.getElementById("busy");
let clearing = 0;
let running = 0;

export function say(text, { problem = false, keep = false } = {}) {
  clearTimeout(clearing);
  line.textContent = text;
  line.classList.toggle("problem", problem);
  if (!keep && text) clearing = setTimeout(() => { line.textContent = ""; }, problem ? 8000 : 3500);
}

/** Run something; if it takes over 200 ms a progress mark shows. Failures are said. */
export async function during(promise, text = "") {
  const mark = setTimeout(() => {
    busy.hidden = false;
    if (text) say(text, { keep: true });
  }, 200);
  running++;
  document.body.dataset.busy = "true";
  try {
    return await promise;
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    say(error.message, { problem: true });
    throw error;
  } finally {
    clearTimeout(mark);
    running--;
    if (!running) {
      busy.hidden = true;
      delete document.body.dataset.busy;
      if (text && line.textContent === text) say("");
    }
  }
}
