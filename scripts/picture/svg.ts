/**
 * Converts frames of a terminal to an SVG that plays them. It has no script, no font and its own background, so it is
 * readable on any page.
 */

/** The text of a screen with its escape sequences. It is shown from `at` on, in milliseconds. */
export interface Frame {
  at: number;
  text: string;
}

/** A terminal's size, in cells. */
export interface Size {
  columns: number;
  rows: number;
}

/** Size of a cell, in pixels. */
const CELL = { width: 8.4, height: 18 };
const PADDING = 14;

/** How long the last frame stays before the animation starts again, in milliseconds. */
const LAST = 10_000;

/** A part of a line in one colour. */
interface Span {
  column: number;
  text: string;
  look: string;
}

const STYLE = `
svg { --ground: #f6f8fa; --edge: #d1d9e0; --text: #1f2328; --red: #cf222e; --green: #1a7f37; --dim: #818b98 }
@media (prefers-color-scheme: dark) {
  svg { --ground: #151b23; --edge: #3d444d; --text: #f0f6fc; --red: #ff7b72; --green: #3fb950; --dim: #656c76 }
}
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--text); white-space: pre }
.red { fill: var(--red) } .green { fill: var(--green) } .dim { fill: var(--dim) }`;

/** Returns the picture. Viewers who prefer no motion see the frame at two thirds. */
export function svgOf(frames: Frame[], size: Size): string {
  const [width, height] = [size.columns * CELL.width, size.rows * CELL.height].map(Math.ceil);
  const rows = new Map<string, number>();
  const film = frames.map(({ text }, frame) => {
    const lines = text.replace(/\n$/, "").split("\n");
    return lines.map((line, row) => {
      if (line === "") return "";
      if (!rows.has(line)) rows.set(line, rows.size);
      return `<use href="#r${rows.get(line)}" y="${frame * height + row * CELL.height}"/>`;
    }).join("");
  }).join("\n");
  const defs = [...rows].map(([line, id]) => `<g id="r${id}">${rowOf(line)}</g>`).join("\n");
  const still = Math.floor(frames.length * 2 / 3);
  const [w, h] = [width + 2 * PADDING, height + 2 * PADDING];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img">
<title>polyloop run over some hundred URLs, on a terminal</title>
<style>${STYLE}
.film { transform: translateY(${-still * height}px); animation: film ${
    duration(frames) / 1_000
  }s step-end infinite }
@media (prefers-reduced-motion: reduce) { .film { animation: none } }
@keyframes film { ${keyframes(frames, height)} }
</style>
<defs>
${defs}
</defs>
<rect x="0.5" y="0.5" width="${w - 1}" height="${h - 1}" rx="8" fill="var(--ground)" stroke="var(--edge)"/>
<svg x="${PADDING}" y="${PADDING}" width="${width}" height="${height}"><g class="film">
${film}
</g></svg>
</svg>
`;
}

function duration(frames: Frame[]): number {
  return Math.round(frames.at(-1)!.at - frames[0].at) + LAST;
}

function keyframes(frames: Frame[], height: number): string {
  const whole = duration(frames);
  return frames.map(({ at }, frame) => {
    const percent = ((at - frames[0].at) / whole * 100).toFixed(2);
    return `${percent}% { transform: translateY(${-frame * height}px) }`;
  }).join(" ");
}

/** Returns the SVG of a line. Bars become rectangles, because fonts leave gaps between block characters. */
function rowOf(line: string): string {
  return spansOf(line).map(({ column, text, look }) => {
    const x = (column * CELL.width).toFixed(1);
    const width = (text.length * CELL.width).toFixed(1);
    if (/^[█░]+$/.test(text)) return `<rect class="${look}" x="${x}" y="3" width="${width}" height="12"/>`;
    const kind = look === "" ? "" : ` class="${look}"`;
    return `<text${kind} x="${x}" y="14" textLength="${width}">${escaped(text)}</text>`;
  }).join("");
}

/** Splits a line at its escape sequences. Throws at a sequence that polyloop does not use. */
function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let column = 0;
  let look: Look = PLAIN;
  // deno-lint-ignore no-control-regex -- escape sequences begin with one
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith("\x1b")) {
      for (const code of part.slice(2, -1).split(";")) look = changed(look, code);
      continue;
    }
    if (part.trim() !== "") spans.push({ column, text: part, look: look.color ?? (look.dim ? "dim" : "") });
    column += part.length;
  }
  return spans;
}

interface Look {
  color: "red" | "green" | undefined;
  dim: boolean;
}

const PLAIN: Look = { color: undefined, dim: false };

function changed(look: Look, code: string): Look {
  switch (code) {
    case "":
    case "0":
      return PLAIN;
    case "2":
      return { ...look, dim: true };
    case "31":
      return { ...look, color: "red" };
    case "32":
      return { ...look, color: "green" };
    case "39":
      return { ...look, color: undefined };
    case "49":
      // The background, which always has its own colour.
      return look;
    default:
      throw new Error(`the picture does not support the escape sequence ${JSON.stringify(code)}`);
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
