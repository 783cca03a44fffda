/**
 * Rows of a table, each with some work for the CPU: names of persons become pseudonyms, by a hash that is slow on
 * purpose.
 *
 * @module
 */

import { scryptSync } from "node:crypto";
import process from "node:process";

/** A row, by the names of its columns. */
export type Row = Record<string, string>;

/** Puts a pseudonym in place of the column `email`: the same for the same address, as long as `SALT` is the same. */
export function pseudonymise({ email, ...others }: Row): Row {
  const { SALT } = process.env;
  if (!SALT) throw new Error("set SALT");
  if (!email?.includes("@")) throw new Error(`no address: ${JSON.stringify(email)}`);
  return { person: scryptSync(email.trim().toLowerCase(), SALT, 8).toString("hex"), ...others };
}
