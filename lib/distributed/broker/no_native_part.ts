/**
 * Turns off the native part of BullMQ's encoder (msgpackr), which would need --allow-ffi and is not used here. msgpackr reads
 * the variable when it is imported, so this file is imported before it.
 *
 * @module
 */

import process from "node:process";

process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED ??= "true";
