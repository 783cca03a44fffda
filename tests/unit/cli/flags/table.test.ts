/** The table of flags, and everything that is made of it: a flag in the table is everywhere, and no other flag is anywhere. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { shownOptions } from "../../../../lib/cli/run/shown_options.ts";
import { configJsonSchema } from "../../../../lib/cli/config/config_schema.ts";
import { takeConfig } from "../../../../lib/cli/config/take_config.ts";
import { withhold } from "../../../../lib/cli/config/trust.ts";
import { parseArgs } from "../../../../lib/cli/flags/args.ts";
import { COMMAND_NAMES, COMMANDS } from "../../../../lib/cli/flags/commands.ts";
import { bash } from "../../../../lib/cli/flags/completions/bash.ts";
import { fish } from "../../../../lib/cli/flags/completions/fish.ts";
import { completionModel } from "../../../../lib/cli/flags/completions/model.ts";
import { zsh } from "../../../../lib/cli/flags/completions/zsh.ts";
import { textOn } from "../../../../lib/cli/flags/topic_text.ts";
import { TOPICS } from "../../../../lib/cli/flags/help_topics.ts";
import { manPage } from "../../../../lib/cli/flags/man_page.ts";
import { checkValues, CONFIG_KEYS } from "../../../../lib/cli/flags/options.ts";
import { leftToWorkers, refuseOverBroker } from "../../../../lib/cli/flags/refused_over_broker.ts";
import { type Flag, FLAGS, helpOf, isPath, kebab, wordsOf } from "../../../../lib/cli/flags/table.ts";
import { keepFlags } from "../../../../lib/cli/journal/kept_options.ts";
import { granted, isPermission } from "../../../../lib/cli/task/permissions.ts";
import { PERMISSION_NAMES } from "../../../../lib/wire/permissions.ts";
import { messageFrom } from "../../../cli/message_from.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const ALL = Object.entries<Flag>(FLAGS);

/** A value of a flag, by the name of its value in the help; nothing for a flag without one. */
function sampleOf(key: string, { usage }: Flag): string | undefined {
  const name = /[<[](.*)[>\]]$/.exec(usage)?.[1];
  if (name === undefined) return undefined;
  const samples: Record<string, string> = {
    "N": "2",
    "N|N%": "5%",
    "I/N": "3/10",
    "N/TIME": "10/s",
    "KEY=N": "host=2",
    "TIME": "30s",
    "RANGE": "1s..2s",
    "SIZE": "512mb",
    "SOURCE": "x => x",
    "#EXPORT": "t.mjs#work",
    "EXPORT": "check",
    "FILE": `${kebab(key)}.file`,
    "C": ";",
    "NAMES": "a,b",
    "NAME": "some",
    "LABEL": "gpu",
    "URL": "redis://host",
    "ADDRESS": ":9400",
    "PATHS": "a,b",
    "HOSTS": "a,b",
    "PROGRAMS": "a,b",
  };
  return wordsOf(key)[0] ?? samples[name] ?? expect.fail(`no sample for the value ${name} of ${key}`);
}

/** How the arguments have a flag with a value. */
function argumentsOf(key: string, flag: Flag): string[] {
  const long = `--${/--([\w-]+)/.exec(flag.usage)![1]}`;
  const value = sampleOf(key, flag);
  return value === undefined ? [long] : [`${long}=${value}`];
}

const isFlag = ({ usage }: Flag) => /^-{1,2}\w/.test(usage);

/** The flags that an argument list may have, and their names. */
const NAMED = ALL.filter(([, flag]) => isFlag(flag));

/** A config with every key. Those that exclude others are left out. */
const CONFIG = Object.fromEntries(
  CONFIG_KEYS.filter((key) => key !== "eval").map((key) => {
    const flag = FLAGS[key as keyof typeof FLAGS] as Flag;
    return [key, sampleOf(key, flag) ?? true];
  }),
);

