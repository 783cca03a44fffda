/**
 * Turns off the native part of BullMQ's encoder (msgpackr). It would need --allow-ffi, and is not used here. This file
 * must be imported before msgpackr, which reads the variable when it is imported.
 */

import process from "node:process";

process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED ??= "true";
