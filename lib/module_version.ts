/**
 * Finds the version that a module states: `export const version = "3"`. The module is not loaded, because a process that only
 * hands out the inputs of a run never loads it. Therefore the version has to be written out in the module's own file.
 */

/** A comment, a text in quotes, the beginning or end of a template or of a part of it, or a slash of another meaning. */
const TOKEN = /\/\/.*|\/\*[^]*?(?:\*\/|$)|"(?:[^"\\\n]+|\\[^])*"?|'(?:[^'\\\n]+|\\[^])*'?|[`{}/]/g;

/** The text of a template up to its end or to its next `${`. */
const TEMPLATE = /(?:[^`\\$]+|\\[^]|\$(?!\{))*(?:`|\$\{|$)/y;

/** A regular expression. It is one if no value precedes it. */
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//y;

/** Text after which a slash divides: a name, a number, a closing bracket or quote. */
const VALUE = /[\w$)\]"'`]\s*$/;

/** A word after which a slash begins a regular expression. */
const KEYWORD = /(?<![\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|yield|await)\s*$/;

const EXPORT = /(?<![\w$.])export\s+const\s+version\s*(?::[^=;]*)?=\s*/;

/** An export of a list: `export { version }`, `export { v as version }`. Not one of another module. */
const LISTED =
  /(?<![\w$.])export\s*\{(?:[^}]*,)?\s*(?:([\w$]+)\s+as\s+)?version\s*(?:,[^}]*)?\}(?!\s*from\b)/;

/** An export that may be a version, in any form. */
const OTHER =
  /(?<![\w$.])export\s+(?:const|let|var)\s[^;(]*?\bversion\b|(?<![\w$.])export\s*\{[^}]*\bversion\b|\bexports\.version\b/;

const LITERAL =
  /"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'|`((?:\\[^]|\$(?!\{)|[^`\\$])*)`|(-?\d[\d_.]*n?)(?![\w$])/y;

/** The end of a statement after a literal, so that the literal is the whole value. */
const END =
  /[^\S\n]*(?:(?:as|satisfies)\s+[\w$.]+[^\S\n]*)?(?:$|[;,]|\n\s*(?![\s+\-*/%.?([<>&|=^,`]|$)|\n\s*$)/y;

/** The version that the text of a module states; undefined if there is none. */
export function versionIn(text: string): string | undefined {
  // Most modules state none.
  if (!/\bversion\b/.test(text)) return undefined;
  const code = withoutTexts(text);
  const found = EXPORT.exec(code) ?? listedIn(code);
  if (!found) return undefined;
  LITERAL.lastIndex = found.index + found[0].length;
  const literal = LITERAL.exec(text);
  if (!literal) return undefined;
  END.lastIndex = LITERAL.lastIndex;
  return END.test(code) ? literal.slice(1).find((value) => value !== undefined) : undefined;
}

/** Whether the text of a module seems to export a version that cannot be read. */
export function hasOtherVersion(text: string): boolean {
  return versionIn(text) === undefined && OTHER.test(withoutTexts(text));
}

/** The declaration of the version that a list exports; undefined if it may be one of several. */
function listedIn(code: string): RegExpExecArray | undefined {
  const listed = LISTED.exec(code);
  if (!listed) return undefined;
  const [, name = "version"] = listed;
  const declaration = new RegExp(
    `(?<![\\w$.])const\\s+${name.replaceAll("$", "\\$")}\\s*(?::[^=;]*)?=\\s*`,
    "g",
  );
  const found = [...code.matchAll(declaration)];
  return found.length === 1 ? found[0] : undefined;
}

/** Number of characters before a slash that say what it means. A guess: more than a keyword and the spaces behind it. */
const BEFORE = 200;

/** Replaces comments and the contents of texts, templates and regular expressions by spaces. Everything keeps its place. */
function withoutTexts(text: string): string {
  const pieces: string[] = [];
  /** The last characters of the pieces. */
  let before = "";
  /** For each template whose code is read, the number of braces that are open in this code. */
  const open: number[] = [];
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    keep(text.slice(at, token?.index));
    if (!token) return pieces.join("");
    const [found] = token;
    if (found === "`" || found === "{" || found === "}") {
      keep(found);
      if (found === "`") passTemplate();
      else countBrace(found);
    } else if (found === "/") {
      const isRegExp = !VALUE.test(before) || KEYWORD.test(before);
      if (!isRegExp || pass(REGEXP) === "") keep(found);
    } else if (found[0] === "/") {
      keep(blank(found));
    } else {
      // The quotes stay, because a slash behind a text divides.
      keep(found[0] + blank(found.slice(1, -1)) + found.slice(1).slice(-1));
    }
  }

  /** Takes the next characters of the result. */
  function keep(piece: string): void {
    pieces.push(piece);
    before = (before + piece.slice(-BEFORE)).slice(-BEFORE);
    at += piece.length;
  }

  /** Replaces what a pattern matches here by spaces. Returns it. */
  function pass(pattern: RegExp): string {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    keep(blank(found));
    return found;
  }

  /** Passes over the text of a template, up to its end or to its next code. */
  function passTemplate(): void {
    const found = pass(TEMPLATE);
    if (found.endsWith("${")) open.push(0);
    else before += "`";
  }

  function countBrace(brace: "{" | "}"): void {
    if (open.length === 0) return;
    if (brace === "{") open[open.length - 1]++;
    else if (open[open.length - 1]-- === 0) {
      open.pop();
      passTemplate();
    }
  }
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