describe("every flag of the table", () => {
  test.each(NAMED)("%s is taken by the commands that it names, and by no other", (key, flag) => {
    for (const name of COMMAND_NAMES) {
      const hasAnother = ALL.some(([other, { usage, in: commands }]) =>
        other !== key && commands.includes(name) &&
        argumentsOf(key, flag)[0].split("=")[0] === usage.split(" ")[0]
      );
      if (hasAnother) continue;
      const message = messageFrom(() =>
        parseArgs([name, ...("argument" in COMMANDS[name] ? ["bash"] : []), ...argumentsOf(key, flag)])
      );
      const isUnknown = /unknown option/.test(message);
      expect({ name, isUnknown, message }).toMatchObject({ name, isUnknown: !flag.in.includes(name) });
    }
  });

  test("is in the help, the completions of each shell and the man page, with its negation", () => {
    const man = manPage("0").replaceAll("\\-", "-");
    const model = completionModel();
    const scripts = [bash(model), zsh(model), fish(model)];
    for (const [key, flag] of NAMED) {
      const longs = [/--[\w-]+/.exec(flag.usage)![0]];
      if (flag.negated !== undefined) longs.push(`--no-${kebab(key)}`);
      for (const long of longs) {
        expect(man).toMatch(new RegExp(`^\\.B (-\\w, )?${long}\\b`, "m"));
        for (const name of flag.in) {
          const help = parseArgs([name, "--help"]);
          expect(help).toMatchObject({
            text: expect.stringMatching(new RegExp(`^  (-\\w, )?${long}\\b`, "m")),
          });
          const found = model.commands.find((command) => command.name === name)!.flags.filter((one) =>
            one.long === long
          );
          expect(found.length, `${name} ${long}`).toBe(1);
        }
      }
      for (const script of scripts.slice(0, 2)) for (const long of longs) expect(script).toContain(long);
      for (const long of longs) expect(scripts[2]).toContain(`-l ${long.slice(2)} `);
    }
  });

  test("has one entry for each permission", () => {
    expect(ALL.map(([key]) => granted(key)).filter((name) => name !== undefined)).toEqual(PERMISSION_NAMES);
  });

  test("that takes words shows them, and completes them", () => {
    for (const [key, flag] of NAMED) {
      for (const word of wordsOf(key)) {
        if (!flag.isStrict && key !== "onStuckThread") expect(flag.help).toContain(word);
      }
    }
    const [run] = completionModel().commands;
    expect(run.flags.find(({ long }) => long === "--progress")!.value).toEqual({
      kind: "words",
      words: ["auto", "plain", "json", "none"],
    });
  });

  test("fits one line of 80 columns in the help of run", () => {
    for (const [, flag] of NAMED.filter(([, flag]) => flag.in.includes("run"))) {
      expect(helpOf(flag, "run").length, flag.help).toBeLessThanOrEqual(52);
      expect(flag.help).toMatch(/^[A-Zaj]/);
      expect(flag.more ?? "").toMatch(/^$|\.$/);
    }
  });
});

