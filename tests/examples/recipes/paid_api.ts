/**
 * Calls of an API that costs money: nothing is paid for twice, and what cannot succeed is not tried again.
 *
 * @module
 */

import { createHash } from "node:crypto";
import process from "node:process";
import type { TaskContext } from "../../../mod.ts";

/** A line of the input. */
export interface Prompt {
  id: string;
  prompt: string;
}

/** A line of the output. */
export interface Answer {
  id: string;
  answer: string;
}

/** Asks the API at `API_URL`, with `API_KEY`. */
export async function ask({ id, prompt }: Prompt, { signal }: TaskContext): Promise<Answer> {
  const { API_URL = "", API_KEY = "" } = process.env;
  const response = await fetch(API_URL, {
    method: "POST",
    signal,
    headers: {
      "authorization": `Bearer ${API_KEY}`,
      "content-type": "application/json",
      // The same for each attempt and each run: an API that knows such keys charges once.
      "idempotency-key": createHash("sha256").update(`${id}\n${prompt}`).digest("hex"),
    },
    body: JSON.stringify({ prompt }),
  });
  const body = await response.text();
  if (!response.ok) throw refusal(response, body);
  return { id, answer: JSON.parse(body).answer };
}

/** 429 and 5xx pass; any other refusal stands: an endless `retryAfter` ends the retries. */
function refusal({ status, headers }: Response, body: string): Error {
  const error = new Error(`the API answered ${status}: ${body.slice(0, 200)}`);
  if (status !== 429 && status < 500) return Object.assign(error, { retryAfter: Infinity });
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return seconds >= 0 ? Object.assign(error, { retryAfter: seconds }) : error;
}
