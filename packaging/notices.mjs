// Writes what is bundled, with each licence and its text: `node packaging/notices.mjs FILE`, after the build's tsc. Fails
// where one is not permissive, or says no terms.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

/** All of them allow use, change and distribution, closed or open, for the price of a notice. */
export const PERMISSIVE = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "Unlicense",
  "CC0-1.0"
])

/** Of an expression of SPDX: one of what OR names, or all of what AND names. */
export const isPermissive = (expression) =>
  expression
    .replace(/[()]/g, "")
    .split(/ OR /)
    .some((all) => all.split(/ AND /).every((one) => PERMISSIVE.has(one.trim())))

const ROOT = resolve(fileURLToPath(import.meta.url), "../..")

/** The folder of the package that a file is of; undefined: it is ours. */
const packageOf = (file) => {
  const at = file.lastIndexOf("node_modules/")
  if (at === -1) return undefined
  const [scope, name] = file.slice(at + 13).split("/")
  return join(file.slice(0, at), "node_modules", scope.startsWith("@") ? `${scope}/${name}` : scope)
}

const inputsOf = async (entryPoints, options) => {
  const { metafile } = await build({
    ...{ absWorkingDir: ROOT, entryPoints, bundle: true, write: false, metafile: true, outdir: "dist/none" },
    ...{ logLevel: "error", logOverride: { "empty-import-meta": "silent" } },
    ...options
  })
  return Object.keys(metafile.inputs).map((file) => resolve(ROOT, file))
}

/** A package that is installed with ours, and what it needs in turn. */
const installed = (name, from, found = new Set()) => {
  let folder = from
  while (!existsSync(join(folder, "node_modules", name, "package.json"))) {
    if (folder === dirname(folder)) return found
    folder = dirname(folder)
  }
  const own = join(folder, "node_modules", name)
  if (found.has(own)) return found
  found.add(own)
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(own, "package.json"), "utf8")
  )
  for (const one of Object.keys({ ...dependencies, ...optionalDependencies })) installed(one, own, found)
  return found
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.\w+|-\w+)*$/i

const noticeOf = (folder) => {
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .map((file) => readFileSync(join(folder, file), "utf8").trim())
  return { name, version, license: typeof license === "string" ? license : "", texts }
}

/** What another package holds as a text of its own, without its terms: Swagger UI, in that of the platform. */
const SWAGGER = /[/\\]httpApiSwagger\.js$/
const SWAGGER_VERSION = /PACKAGE_VERSION:\\?"([\d.]+)/
const SWAGGER_TERMS = `swagger-ui
Copyright 2020-2021 SmartBear Software Inc.

It holds React, Redux, Immutable.js, DOMPurify and others in turn: the file swagger-ui-bundle.js.LICENSE.txt of its package
names them and their terms.`
/** A package under the same licence, which has its text. */
const APACHE = "node_modules/detect-libc/LICENSE"

const inlinedIn = (files) =>
  files
    .filter((file) => SWAGGER.test(file))
    .map((file) => ({
      name: "swagger-ui",
      version: SWAGGER_VERSION.exec(readFileSync(file, "utf8"))?.[1] ?? "",
      license: "Apache-2.0",
      texts: [SWAGGER_TERMS, readFileSync(join(ROOT, APACHE), "utf8").trim()]
    }))

/** What is in the package that we publish: bundled, or installed with it. By name. */
export const noticesOf = async () => {
  const files = [
    ...(await inputsOf(["dist/src/main.js"], { platform: "node", format: "cjs", external: ["libsql"] })),
    ...(await inputsOf(["src/web/islands/PageIsland.ts", "src/web/islands/ExploreIsland.ts"], {
      format: "esm"
    }))
  ]
  const folders = new Set(files.map(packageOf).filter((folder) => folder !== undefined))
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  for (const name of Object.keys(dependencies)) for (const one of installed(name, ROOT)) folders.add(one)
  const byName = new Map(
    [...[...folders].map(noticeOf), ...inlinedIn(files)].map((notice) => [
      `${notice.name}@${notice.version}`,
      notice
    ])
  )
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

if (resolve(process.argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  const notices = await noticesOf()
  const wrong = notices.filter(({ license }) => !isPermissive(license))
  for (const { license, name } of wrong) console.error(`${name}: its licence "${license}" is not on the list`)
  if (wrong.length > 0) process.exit(1)
  const sections = notices.map(
    ({ license, name, texts, version }) =>
      `## ${name} ${version}\n\n${license}\n\n${texts.map((text) => `\`\`\`\`text\n${text}\n\`\`\`\`\n`).join("\n")}`
  )
  writeFileSync(
    process.argv[2] ?? "dist/THIRD-PARTY.md",
    `# What is bundled, and its licences\n\n${sections.join("\n")}`
  )
}
