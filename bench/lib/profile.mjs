// What a CPU profile of a server says: how much of its work was done for some of its modules, by whole stacks of calls.
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"

/** Flags of a server that writes its profile into a folder when it ends. */
export const profileFlags = (folder) => ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=500"]

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/** The built program with the names of its modules, made beside it, as it finds its files there. */
export const readableProgram = () => {
  const program = path("dist/readable.cjs")
  execFileSync(process.execPath, [path("packaging/bundle.mjs"), program, "--readable"], { cwd: path(".") })
  return program
}

/** No work of anybody's: what waits, and what can't be told from one another. */
const NOBODYS = new Set(["(idle)", "(program)", "(garbage collector)", "(root)"])
/** As the bundler marks where a module begins. */
const MODULE = /^\/\/ (\S+\.[cm]?[jt]s)$/

/** By line of a readable program: the module that it is of. */
const modulesOf = (program) => {
  let module = ""
  return readFileSync(program, "utf8")
    .split("\n")
    .map((line) => {
      module = MODULE.exec(line)?.[1] ?? module
      return module
    })
}

/**
 * The part of a server's work, in %, that was done for functions whose `module:name` matches: by them, or by what they
 * called. The server ran a readable program. Collecting garbage is left out of both, so each is taken to make as much of
 * it as it works.
 */
export const shareOf = (folder, program, pattern) => {
  const [file] = readdirSync(folder)
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), "utf8"))
  const modules = modulesOf(program)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const isOwn = ({ callFrame: { functionName, lineNumber, url } }) =>
    pattern.test(`${url.endsWith(basename(program)) ? modules[lineNumber] : url}:${functionName}`)
  const counts = new Map()
  // A node stands before what it called.
  for (const node of nodes) {
    counts.set(node.id, counts.get(node.id) === true || isOwn(node))
    for (const child of node.children ?? []) counts.set(child, counts.get(node.id))
  }
  let [own, all] = [0, 0]
  for (const [index, id] of samples.entries()) {
    if (NOBODYS.has(byId.get(id).callFrame.functionName)) continue
    all += timeDeltas[index]
    if (counts.get(id)) own += timeDeltas[index]
  }
  return (own / all) * 100
}
