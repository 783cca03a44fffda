/** The kinds of values that are paths. */

import { type Kind, TEXT, text } from "./kind.ts";

/** A module, whose path may end in `#EXPORT`. */
export function moduleName() {
  return text("a module, such as tasks.ts#name", (value) => value, {
    json: { type: "string" },
    isPath: true,
  });
}

/** A file, other than stdin or stdout. `why` is added to the message for `-`. */
export function file(why = "") {
  const json = { type: "string", minLength: 1, not: { const: "-" } };
  return text(`a file${why}`, (value) => value === "" || value === "-" ? undefined : value, {
    json,
    isPath: true,
  });
}

/** A file, or `-` for stdin or stdout. */
export function path() {
  return text('a file, or "-"', (value) => value === "" ? undefined : value, { isPath: true });
}

/** A path, or several. */
export function paths(): Kind<string[]> {
  const check: Kind<string[]>["check"] = (value) => {
    const list = Array.isArray(value) ? value : [value];
    const wrong = list.find((path) => typeof path !== "string" || path === "");
    if (wrong !== undefined || list.length === 0) {
      return { fault: `expected a file, or "-", got ${JSON.stringify(list.length === 0 ? value : wrong)}` };
    }
    const isTwice = list.filter((path) => path === "-").length > 1;
    return isTwice ? { fault: "stdin (-) can be read only once" } : { value: list };
  };
  return {
    check,
    json: { type: ["string", "array"], minLength: 1, minItems: 1, items: TEXT },
    isPath: true,
  };
}

export function configFile(): Kind<string | false> {
  return {
    check: (value) =>
      value === false || typeof value === "string" && value !== ""
        ? { value }
        : { fault: `expected a file, got ${JSON.stringify(value)}` },
    json: TEXT,
    isPath: true,
  };
}
