/**
 * Replaces e-mail addresses in rows of a table by pseudonyms. The hash is slow on purpose, so each row is work for the CPU.
 */

import { scryptSync } from "node:crypto";
import process from "node:process";

/** A row: column name → cell. */
export type Row = Record<string, string>;

/** Replaces the column `email` by a pseudonym. With the same `SALT`, an address always has the same pseudonym. */
export function pseudonymise({ email, ...others }: Row): Row {
  const { SALT } = process.env;
  if (!SALT) throw new Error("set SALT");
  if (!email?.includes("@")) throw new Error(`no address: ${JSON.stringify(email)}`);
  return { person: scryptSync(email.trim().toLowerCase(), SALT, 8).toString("hex"), ...others };
}
