/** The kinds of values that are words, names or other texts, and flags without a value. */

import { hasPassword, readUrl } from "../../../distributed/broker/broker_url.ts";
import { isName, isPrefix, NAME_RULE, PREFIX_RULE } from "../../../distributed/broker/names.ts";
import { EVERYTHING } from "../../task/permissions.ts";
import { UserError } from "../../user_error.ts";
import { type Kind, kind, pattern, TEXT, text } from "./kind.ts";

export function yes(): Kind<boolean> {
  return kind("true or false", (value) => typeof value === "boolean" ? value : undefined, {
    json: { type: "boolean" },
  });
}

/** Whether outcomes are written, or all that is known of them. */
export function envelope(): Kind<boolean | "full"> {
  return kind("short or full, or no value for short", (value) => {
    if (typeof value === "boolean" || value === "full") return value;
    return value === "short" ? true : undefined;
  }, { json: { enum: [true, false, "short", "full"] }, words: ["short", "full"] });
}

export function word<const T extends string>(...words: T[]) {
  return text(words.join(" or "), (value) => words.find((known) => known === value), {
    json: { enum: words },
    words,
  });
}

export function source() {
  return text("the source of a function", (value) => value.trim() === "" ? undefined : value);
}

export function texts(): Kind<string[]> {
  const areTexts = (value: unknown) =>
    Array.isArray(value) && value.every((text) => typeof text === "string");
  return kind("a list of texts", (value) => areTexts(value) ? value as string[] : undefined, {
    json: { type: "array", items: TEXT },
  });
}

/** The separator of the values in a row: a character, or the name of one that is hard to type. */
export function separator() {
  return text('a character such as ";" or the word tab (no quote or newline)', (value) => {
    if (value === "tab" || value === "\\t") return "\t";
    return value.length === 1 && !'"\r\n'.includes(value) && value.isWellFormed() ? value : undefined;
  });
}

/** The names of columns, as a text with commas or as a list; false if a file has no header. */
export function header(): Kind<string[] | false> {
  const check: Kind<string[] | false>["check"] = (value) => {
    if (value === false) return false;
    const names = typeof value === "string" ? value.split(",") : value;
    const isList = Array.isArray(names) && names.length > 0 &&
      names.every((name) => typeof name === "string");
    if (isList && !names.includes("") && new Set(names).size === names.length) return names;
    throw new UserError(`expected different column names such as id,name; got ${JSON.stringify(value)}`);
  };
  return { check, json: { anyOf: [{ const: false }, TEXT, { type: "array", items: TEXT, minItems: 1 }] } };
}

/** The name of an export; true means `usual`. */
export function exportName(usual: string): Kind<string | undefined> {
  const check: Kind<string | undefined>["check"] = (value) => {
    if (value === true) return usual;
    if (value === false) return undefined;
    if (typeof value === "string" && value !== "") return value;
    const got = JSON.stringify(value);
    throw new UserError(`expected the name of an export, or no value for "${usual}", got ${got}`);
  };
  return { check, json: { type: ["boolean", "string"], minLength: 1 } };
}

/** A list after `=`, or no value for everything. */
export function grant({ isPath }: { isPath: boolean }) {
  return text("a list such as =A,B, or no value for everything", (value) => {
    if (value === EVERYTHING) return true;
    const items = value.split(",");
    return items.includes("") ? undefined : items;
  }, { json: { type: ["boolean", "string", "array"], items: TEXT, minItems: 1 }, isPath });
}

/** The URL of a broker. The message does not repeat an invalid one, because it may contain a password. */
export function brokerUrl(): Kind<string> {
  const check: Kind<string>["check"] = (value) => {
    const { url, fault } = readUrl(typeof value === "string" ? value : "");
    if (!url) throw new UserError(fault.replace(/^must be/, "expected").replace(/^has/, "the URL has"));
    if (!hasPassword(url)) return value as string;
    throw new UserError(
      "a password on a command line, in a config or a journal can be read by others: " +
        "leave --redis out and put the URL into the environment variable POLYLOOP_REDIS",
    );
  };
  return { check, json: pattern("(rediss?(-sentinel)?|unix)://.*") };
}

export function name() {
  return text(NAME_RULE, (value) => isName(value) ? value : undefined);
}

export function labels(): Kind<string[]> {
  const check: Kind<string[]>["check"] = (value) => {
    const list = Array.isArray(value) ? value : [value];
    const wrong = list.find((one) => typeof one !== "string" || !isName(one));
    if (list.length > 0 && wrong === undefined) return list;
    throw new UserError(`expected ${NAME_RULE}, got ${JSON.stringify(wrong ?? value)}`);
  };
  return { check, json: { anyOf: [TEXT, { type: "array", items: TEXT, minItems: 1 }] } };
}

export function keyPrefix() {
  return text(PREFIX_RULE, (value) => isPrefix(value) ? value : undefined);
}

/** `:9400`, `127.0.0.1:9400`. */
export function address() {
  return text("a port or an address such as :9400 or 127.0.0.1:9400", (value) => {
    const match = /^(?:(\[[0-9a-f:]+\]|[^:\s]*):)?(\d{1,5})$/i.exec(value);
    const port = Number(match?.[2]);
    return match && port <= 65_535 ? { host: match[1]?.replace(/[[\]]/g, "") || undefined, port } : undefined;
  });
}
