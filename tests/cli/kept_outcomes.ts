import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** How many outcomes a journal has. */
export function kept(path: string): number {
  if (!existsSync(path)) return 0;
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(db.prepare("SELECT coalesce(sum(count), 0) AS count FROM segments").get()?.count);
  } finally {
    db.close();
  }
}