describe("a config", () => {
  const schema = JSON.parse(configJsonSchema());
  const isValid = new Ajv2020({ strict: false }).compile(schema);

  test("has the keys of the flags that read it, and the published JSON schema has the same", () => {
    expect(Object.keys(schema.properties)).toEqual(["$schema", ...CONFIG_KEYS]);
    expect(readFileSync(join(ROOT, "lib/cli/config/polyloop.schema.json"), "utf8")).toBe(configJsonSchema());
    expect(Object.keys(CONFIG).length).toBeGreaterThan(40);
  });

  test("is valid by the JSON schema where the command line takes its values, and only there", () => {
    expect(isValid({ $schema: "x", ...CONFIG }), JSON.stringify(isValid.errors)).toBe(true);
    const cases: [key: string, ...values: unknown[]][] = [
      ["workers", 0, "x", 4, "4", 1.5, true],
      ["concurrency", 0, "auto", "16", 16, "Auto"],
      ["first", 0, 1, "1", "all", "x"],
      ["retries", 0, -1, "0"],
      ["timeout", "30s", "30", 30, "1.5m", "x"],
      ["backoff", "1s", "1s..2s", "1s..2s..3s", "x"],
      ["isolation", "thread", "fork"],
      ["input", "a", ["a", "b"], [], "", [""]],
      ["header", false, "a,b", ["a", "b"], [], true],
      ["schema", true, false, "check", 1],
      ["unordered", true, false, "yes"],
      ["rate", "100/s", "100", "1/d"],
      ["limitPer", "host=2", "host"],
      ["memory", "2gb", "2GB", "2", "2tb"],
      ["halt", 10, "10", "5%", "x", 0],
      ["errors", "e", "-", ""],
      ["output", "-", "o", ""],
      ["redis", "redis://h", "http://h"],
    ];
    for (const [key, ...values] of cases) {
      for (const value of values) {
        expect({ key, value, isValid: isValid({ [key]: value }) })
          .toEqual({ key, value, isValid: messageFrom(() => checkValues({ [key]: value })) === "" });
      }
    }
    expect(isValid({ concurency: 1 })).toBe(false);
    expect(isValid({ allowRead: ["a"], allowNet: true, allowEnv: false })).toBe(true);
  });

  test.each(["run", "bench", "worker"] as const)(
    "gives %s the options that this command takes",
    (command) => {
      const folder = mkdtempSync(join(tmpdir(), "polyloop-"));
      const path = join(folder, "polyloop.json");
      writeFileSync(path, JSON.stringify(CONFIG));
      const { values, refusal } = takeConfig({ path, named: true }, {}, { command, permissions: false });
      rmSync(folder, { recursive: true });
      const wanted = Object.keys(CONFIG).filter((key) =>
        FLAGS[key as keyof typeof FLAGS].config.includes(command)
      );
      expect(Object.keys(values).sort()).toEqual(wanted.sort());
      expect(refusal).toBeUndefined();
      for (const [key, value] of Object.entries(values)) {
        if (!isPath(key)) continue;
        const paths = granted(key) ? (value as string).split(",") : [value as string];
        for (const one of paths) expect(one.startsWith(folder), `${key}: ${one}`).toBe(true);
      }
    },
  );

  test("that was only found grants nothing, names no broker and stays in its folder", () => {
    const outside = Object.fromEntries(
      Object.entries(CONFIG).map(([key, value]) => [key, isPath(key) && !granted(key) ? "/outside" : value]),
    );
    const values: Record<string, unknown> = { ...outside, isolation: "none" };
    const refused = withhold(values, { path: "/folder/polyloop.json", permissions: false });
    const isMeant = (key: string) =>
      isPath(key) && !granted(key) || key.startsWith("redis") ||
      ["queue", "runId", "isolation"].includes(key) ||
      isPermission(key) && ("Deno" in globalThis || key === "allowAll");
    expect(refused.flatMap(({ keys }) => keys).sort()).toEqual(Object.keys(outside).filter(isMeant).sort());
    expect(Object.keys(values).sort()).toEqual(Object.keys(outside).filter((key) => !isMeant(key)).sort());
  });

  test("and the flags are shown by --dry-run, each with its origin", () => {
    const options = checkValues({
      ...CONFIG,
      redis: undefined,
      redisCa: undefined,
      redisCert: undefined,
      redisKey: undefined,
      redisPrefix: undefined,
      on: undefined,
      priority: undefined,
    });
    const origins = {
      flags: ["first"],
      config: { path: "c.json", keys: Object.keys(CONFIG), pipe: false },
      endings: {},
    };
    const rows = shownOptions({ options, flags: CONFIG, origins });
    for (const key of Object.keys(CONFIG).filter((key) => !isPermission(key))) {
      const origin = key === "first" ? "flag" : "c\\.json";
      expect(rows).toContainEqual(expect.stringMatching(new RegExp(`^  ${kebab(key)} +\\S.* ${origin}$`)));
    }
    const shown = shownOptions({
      options: checkValues({}),
      flags: {},
      origins: { flags: [], endings: {} },
    });
    expect(shown).toContainEqual(expect.stringMatching(/^ {2}first +all +default$/));
    expect(shown).toContainEqual(expect.stringMatching(/^ {2}concurrency +16 +default$/));
  });
});

