// Bundles the program into one file: `node packaging/bundle.mjs FILE [--readable]`, after the build's tsc. `--readable` keeps
// line breaks, and says where each module begins.
import { mkdirSync, writeFileSync } from "node:fs"
import { build } from "esbuild"
import { textsBeside } from "./texts.mjs"

const ASSETS = "dist/assets"

/** Long lines are broken, so that the place of an error says something. */
const LINE_MAX = 160

/**
 * V8 keeps a text of ASCII alone in one byte a character, and else in two. An escape means the same in strings, patterns
 * and names; in comments it is harmless. Only `String.raw` would tell them apart.
 */
const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

const [file, readable] = process.argv.slice(2)
mkdirSync(ASSETS, { recursive: true })
const { outputFiles } = await build({
  entryPoints: ["dist/src/main.js"],
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["libsql"],
  // The parser of MQTT says each of its steps to `debug`, which nobody listens to: that took 1 kB of each message.
  alias: { debug: "./packaging/silent.cjs" },
  plugins: [textsBeside(ASSETS)],
  // The text stays in memory as long as the program runs: without its indents it is 3 MB less.
  ...(readable === undefined ? { minifyWhitespace: true, lineLimit: LINE_MAX } : {}),
  write: false,
  logLevel: "warning",
  logOverride: { "empty-import-meta": "silent" }
})
for (const { text } of outputFiles) writeFileSync(file, text.replace(/[^\0-\x7f]/g, escape))
