// Large texts that a program is rarely asked for: Swagger UI, and the tables of East Asian encodings. In the bundle V8 would
// keep them in memory for as long as it runs. So each is a file beside the bundle's other assets, which the one executable
// has in it, and is read when its module is first needed.
import { writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { pathToFileURL } from "node:url"

const TEXTS = /@effect\/platform\/.*\/httpApiSwagger\.js$|iconv-lite\/encodings\/tables\/.*\.json$/

const isJson = (path) => path.endsWith(".json")

const valueOf = async (path) =>
  isJson(path) ? JSON.parse(await readFile(path, "utf8")) : { ...(await import(pathToFileURL(path).href)) }

/** What the bundle has in the module's place: `read()` is the value. */
const readingOf = (name) => `
const read = () => {
  const sea = process.getBuiltinModule("node:sea")
  if (sea?.isSea()) return JSON.parse(sea.getAsset("${name}", "utf8"))
  const [fs, path] = ["node:fs", "node:path"].map(process.getBuiltinModule)
  return JSON.parse(fs.readFileSync(path.join(__dirname, "assets", "${name}"), "utf8"))
}
`

/** esbuild's plugin: writes the texts to a folder. They are JSON, which no page can ask for. */
export const textsBeside = (folder) => ({
  name: "texts beside the bundle",
  setup: ({ onLoad }) =>
    onLoad({ filter: TEXTS }, async ({ path }) => {
      const value = await valueOf(path)
      const name = `${basename(path).replace(/\.js(on)?$/, "")}.json`
      writeFileSync(join(folder, name), JSON.stringify(value))
      const exported = isJson(path)
        ? "module.exports = read()"
        : `export const { ${Object.keys(value).join(", ")} } = read()`
      return { contents: readingOf(name) + exported, loader: "js" }
    })
})
