// The results that are kept: a file of JSON each in bench/results; and the part of docs/performance.md made of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { documentTable } from "./results.mjs"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const FOLDER = here("../results/")
const DOCUMENT = here("../../docs/performance.md")
const [BEGIN, END] = ["<!-- Made by npm run bench -- document: -->", "<!-- End of what is made. -->"]

export const write = (path, result) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
}

export const pathOf = (name) => `${FOLDER}${name}.json`

/** By its name in bench/results, or by its path. */
export const read = (name) => {
  const path = [pathOf(name), name].find(existsSync)
  if (path === undefined) throw new Error(`there is no result ${name} in bench/results, and no such file`)
  return JSON.parse(readFileSync(path, "utf8"))
}

/** The results in bench/results, the newest first. */
export const readAll = () =>
  (existsSync(FOLDER) ? readdirSync(FOLDER) : [])
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name: name.slice(0, -5), ...JSON.parse(readFileSync(`${FOLDER}${name}`, "utf8")) }))
    .toSorted((a, b) => (a.date < b.date ? 1 : -1))

const sourceOf = ({ commit, date, machine, name }) =>
  `Result \`${name}\`: ${date.slice(0, 10)}, commit ${commit}, Node ${machine.node}, ${machine.cores} cores ` +
  `(${machine.processor}), ${machine.memoryGiB} GiB.`

const section = (result, { about, name, rounds, size, title }) =>
  [
    `### ${title}`,
    `\`npm run bench -- ${name}${size === "large" ? " --large" : ""}\`: ${about} Medians of ${rounds}.`,
    documentTable(result.measures.filter(({ bench }) => bench === name)),
    sourceOf(result)
  ].join("\n\n")

/** What the document says of results, the newest first: of each bench what the newest one has that ran it. */
export const generated = (results) => {
  const names = [...new Set(results.flatMap(({ benches }) => benches.map(({ name }) => name)))]
  const sections = names.flatMap((name) => {
    const result = results.find(({ benches }) => benches.some((bench) => bench.name === name))
    return result.benches.filter((bench) => bench.name === name).map((bench) => section(result, bench))
  })
  return sections.length === 0 ? "No result has been kept yet." : sections.join("\n\n")
}

/** The made part of the document's text. */
export const generatedPart = (text) => {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error("docs/performance.md lost its marks around what is made")
  return text.slice(begin + BEGIN.length, end).trim()
}

/** Renews the made part, and leaves the rest as people wrote it; answers the document's path. */
export const renewDocument = () => {
  const text = readFileSync(DOCUMENT, "utf8")
  const before = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
  const after = text.slice(text.indexOf(END))
  generatedPart(text)
  writeFileSync(DOCUMENT, `${before}\n\n${generated(readAll())}\n\n${after}`)
  return DOCUMENT
}
