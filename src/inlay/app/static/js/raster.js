// Shapes drawn into a grid of bytes ({data, width, height}); each returns the box it touched, or null.

/** The smallest box around two boxes. */
export function join(a, b) {
  if (!a || !b) return a || b;
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
}

function clipped(grid, x0, y0, x1, y1) {
  const box = { x0: Math.max(0, Math.floor(x0)), y0: Math.max(0, Math.floor(y0)), x1: Math.min(grid.width, Math.ceil(x1)), y1: Math.min(grid.height, Math.ceil(y1)) };
  return box.x0 < box.x1 && box.y0 < box.y1 ? box : null;
}

/** A round brush drawn from one point to another; radii may differ, as with a pen's pressure. */
export function capsule(grid, from, to, value) {
  const most = Math.max(from.r, to.r);
  const box = clipped(grid, Math.min(from.x, to.x) - most, Math.min(from.y, to.y) - most, Math.max(from.x, to.x) + most + 1, Math.max(from.y, to.y) + most + 1);
  if (!box) return null;
  const dx = to.x - from.x, dy = to.y - from.y, length = dx * dx + dy * dy || 1;
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      const px = x + 0.5 - from.x, py = y + 0.5 - from.y;
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const r = from.r + (to.r - from.r) * t, ex = px - dx * t, ey = py - dy * t;
      if (ex * ex + ey * ey <= r * r) grid.data[y * grid.width + x] = value;
    }
  }
  return box;
}

/** A filled rectangle between two corners. */
export function rectangle(grid, a, b, value) {
  const box = clipped(grid, Math.round(Math.min(a.x, b.x)), Math.round(Math.min(a.y, b.y)), Math.round(Math.max(a.x, b.x)), Math.round(Math.max(a.y, b.y)));
  if (!box) return null;
  for (let y = box.y0; y < box.y1; y++) grid.data.fill(value, y * grid.width + box.x0, y * grid.width + box.x1);
  return box;
}

/** A filled polygon, even-odd. */
export function polygon(grid, points, value) {
  const xs = points.map((p) => p.x), ys = points.map((p) => p.y);
  const box = clipped(grid, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
  if (!box || points.length < 3) return null;
  for (let y = box.y0; y < box.y1; y++) {
    const crossings = [];
    for (let i = 0; i < points.length; i++) {
      const a = points[i], b = points[(i + 1) % points.length], middle = y + 0.5;
      if (a.y <= middle !== b.y <= middle) crossings.push(a.x + ((middle - a.y) / (b.y - a.y)) * (b.x - a.x));
    }
    crossings.sort((p, q) => p - q);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const left = Math.max(box.x0, Math.round(crossings[i])), right = Math.min(box.x1, Math.round(crossings[i + 1]));
      if (left < right) grid.data.fill(value, y * grid.width + left, y * grid.width + right);
    }
  }
  return box;
}

/** The connected region of equal values in `seen` around a point, drawn into the grid. */
export function bucket(grid, seen, x, y, value) {
  const { width, height } = grid;
  const wanted = seen[y * width + x], visited = new Uint8Array(width * height), stack = [y * width + x];
  let box = null;
  while (stack.length) {
    const at = stack.pop();
    if (visited[at] || seen[at] !== wanted) continue;
    visited[at] = 1;
    grid.data[at] = value;
    const cx = at % width, cy = (at - cx) / width;
    box = join(box, { x0: cx, y0: cy, x1: cx + 1, y1: cy + 1 });
    if (cx > 0) stack.push(at - 1);
    if (cx < width - 1) stack.push(at + 1);
    if (cy > 0) stack.push(at - width);
    if (cy < height - 1) stack.push(at + width);
  }
  return box;
}

/** What passes a test, widened by a disc of the radius. */
export function dilate(grid, radius, value, test) {
  const { width, height, data } = grid, source = data.slice();
  for (let y = 0; y < height; y++) {
    let x = 0;
    while (x < width) {
      while (x < width && !test(source[y * width + x])) x++;
      const start = x;
      while (x < width && test(source[y * width + x])) x++;
      if (start === x) continue;
      for (let dy = -radius; dy <= radius; dy++) {
        if (y + dy < 0 || y + dy >= height) continue;
        const reach = Math.floor(Math.sqrt(radius * radius - dy * dy)), row = (y + dy) * width;
        data.fill(value, row + Math.max(0, start - reach), row + Math.min(width, x + reach));
      }
    }
  }
  return { x0: 0, y0: 0, x1: width, y1: height };
}

/** The smallest box around the cells that pass a test, of those in a box; null where none does. */
export function extent({ data, width, height }, test, within = { x0: 0, y0: 0, x1: width, y1: height }) {
  if (!within) return null;
  let { x1: x0, y1: y0, x0: x1, y0: y1 } = within;
  for (let y = within.y0; y < within.y1; y++) {
    const row = y * width;
    let left = within.x0, right = within.x1;
    while (left < right && !test(data[row + left])) left++;
    if (left === right) continue;
    while (!test(data[row + right - 1])) right--;
    x0 = Math.min(x0, left);
    x1 = Math.max(x1, right);
    y0 = Math.min(y0, y);
    y1 = y + 1;
  }
  return x0 < x1 ? { x0, y0, x1, y1 } : null;
}

/** How many cells of a box pass a test. */
export function count({ data, width }, test, { x0, y0, x1, y1 }) {
  let n = 0;
  for (let y = y0; y < y1; y++) for (let i = y * width + x0; i < y * width + x1; i++) if (test(data[i])) n++;
  return n;
}
