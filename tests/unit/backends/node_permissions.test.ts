import { expect, test } from "vitest";
import { withoutPermissions } from "../../../lib/backends/node_permissions.ts";

test("a worker's options add nothing to what is granted", () => {
  const options = [
    "--permission",
    "--allow-fs-read",
    "/data",
    "--allow-worker",
    "--allow-fs-write=/tmp",
    "--import",
    "x",
  ];
  expect(withoutPermissions(options)).toEqual(["--import", "x"]);
  expect(withoutPermissions(["--no-permission", "--experimental-permission"])).toEqual([]);
});
