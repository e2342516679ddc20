// What a CPU profile of a server says: how much of its work was done for some of its modules, by whole stacks of calls.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** Flags of a server that writes its profile into a folder when it ends. */
export const profileFlags = (folder) => ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=500"]

/** No work of anybody's: what waits, and what can't be told from one another. */
const NOBODYS = new Set(["(idle)", "(program)", "(garbage collector)", "(root)"])
/** As the bundler marks where a module begins. */
const MODULE = /^\/\/ (\S+\.[cm]?[jt]s)$/

/** By line of the bundle: the module that it is of. */
const modulesOf = (bundle) => {
  let module = ""
  return readFileSync(bundle, "utf8")
    .split("\n")
    .map((line) => {
      module = MODULE.exec(line)?.[1] ?? module
      return module
    })
}

/**
 * The part, in %, of a server's work that was done for functions whose `module:name` matches: by them, or by what they called. Collecting
 * garbage is left out of both, so each is taken to make as much of it as it works.
 */
export const shareOf = (folder, bundle, pattern) => {
  const [file] = readdirSync(folder)
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), "utf8"))
  const modules = modulesOf(bundle)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const isOwn = ({ callFrame: { functionName, lineNumber, url } }) =>
    pattern.test(`${url.endsWith("program.cjs") ? modules[lineNumber] : url}:${functionName}`)
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
