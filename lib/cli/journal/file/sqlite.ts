/** Opens the runtime's SQLite without Node 22's warning that it is experimental, because users cannot act on it. */

import process from "node:process";
import type { DatabaseSync, DatabaseSyncOptions } from "node:sqlite";

const { DatabaseSync: Database } = load();

export function openDatabase(path: string | URL, options: DatabaseSyncOptions = {}): DatabaseSync {
  return new Database(path, options);
}

function load() {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
