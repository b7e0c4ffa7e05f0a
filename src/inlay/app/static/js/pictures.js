// Grids of bytes as PNG files, and back; base64.

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

export function context(width, height, options) {
  return canvasOf(width, height).getContext("2d", options);
}

const AT_ONCE = 512 * 512; // pixels: browsers put off toBlob until they are idle, up to 200 ms

/** A PNG whose grey levels are the grid's values, each passed through `level`. */
export function greyPng(grid, level = (v) => v) {
  const ctx = context(grid.width, grid.height), image = ctx.createImageData(grid.width, grid.height);
  for (let i = 0; i < grid.data.length; i++) {
    const v = level(grid.data[i]);
    image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = v;
    image.data[4 * i + 3] = 255;
  }
  ctx.putImageData(image, 0, 0);
  if (grid.data.length <= AT_ONCE) return Promise.resolve(fromDataUrl(ctx.canvas.toDataURL("image/png")));
  return new Promise((done) => ctx.canvas.toBlob(done, "image/png"));
}

/** The pixels of a picture file, unchanged by colour management, at its own or a given size. */
export async function pixelsOf(blob, size) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const width = size?.width ?? bitmap.width, height = size?.height ?? bitmap.height;
  const ctx = context(width, height, { willReadFrequently: true });
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(bitmap, 0, 0, width, height);
  const own = { width: bitmap.width, height: bitmap.height };
  bitmap.close();
  return { width, height, own, data: ctx.getImageData(0, 0, width, height).data };
}

/** The first channel of a picture as bytes. */
export async function greyOf(blob) {
  const { width, height, data } = await pixelsOf(blob);
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i];
  return { width, height, data: grey };
}

export function toDataUrl(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** The file in a data URL. (fetch would need the page's policy to allow data: as a host.) */
export function fromDataUrl(url) {
  const [head, body] = url.split(",", 2);
  const binary = atob(body), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
