// Undo and redo: a step of a grid keeps only the box that it changed, run-length coded, before and after.

const MOST = 100;

export function pack(data, width, box) {
  const runs = [];
  let value = -1, length = 0;
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      const v = data[y * width + x];
      if (v === value) length++;
      else {
        if (length) runs.push(length, value);
        value = v;
        length = 1;
      }
    }
  }
  runs.push(length, value);
  return Uint32Array.from(runs);
}

export function unpack(runs, data, width, box) {
  let run = 0, left = runs[0];
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      while (!left) left = runs[(run += 2)];
      data[y * width + x] = runs[run + 1];
      left--;
    }
  }
}

export class History {
  constructor() {
    this.past = [];
    this.future = [];
  }

  get canUndo() { return this.past.length > 0; }
  get canRedo() { return this.future.length > 0; }

  /** Remember a change of a grid: `before` is its data as it was. A joined step is undone with the one before. */
  record(layer, grid, before, box, joined = false) {
    if (!box) return;
    this.#add({ layer, box, before: pack(before, grid.width, box), after: pack(grid.data, grid.width, box), joined });
  }

  /** Remember a change of what is no grid, as a value; steps of one name in a row are one. */
  remember(layer, before, after, { name, joined = false } = {}) {
    const last = this.past.at(-1);
    if (name && last?.name === name && last.after === before) {
      last.after = after;
      this.future = [];
    } else this.#add({ layer, before, after, name, joined });
  }

  /** Forget the last step, which has been taken back otherwise. */
  drop() { return this.past.pop(); }

  #add(step) {
    this.past.push(step);
    if (this.past.filter(({ joined }) => !joined).length > MOST) do this.past.shift(); while (this.past[0]?.joined);
    this.future = [];
  }

  /** Step back; `grids` has the grids by name. Returns the step; a value is the caller's to take over. */
  undo(grids) { return this.#step(this.past, this.future, "before", grids); }

  redo(grids) { return this.#step(this.future, this.past, "after", grids); }

  /** Whether the next step in a direction belongs to the one that was just made. */
  goesOn(direction, step) { return direction === "undo" ? step.joined : Boolean(this.future.at(-1)?.joined); }

  #step(from, to, side, grids) {
    const step = from.pop();
    if (!step) return null;
    to.push(step);
    if (step.box) unpack(step[side], grids[step.layer].data, grids[step.layer].width, step.box);
    return step;
  }
}
