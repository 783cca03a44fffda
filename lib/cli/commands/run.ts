/**
 * `polyloop run`: runs a task over all inputs, on this machine or over a broker. `run/prepare.ts` loads the module, `run/open_files.ts`
 * opens the files, and `run/session.ts` runs the inputs.
 */

import { brokerOf } from "../broker/broker_address.ts";
import type { Effective } from "../config/with_config.ts";
import type { RunOptions } from "../flags/options.ts";
import type { ExitCode } from "../run/exit_code.ts";
import { LocalHost } from "../run/local_host.ts";
import { checkFiles, openAll } from "../run/open_files.ts";
import { prepare } from "../run/prepare.ts";

/** Runs a task over all inputs. @throws {UserError} if the user has made a mistake. Nothing has run then */
export async function run(given: Effective): Promise<ExitCode> {
  const { options, flags, origins } = given;
  const broker = brokerOf(options);
  if (broker) return await (await import("../run/over_broker.ts")).runOverBroker(broker, given);
  // The next part is loaded while the first worker starts. Parts that are not needed are not loaded.
  const next = options.dryRun ? import("../run/dry_run.ts") : import("../run/session.ts");
  const prepared = await prepare(options, keepsRows(options));
  const { executor } = prepared;
  const loaded = await next;
  if ("dryRun" in loaded) {
    await checkFiles(prepared, origins);
    return await loaded.dryRun(executor, { ...prepared, flags, origins });
  }
  const opened = await openAll(prepared, { flags, origins });
  return await loaded.runSession(new LocalHost(executor, prepared.options), {
    ...prepared,
    ...opened,
    flags,
  });
}

/** Whether this thread needs no input as JSON, so that rows of CSV may be sent as they are. Inputs that fail become JSON one by one. */
function keepsRows({ dryRun, journal, batch, shard, sample, limitPer, rate }: RunOptions): boolean {
  const readsInputs = limitPer !== undefined || rate?.some(({ field }) => field !== undefined);
  return !dryRun && !readsInputs && [journal, batch, shard, sample].every((flag) => flag === undefined);
}
