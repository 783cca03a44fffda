/**
 * Finds parts of the pages that have all words of the question: words in a title first. The index is loaded with the first key.
 * Both are plain scripts, as browsers load neither modules nor data for pages that are opened as files.
 */

const root = document.currentScript.dataset.root;
const input = document.querySelector("#search");
const found = document.querySelector("#found");
const MOST = 12;
let index;

async function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return close();
  index ??= load(`${root}search_index.js`);
  await index;
  const sections = globalThis.searchIndex;
  const rated = sections.flatMap((section) => {
    const rate = rateOf(section, words);
    return rate > 0 ? [{ section, rate }] : [];
  });
  rated.sort((one, other) => other.rate - one.rate);
  found.replaceChildren(...rated.slice(0, MOST).map(({ section }) => entryOf(section, words)));
  if (rated.length === 0) {
    found.replaceChildren(Object.assign(document.createElement("li"), { textContent: "Nothing found" }));
  }
  found.hidden = false;
}

function load(src) {
  return new Promise((onload, onerror) =>
    document.head.append(Object.assign(document.createElement("script"), { src, onload, onerror }))
  );
}

/** 0 if a word is missing; more for words in a title, and most for a page of that name. */
function rateOf({ page, title, text }, words) {
  const heading = `${page} ${title}`.toLowerCase();
  const body = text.toLowerCase();
  const whole = heading.split(/\W+/);
  let rate = 0;
  for (const word of words) {
    if (page.toLowerCase() === word) rate += 20;
    else if (whole.includes(word)) rate += 15;
    else if (heading.includes(word)) rate += 10;
    else if (body.includes(word)) rate += 1;
    else return 0;
  }
  return rate;
}

function entryOf({ path, id, page, title, text }, words) {
  const link = document.createElement("a");
  link.href = `${root}${path}${id ? `#${id}` : ""}`;
  const name = document.createElement("b");
  name.textContent = title && title !== page ? `${page}: ${title}` : page;
  const at = text.lastIndexOf(" ", Math.max(0, text.toLowerCase().indexOf(words[0]) - 60)) + 1;
  const excerpt = document.createElement("span");
  excerpt.textContent = text.slice(at, at + 160);
  link.append(name, excerpt);
  const entry = document.createElement("li");
  entry.append(link);
  return entry;
}

function close() {
  found.hidden = true;
}

input.addEventListener("input", search);
addEventListener("keydown", (event) => {
  const links = [...found.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "/" && document.activeElement !== input) input.focus();
  else if (event.key === "Escape") close();
  else if (event.key === "ArrowDown" && !found.hidden) links[at + 1]?.focus();
  else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] ?? input).focus();
  else if (event.key === "Enter" && document.activeElement === input) links[0]?.click();
  else return;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (!found.contains(event.target)) close();
});
