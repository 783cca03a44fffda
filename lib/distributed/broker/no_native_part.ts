/**
 * BullMQ's encoder has a native part, which would need --allow-ffi and does nothing here. It looks when it is imported, so
 * this is imported before it.
 *
 * @module
 */

import process from "node:process";

process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED ??= "true";
