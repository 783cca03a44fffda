/**
 * The files that SQLite and the journal's lock make beside a journal.
 *
 * @module
 */

/** What their names have after that of the journal. */
export const BESIDE_JOURNAL = ["-wal", "-shm", "-journal", "-lock"];
