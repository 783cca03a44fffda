/** The kinds of values that are paths. */

import { UserError } from "../../user_error.ts";
import { type Kind, kind, TEXT, text } from "./kind.ts";

/** A module, whose path may end in `#EXPORT`. */
export function moduleName() {
  return text("a module, such as tasks.ts#name", (value) => value, {
    json: { type: "string" },
    isPath: true,
  });
}

/** A file, other than stdin or stdout. `why` is added to the message for `-`. */
export function file(why = "") {
  return text(`a file${why}`, (value) => value === "" || value === "-" ? undefined : value, {
    json: { ...TEXT, not: { const: "-" } },
    isPath: true,
  });
}

/** A file, or `-` for stdin or stdout. */
export function path() {
  return text('a file, or "-"', (value) => value === "" ? undefined : value, { isPath: true });
}

export function paths(): Kind<string[]> {
  const check: Kind<string[]>["check"] = (value) => {
    const list = Array.isArray(value) ? value : [value];
    const wrong = list.find((path) => typeof path !== "string" || path === "");
    if (wrong !== undefined || list.length === 0) {
      throw new UserError(
        `expected a file, or "-", got ${JSON.stringify(list.length === 0 ? value : wrong)}`,
      );
    }
    if (list.filter((path) => path === "-").length <= 1) return list;
    throw new UserError("stdin (-) can be read only once");
  };
  return {
    check,
    json: { type: ["string", "array"], minLength: 1, minItems: 1, items: TEXT },
    isPath: true,
  };
}

export function configFile(): Kind<string | false> {
  const isFile = (value: unknown) => value === false || typeof value === "string" && value !== "";
  return kind("a file", (value) => isFile(value) ? value as string | false : undefined, { isPath: true });
}
