import { expect, test } from "vitest";
import { allPermissions, permissionFlags } from "../../../lib/backends/deno_permissions.ts";
import { PERMISSION_NAMES } from "../../../lib/wire/permissions.ts";

test("a restricted worker is told every permission: what is not granted is denied", () => {
  const all = allPermissions({ net: ["example.com"] }, null);
  expect(Object.keys(all)).toEqual([...PERMISSION_NAMES]);
  expect(all).toEqual({
    read: false,
    write: false,
    net: ["example.com"],
    env: false,
    run: false,
    ffi: false,
    sys: false,
    import: false,
  });
});

test("a process gets a flag for each grant; native code and imports are denied by name", () => {
  const flags = permissionFlags(allPermissions({ net: ["example.com"], env: true, read: [] }, null));
  expect(flags).toEqual([
    "--allow-net=example.com",
    "--allow-env",
    "--deny-ffi",
    expect.stringMatching(/^--allow-import=\S+\.invalid$/),
  ]);
});
