import { UserError } from "../../lib/cli/user_error.ts";

/** The line that a user gets from this call; empty if it accepts everything. */
export function messageFrom(call: () => unknown): string {
  try {
    call();
    return "";
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
