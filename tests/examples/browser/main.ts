/// <reference lib="dom" />
/** A page that draws the Mandelbrot set in Web Workers, tile by tile. `?iterations=` sets the precision. */
import { Executor } from "../../../mod.ts";
import type { Drawn, Tile, View } from "./tasks.ts";

const TILE = 60;

const part = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const canvas = part<HTMLCanvasElement>("picture");
const [draw, cancel, reset] = ["draw", "cancel", "reset"].map((id) => part<HTMLButtonElement>(id));
const progress = part<HTMLProgressElement>("progress");
const context = canvas.getContext("2d")!;

const iterations = Number(new URLSearchParams(location.search).get("iterations") ?? 2_000);
const WHOLE: View = { x: -0.7, y: 0, span: 3.6, iterations };

/** By how much of the picture an arrow key moves it. */
const STEP = 1 / 6;

/** The view after a key: around the middle, because a key has no place as a click has. */
const KEYS: Record<string, (view: View) => View> = {
  ArrowLeft: (view) => ({ ...view, x: view.x - view.span * STEP }),
  ArrowRight: (view) => ({ ...view, x: view.x + view.span * STEP }),
  ArrowUp: (view) => ({ ...view, y: view.y - view.span * STEP }),
  ArrowDown: (view) => ({ ...view, y: view.y + view.span * STEP }),
  "+": (view) => ({ ...view, span: view.span / 2 }),
  "=": (view) => ({ ...view, span: view.span / 2 }),
  "-": (view) => ({ ...view, span: Math.min(WHOLE.span, view.span * 2) }),
  Enter: (view) => ({ ...view, span: view.span / 4 }),
  Home: () => WHOLE,
};

const executor = new Executor<typeof import("./tasks.ts")>(
  () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
  // Low, so that the picture grows tile by tile.
  { concurrency: 2, idleTimeout: Infinity },
);

let view = WHOLE;
let running: AbortController | undefined;

draw.addEventListener("click", () => show(view));
cancel.addEventListener("click", () => running?.abort());
reset.addEventListener("click", () => show(WHOLE));
canvas.addEventListener("click", ({ offsetX, offsetY }) => {
  const scale = view.span / canvas.clientWidth;
  show({
    ...view,
    x: view.x + (offsetX - canvas.clientWidth / 2) * scale,
    y: view.y + (offsetY - canvas.clientHeight / 2) * scale,
    span: view.span / 4,
  });
});
canvas.addEventListener("keydown", (event) => {
  const next = KEYS[event.key];
  if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  show(next(view));
});
show(WHOLE);

/** Draws the current view, and cancels the drawing of the last one. */
async function show(next: View): Promise<void> {
  view = next;
  part("place").textContent = placeOf(next);
  running?.abort();
  const mine = running = new AbortController();
  const tiles = tilesOf(next);
  const byWorker = new Map<number, number>();
  const begun = performance.now();
  let done = 0;
  const tell = (text: string) => {
    if (running !== mine) return;
    progress.max = tiles.length;
    progress.value = done;
    part("status").textContent = text;
    part("workers").replaceChildren(...[...byWorker].sort(([a], [b]) => a - b).map(tally));
  };

  context.clearRect(0, 0, canvas.width, canvas.height);
  cancel.disabled = false;
  tell(`0 of ${tiles.length} tiles`);
  try {
    for await (const drawn of executor.map("mandelbrot", tiles, { ordered: false, signal: mine.signal })) {
      paint(drawn);
      byWorker.set(drawn.workerId, (byWorker.get(drawn.workerId) ?? 0) + 1);
      done++;
      tell(`${done} of ${tiles.length} tiles`);
    }
    tell(`${done} tiles in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  } catch (error) {
    tell(mine.signal.aborted ? `Cancelled after ${done} of ${tiles.length} tiles` : `Failed: ${error}`);
  }
  if (running !== mine) return;
  running = undefined;
  cancel.disabled = true;
}

/** The place in words: `Middle −0.7 + 0i, 3.6 wide`. */
function placeOf({ x, y, span }: View): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(span)) + 2);
  const number = (value: number) => Number(value.toFixed(digits)).toString().replace("-", "−");
  // The plane's imaginary axis points up, and that of the picture down.
  const up = number(-y || 0);
  return `Middle ${number(x)} ${up.startsWith("−") ? "−" : "+"} ${up.replace("−", "")}i, ${
    Number(span.toPrecision(3))
  } wide`;
}

/** The picture's tiles, from the middle outwards. */
function tilesOf(view: View): Tile[] {
  const { width, height } = canvas;
  const tiles: Tile[] = [];
  for (let top = 0; top < height; top += TILE) {
    for (let left = 0; left < width; left += TILE) {
      tiles.push({ left, top, width: TILE, height: TILE, picture: { width, height }, view });
    }
  }
  const distance = ({ left, top }: Tile) =>
    Math.hypot(left + TILE / 2 - width / 2, top + TILE / 2 - height / 2);
  return tiles.sort((a, b) => distance(a) - distance(b));
}

function paint({ tile: { left, top, width, height }, pixels }: Drawn): void {
  context.putImageData(new ImageData(pixels, width, height), left, top);
}

function tally([workerId, tiles]: [number, number]): HTMLLIElement {
  const item = document.createElement("li");
  item.textContent = `worker ${workerId}: ${tiles} ${tiles === 1 ? "tile" : "tiles"}`;
  return item;
}
