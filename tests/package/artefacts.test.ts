/** What users get: the source for comparison, the URL, the binary and the npm package, all put to the same cases. */
import { afterAll, describe } from "vitest";
import { ARTEFACTS, cleanUp } from "./artefacts.ts";
import { commandCases } from "./command.ts";
import { ownCases } from "./library.ts";

afterAll(cleanUp);

describe.each(ARTEFACTS)("$name", (artefact) => {
  commandCases(artefact);
  ownCases(artefact);
});
