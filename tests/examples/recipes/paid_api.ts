/**
 * Calls an API that costs money: nothing is paid twice, its limits are kept, and the cost is counted. Permanent refusals are not
 * retried.
 */

import { createHash } from "node:crypto";
import process from "node:process";
import type { TaskContext } from "../../../mod.ts";

/** The price of a token in US dollars. */
const PRICE = 0.000_002;

/** A line of the input. */
export interface Prompt {
  id: string;
  prompt: string;
  /** Number of tokens that the call is likely to use, for `--rate`. */
  tokens: number;
}

/** A line of the output. */
export interface Answer {
  id: string;
  answer: string;
}

/** Asks the API at `API_URL`, with `API_KEY`. */
export async function ask({ id, prompt }: Prompt, { signal, used, count }: TaskContext): Promise<Answer> {
  const { API_URL = "", API_KEY = "" } = process.env;
  const response = await fetch(API_URL, {
    method: "POST",
    signal,
    headers: {
      "authorization": `Bearer ${API_KEY}`,
      "content-type": "application/json",
      // The key is the same in each attempt and after `resume`: an API that supports such keys charges once.
      "idempotency-key": createHash("sha256").update(`${id}\n${prompt}`).digest("hex"),
    },
    body: JSON.stringify({ prompt }),
  });
  const body = await response.text();
  if (!response.ok) throw refusal(response, body);
  const { answer, usage } = JSON.parse(body);
  used("tokens", usage.tokens);
  count("tokens", usage.tokens);
  count("usd", usage.tokens * PRICE);
  return { id, answer };
}

/**
 * The error of a refusal. 429 and 5xx are temporary, and a `retryAfter` pauses all calls. An infinite one ends the retries of all
 * other refusals.
 */
function refusal({ status, headers }: Response, body: string): Error {
  const error = new Error(`the API answered ${status}: ${body.slice(0, 200)}`);
  if (status !== 429 && status < 500) return Object.assign(error, { retryAfter: Infinity });
  return Object.assign(error, { retryAfter: headers.get("retry-after") ?? undefined });
}
