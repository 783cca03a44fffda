/** What the page's workers run: one tile of the Mandelbrot set. */
import type { TaskContext } from "../../../mod.ts";

/** The view: the middle of the picture, its width in the plane, and the iterations after which a point counts as inside. */
export interface View {
  x: number;
  y: number;
  span: number;
  iterations: number;
}

/** A part of the picture, in pixels. */
export interface Tile {
  left: number;
  top: number;
  width: number;
  height: number;
  picture: { width: number; height: number };
  view: View;
}

/** The pixels of a tile, and the worker that computed them. */
export interface Drawn {
  tile: Tile;
  pixels: Uint8ClampedArray<ArrayBuffer>;
  workerId: number;
}

/** The longest time for which a tile blocks the messages of its worker, in milliseconds. */
const SLICE = 12;

export async function mandelbrot(tile: Tile, { signal, transfer, workerId }: TaskContext): Promise<Drawn> {
  const pixels = new Uint8ClampedArray(tile.width * tile.height * 4);
  let since = performance.now();
  for (let row = 0; row < tile.height; row++) {
    drawRow(tile, row, pixels);
    if (performance.now() - since < SLICE) continue;
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    since = performance.now();
  }
  // Moved, not copied.
  return transfer({ tile, pixels, workerId }, [pixels.buffer]);
}

function drawRow({ left, top, width, picture, view }: Tile, row: number, pixels: Uint8ClampedArray): void {
  const scale = view.span / picture.width;
  const y = view.y + (top + row - picture.height / 2) * scale;
  for (let column = 0; column < width; column++) {
    const x = view.x + (left + column - picture.width / 2) * scale;
    pixels.set(colour(escape(x, y, view.iterations)), (row * width + column) * 4);
  }
}

/** How soon a point escapes, smoothly; 0 if it does not. */
function escape(x: number, y: number, iterations: number): number {
  let [a, b] = [0, 0];
  for (let n = 0; n < iterations; n++) {
    const [aa, bb] = [a * a, b * b];
    if (aa + bb > 256) return n + 1 - Math.log2(Math.log2(aa + bb) / 2);
    b = 2 * a * b + y;
    a = aa - bb + x;
  }
  return 0;
}

/** Night blue to gold and back. */
function colour(n: number): [number, number, number, number] {
  if (n === 0) return [10, 12, 24, 255];
  const wave = (shift: number) => 0.5 + 0.5 * Math.cos(2 * Math.PI * (Math.sqrt(n) * 0.18 + shift));
  return [255 * wave(0.55), 40 + 190 * wave(0.62), 80 + 160 * wave(0.75), 255];
}
