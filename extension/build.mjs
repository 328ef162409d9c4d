// Checks the types and writes the unpacked extension: `node build.mjs [FOLDER]`, else to `dist/`.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist"));

execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "--noEmit", "-p", here], {
  stdio: "inherit",
});
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: ["src/content.ts", "src/worker.ts", "src/popup.ts"],
  outdir: out,
  bundle: true,
  format: "iife",
  target: ["chrome121", "firefox128"],
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
});
cpSync(join(here, "static"), out, { recursive: true });

// The licence of the one library that the bundle holds goes with it.
const library = join(here, "node_modules/dom-accessibility-api");
const { version, license } = JSON.parse(readFileSync(join(library, "package.json"), "utf8"));
writeFileSync(
  join(out, "LICENSES.txt"),
  `content.js holds dom-accessibility-api ${version} (${license}):\n\n${readFileSync(join(library, "LICENSE.md"), "utf8")}`,
);
