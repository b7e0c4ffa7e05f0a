// Undo and redo: a step of a layer keeps only the box that it changed, run-length coded, before and after.

const MOST = 100;

function pack(data, width, box) {
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

function unpack(runs, data, width, box) {
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

  /** Remember a change of a layer: `before` is its data as it was. */
  record(layer, grid, before, box) {
    if (!box) return;
    this.#add({ layer, box, before: pack(before, grid.width, box), after: pack(grid.data, grid.width, box) });
  }

  /** Remember a change of what is no layer, as a value; steps of one name in a row are one. */
  remember(layer, before, after, name) {
    const last = this.past.at(-1);
    if (name && last?.name === name && last.after === before) {
      last.after = after;
      this.future = [];
    } else this.#add({ layer, before, after, name });
  }

  #add(step) {
    this.past.push(step);
    if (this.past.length > MOST) this.past.shift();
    this.future = [];
  }

  /** Step back; `grids` has the layers by name. Returns what changed. */
  undo(grids) { return this.#step(this.past, this.future, "before", grids); }

  redo(grids) { return this.#step(this.future, this.past, "after", grids); }

  #step(from, to, side, grids) {
    const step = from.pop();
    if (!step) return null;
    to.push(step);
    if (!step.box) return { layer: step.layer, value: step[side] };
    const grid = grids[step.layer];
    unpack(step[side], grid.data, grid.width, step.box);
    return step;
  }
}
