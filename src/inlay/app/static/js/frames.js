// A face's frame {x, y, side, angle}: a square in portrait framing, turned clockwise, and the face's box in it.

// Shares of the side, as in inlay/geometry/face_frame.py.
const WIDTH = 0.54, HEIGHT = 0.675, MIDDLE = 0.57;
export const EYES = [[0.3775, 0.4775], [0.622, 0.4775]], MOUTH = [[0.42, 0.75], [0.58, 0.75]];
const SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]];
const SMALLEST = 8; // pixels: the side of a frame; the server takes no smaller box of a face than 4

/** The photo's point at a place in the frame, (0, 0) to (1, 1) from its upper left corner. */
export function pointAt({ x, y, side, angle }, [u, v]) {
  const cos = Math.cos(angle) * side, sin = Math.sin(angle) * side;
  return { x: x + cos * (u - 0.5) - sin * (v - 0.5), y: y + sin * (u - 0.5) + cos * (v - 0.5) };
}

export const squareOf = (frame) => SQUARE.map((place) => pointAt(frame, place));
export const cornersOf = (frame) => SQUARE.map(([u, v]) => pointAt(frame, [0.5 + (u - 0.5) * WIDTH, MIDDLE + (v - 0.5) * HEIGHT]));
export const middleOf = (frame) => pointAt(frame, [0.5, MIDDLE]);
export const topOf = (frame, above = 0) => pointAt(frame, [0.5, MIDDLE - HEIGHT / 2 - above / frame.side]);

/** Whether a point lies in the face's box. */
export function holds({ x, y, side, angle }, point) {
  const dx = (point.x - x) / side, dy = (point.y - y) / side, cos = Math.cos(angle), sin = Math.sin(angle);
  return Math.abs(cos * dx + sin * dy) <= WIDTH / 2 && Math.abs(cos * dy - sin * dx + 0.5 - MIDDLE) <= HEIGHT / 2;
}

/** The frame of an upright face between two corners, forehead to chin and ear to ear. */
export function frameOfBox(a, b) {
  const side = Math.max(Math.abs(a.x - b.x) / WIDTH, Math.abs(a.y - b.y) / HEIGHT);
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 - (MIDDLE - 0.5) * side, side, angle: 0 };
}

/** Left, top, width, height and degrees of the face, as the command line takes it. */
export function boxOf(frame) {
  const width = WIDTH * frame.side, height = HEIGHT * frame.side, { x, y } = middleOf(frame);
  return [x - width / 2, y - height / 2, width, height, (180 / Math.PI) * frame.angle];
}

/** The frame at another size or angle around the middle of the face, or moved; the middle stays in the photo. */
export function changed(frame, photo, { side = frame.side, angle = frame.angle, dx = 0, dy = 0 }) {
  const from = middleOf(frame), largest = 2 * Math.max(photo.width, photo.height);
  const next = { ...frame, side: Math.min(largest, Math.max(SMALLEST, side)), angle: Math.atan2(Math.sin(angle), Math.cos(angle)) };
  const x = Math.min(photo.width, Math.max(0, from.x + dx)), y = Math.min(photo.height, Math.max(0, from.y + dy)), to = middleOf(next);
  return { ...next, x: next.x + x - to.x, y: next.y + y - to.y };
}
