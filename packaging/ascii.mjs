// Escapes what is not ASCII in a script, in place: `node packaging/ascii.mjs FILE`. V8 keeps a text of ASCII alone in
// one byte a character, and else in two. An escape means the same in strings, patterns and names; in comments it is
// harmless. Only `String.raw` would tell them apart.
import { readFileSync, writeFileSync } from "node:fs"

const [file] = process.argv.slice(2)
const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
writeFileSync(file, readFileSync(file, "utf8").replace(/[^\0-\x7f]/g, escape))
