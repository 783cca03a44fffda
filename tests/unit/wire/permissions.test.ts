import { expect, test } from "vitest";
import { isPermissionName, PATH_PERMISSIONS, PERMISSION_NAMES } from "../../../lib/wire/permissions.ts";

test("isPermissionName() knows every name of the list and nothing else", () => {
  for (const name of PERMISSION_NAMES) expect(isPermissionName(name)).toBe(true);
  for (const name of ["", "Read", "all", "toString", "hrtime"]) expect(isPermissionName(name)).toBe(false);
});

test("permissions with lists of paths are permissions", () => {
  for (const name of PATH_PERMISSIONS) expect(PERMISSION_NAMES).toContain(name);
});
