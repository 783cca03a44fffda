/** The task options that each input of a map may have for itself: its transferred parts, its signal and its timeout. */

import { functionOf, listOf, signalOf, time } from "./checks.ts";
import type { ResolvedTaskOptions } from "./task_options.ts";
import type { MapOptions } from "./map_options.ts";

/** The options of a map that may be functions of an input. */
type InputOptions = Pick<MapOptions<never>, "transfer" | "inputSignal" | "timeout">;

export type OptionsOfInput = (input: unknown, index: number) => ResolvedTaskOptions;

/**
 * Makes the options of each input; undefined if all inputs have the `shared` ones. If the function throws for an input, only this
 * input fails.
 *
 * @throws {TypeError} if an option is no function
 */
export function optionsOfInputs(
  { transfer, inputSignal, timeout }: InputOptions,
  shared: ResolvedTaskOptions,
): OptionsOfInput | undefined {
  functionOf("transfer", transfer);
  functionOf("inputSignal", inputSignal);
  const timeoutOf = typeof timeout === "function" ? timeout : undefined;
  if (!transfer && !inputSignal && !timeoutOf) return undefined;
  return (given, index) => {
    const input = given as never;
    return {
      ...shared,
      transfer: transfer && listOf("transfer", transfer(input)),
      signal: signalOf("inputSignal", inputSignal?.(input, index)) ?? shared.signal,
      timeout: time("timeout", timeoutOf?.(input, index) ?? shared.timeout),
    };
  };
}
