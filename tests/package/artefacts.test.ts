/** What users get: the source for comparison, the URL, the binary and the npm package, on their runtimes, all put to the same cases. */
import { afterAll, describe } from "vitest";
import { ARTEFACTS, cleanUp } from "./artefacts.ts";
import { removeNodes } from "./node_versions.ts";
import { tableCases } from "./table.ts";
import { tooOldCases } from "./too_old.ts";
import { commandCases } from "./command.ts";
import { LIBRARIES } from "./libraries.ts";
import { libraryCases } from "./library.ts";
import { brokerCases, PLACES } from "./over_broker.ts";
import { ownCases } from "./own.ts";
import { recipeCases } from "./recipes.ts";

afterAll(() => {
  cleanUp();
  removeNodes();
});

describe.each(ARTEFACTS)("$name", (artefact) => {
  commandCases(artefact);
  ownCases(artefact);
});

describe.each(PLACES)("$name, over a broker", brokerCases);

describe.each(LIBRARIES)("$name, as a library", (library) => {
  describe.each(library.isolations)("(%s)", (isolation) => libraryCases(library, isolation));
});

describe("the same commands everywhere", tableCases);

describe("recipes with packages from npm", recipeCases);

describe("a Node that is too old", tooOldCases);
