/** Reads what user code may refuse to tell: a getter, a `toJSON()` or the trap of a proxy may throw. */

/** Returns what `read` returns, or `otherwise` if it throws. */
export function attempt<T, O = undefined>(read: () => T, otherwise?: O): T | O {
  try {
    return read();
  } catch {
    return otherwise as O;
  }
}
