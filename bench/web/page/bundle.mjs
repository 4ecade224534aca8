// Makes one file of the worker and of aedes. `node bundle.mjs FOLDER`

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

await build({
  entryPoints: [here("worker.mjs")],
  outfile: `${process.argv[2]}/worker.js`,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  external: ["./core.js"],
  inject: [here("shims/globals.mjs")],
  define: { global: "globalThis" },
  // Node's own names, also where a package writes them as `node:…`.
  alias: {
    stream: "readable-stream",
    "node:stream": "readable-stream",
    "node:events": "events",
    "node:crypto": here("shims/crypto.mjs"),
    "node:util": here("shims/util.mjs"),
    util: here("shims/util.mjs"),
    assert: here("shims/assert.cjs"),
    "node:process": here("shims/globals.mjs"),
  },
  logLevel: "warning",
});