test("a journal keeps the options of a run, with paths that hold from any folder", () => {
  const flags = { ...CONFIG, args: ["x"], config: "c", configPermissions: true, dryRun: true };
  const reference = { url: "file:///t.mjs", name: "t.mjs", task: "work", implied: false };
  const { cwd, ...kept } = JSON.parse(keepFlags(flags, reference));
  expect(cwd).toBe(process.cwd());
  const left = Object.keys(flags).filter((key) => !(key in kept));
  expect(left.sort()).toEqual(["config", "configPermissions", "dryRun", "journal"]);
  for (const [key, value] of Object.entries(kept)) {
    if (!isPath(key)) expect(value).toEqual(flags[key as keyof typeof flags]);
    else for (const path of String(value).split(",")) expect(isAbsolute(path), `${key}: ${path}`).toBe(true);
  }
});

test("resume takes the place of the flags that it has in common with run", () => {
  const shared = NAMED.filter(([, flag]) => flag.in.includes("resume") && flag.in.includes("run"));
  const parsed = parseArgs(["resume", "j", ...shared.flatMap(([key, flag]) => argumentsOf(key, flag))]);
  if (parsed.kind !== "resume") throw new Error(parsed.kind);
  expect(Object.keys(parsed.options.overrides).sort()).toEqual(shared.map(([key]) => key).sort());
});

test("over a broker, each flag works, is left to the workers, or is refused with a reason", () => {
  const refused = ALL.filter(([key]) => {
    try {
      refuseOverBroker({ [key]: 1 }, "run");
      return false;
    } catch (error) {
      expect((error as Error).message).toMatch(/^(-e|--[\w-]+): \w.*[^.]$/);
      return true;
    }
  });
  expect(refused.map(([key]) => key).sort()).toEqual(["eval", "schema"]);
  expect(leftToWorkers(Object.fromEntries(ALL.map(([key]) => [key, 1])))).toEqual([
    "-j",
    "-c",
    "--isolation",
    "--memory",
    "-A",
    "-P",
    ...["read", "write", "net", "env", "run", "ffi", "sys", "import"].map((name) => `--allow-${name}`),
  ]);
  const options = checkValues({ module: "a.ts", allowNet: "a.example", allowAll: true, concurrency: 4 });
  expect(leftToWorkers({ ...options }).sort()).toEqual(["--allow-net", "-A", "-c"]);
  expect(() => refuseOverBroker({ schema: "input" }, "worker")).not.toThrow();
  expect(() => refuseOverBroker({ eval: "x" }, "worker")).toThrow("-e: a function does not cross a broker");
});

describe("texts", () => {
  /** Flags of Deno and Node that topics name. */
  const OTHERS = /^--(unstable-worker-options|cached-only|import|allow-)$/;
  const known = new Set(["--help", "--version"].concat(
    NAMED.flatMap(([key, { usage }]) => [/--[\w-]+/.exec(usage)![0], `--no-${kebab(key)}`]),
  ));
  const unknownIn = (text: string) =>
    [...text.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([flag]) => flag).filter((flag) => !known.has(flag));

  test("of topics name no flag that does not exist, and list each flag of run", async () => {
    for (const topic of Object.keys(TOPICS)) {
      const text = await textOn(topic);
      const unknown = unknownIn(text).filter((flag) => !OTHERS.test(flag));
      expect({ topic, unknown }).toEqual({ topic, unknown: [] });
      expect(text).not.toContain("{flags}");
    }
    for (const [, flag] of NAMED) {
      if (!flag.in.includes("run")) continue;
      const text = await textOn(flag.topic!);
      expect(text).toMatch(new RegExp(`^  (-\\w, )?${/--[\w-]+/.exec(flag.usage)![0]}\\b`, "m"));
    }
  });

  test("of topics say which flags do not work over a broker", async () => {
    expect((await textOn("steering")).replaceAll(/\s+/g, " ").match(/(Not with|With) --redis/g)).toHaveLength(
      2,
    );
    expect(await textOn("formats")).not.toContain("--redis");
  });

  test("of the README and the recipes call polyloop with no flag that does not exist", () => {
    const calls = /polyloop (?:run|resume|status|worker|top|bench|init)\b[^\n|`#]*|^\| `-[^|]*/gm;
    for (const page of ["README.md", "tests/examples/recipes/README.md"]) {
      const found = readFileSync(join(ROOT, page), "utf8").match(calls) ?? [];
      expect(found.length).toBeGreaterThan(0);
      expect({ page, unknown: found.flatMap(unknownIn) }).toEqual({ page, unknown: [] });
    }
  });
});
