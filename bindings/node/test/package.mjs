// SPDX-License-Identifier: Apache-2.0
// The tarball, installed without a network in an empty project outside the repository, runs the first
// program of the README as an ES module and as CommonJS.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

const packages = path.join(process.env.MLCORE_BUILD, "packages/node");
const tarballs = readdirSync(packages).filter((name) => name.endsWith(".tgz"));
const project = mkdtempSync(path.join(realpathSync(os.tmpdir()), "mlcore-node-"));
const installed = path.join(project, "node_modules/@mlcore/runtime");
after(() => rmSync(project, { recursive: true }));

function run(command, ...options) {
  const ran = spawnSync(command, options, {
    cwd: project,
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: project },
  });
  assert.equal(ran.status, 0, `${command} ${options.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

test("one tarball is installed offline, without a script", () => {
  assert.equal(tarballs.length, 1);
  writeFileSync(path.join(project, "package.json"), '{"name": "empty", "private": true}');
  run(
    "npm",
    "install",
    "--offline",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    path.join(packages, tarballs[0]),
  );
  const { scripts, dependencies } = JSON.parse(
    readFileSync(path.join(installed, "package.json"), "utf8"),
  );
  assert.deepEqual([scripts, dependencies], [undefined, undefined]);
  assert.deepEqual(
    readdirSync(path.join(installed, "native"))
      .filter((name) => !name.endsWith("copyright"))
      .sort(),
    ["libmlcore.so.0", "libsodium.so.23", "mlcore.node"],
  );
});

const readme = readFileSync(
  path.join(process.env.MLCORE_SOURCE, "bindings/node/README.md"),
  "utf8",
);
const first = /```js\n([\s\S]*?)```/.exec(readme)[1];
const artifact = path.join(process.env.MLCORE_FIXTURES, "shop.mlc");

function score(name, program) {
  writeFileSync(path.join(project, name), program);
  const printed = run(process.execPath, name, artifact);
  assert.match(printed, /^0\.\d+\n$/);
  return printed;
}

test("the README's first program runs as an ES module and as CommonJS, with one result", () => {
  const [line, ...rest] = first.split("\n");
  assert.match(line, /^import \{ Model, State \} from "@mlcore\/runtime";$/);
  const required = /`(const \{ Model, State \} = require\("@mlcore\/runtime"\);)`/.exec(readme)[1];
  const common = `${required}\n(async () => {\n${rest.join("\n")}\n})();\n`;
  assert.equal(score("first.cjs", common), score("first.mjs", first));
});

test("the library that runs is the package's own, and so is its libsodium", () => {
  const program = `import "@mlcore/runtime"; import { readFileSync } from "node:fs";
    console.log(readFileSync("/proc/self/maps", "utf8"));`;
  writeFileSync(path.join(project, "maps.mjs"), program);
  const maps = run(process.execPath, "maps.mjs");
  for (const name of ["mlcore.node", "libmlcore.so.0", "libsodium.so.23"]) {
    const loaded = new Set(
      [...maps.matchAll(new RegExp(`\\S*${name.replaceAll(".", "\\.")}\\S*`, "g"))].map(
        ([file]) => file,
      ),
    );
    assert.deepEqual([...loaded], [path.join(installed, "native", name)]);
  }
});

test("the library is the one that was built, byte for byte", () => {
  const [mine, built] = [
    path.join(installed, "native"),
    path.join(process.env.MLCORE_BUILD, "capi"),
  ].map((folder) => readFileSync(path.join(folder, "libmlcore.so.0")));
  assert.ok(mine.equals(built));
});

test("the types are found by a compiler that looks for them", () => {
  writeFileSync(
    path.join(project, "use.ts"),
    'import { Model } from "@mlcore/runtime";\nexport const open: (path: string) => Promise<Model> = Model.open;\n',
  );
  const compiler = path.join(
    process.env.MLCORE_BUILD,
    "bindings/node/node_modules/typescript/bin/tsc",
  );
  run(
    process.execPath,
    compiler,
    "--noEmit",
    "--strict",
    "--module",
    "node16",
    "--target",
    "es2022",
    "use.ts",
  );
});

test("without its library the package says what is missing, for which system", () => {
  rmSync(path.join(installed, "native/libmlcore.so.0"));
  const ran = spawnSync(process.execPath, ["first.cjs", artifact], {
    cwd: project,
    encoding: "utf8",
  });
  assert.equal(ran.status, 1);
  assert.match(
    ran.stderr,
    /@mlcore\/runtime: .*mlcore\.node was not loaded on linux-x64, Node\.js v.*libmlcore\.so\.0/,
  );
});
