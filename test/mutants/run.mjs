/**
 * Plants one bug at a time into a compiled copy of the product, and asks the simulator to find it.
 *
 *   npm run test:mutants [-- --seeds 100 --from 1 --hours 6 --only pattern --clean 3 --minutes 60 --jobs 2 --write]
 *
 * --only takes a regular expression over name and file; with --results FILE a hunt can be done in parts, each of
 * which adds to the file what it found. --minutes bounds the hunt.
 *
 * A mutant is found at a seed where something is violated, or where the run throws, dies or does not end. The
 * product itself must be clean over the first seeds: otherwise finding anything means nothing. Nothing here
 * touches src/ or dist/: it all happens in a temporary folder.
 */
import { spawn } from "node:child_process"
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import ts from "typescript"
import { huntByTest } from "./by-test.mjs"
import { mutants } from "./mutants.mjs"
import { markdown } from "./report.mjs"

const HERE = dirname(fileURLToPath(import.meta.url))
const ROOT = resolve(HERE, "../..")
/** A run of so many simulated hours that takes longer than this, in ms of real time, hangs. */
const TIMEOUT_MILLIS = 30_000
const TIMEOUT_MILLIS_PER_HOUR = 2_000
const TIMEOUT_MILLIS_PER_HOUR_OF_SEVERAL = 60_000

const MODULES = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    hours: { type: "string", default: "6" },
    clean: { type: "string", default: "3" },
    minutes: { type: "string", default: "600" },
    /** Mutants that run at once. */
    jobs: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    results: { type: "string", default: "" },
    write: { type: "boolean", default: false }
  }
})
const hours = Number(options.hours)
const from = Number(options.from)
const seeds = Number(options.seeds)

const planted = async ({ file, find, name, replace }) => {
  const source = await readFile(join(ROOT, file), "utf8")
  const times = source.split(find).length - 1
  if (times !== 1) throw new Error(`mutant "${name}": its text is ${times} times in ${file}, not once`)
  return source.replace(find, () => replace)
}

const mutated = async (mutant) =>
  ts.transpileModule(await planted(mutant), {
    fileName: mutant.file,
    compilerOptions: { target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true, ...MODULES }
  }).outputText

const compile = async (folder) => {
  const configured = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, "tsconfig.build.json"),
    // A single file says nothing of its package's type, so the kind of module is said here.
    { ...MODULES, declaration: false, composite: false, sourceMap: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} }
  )
  if (configured === undefined) throw new Error("tsconfig.build.json can't be read")
  // What the product's own build checks is not checked here again.
  for (const fileName of configured.fileNames.filter((name) => !name.endsWith(".d.ts"))) {
    const source = await readFile(fileName, "utf8")
    const target = join(folder, fileName.slice(ROOT.length + 1)).replace(/\.ts$/, ".js")
    await mkdir(dirname(target), { recursive: true })
    const { outputText } = ts.transpileModule(source, { fileName, compilerOptions: configured.options })
    await writeFile(target, outputText)
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"))
  await cp(join(ROOT, "package.json"), join(folder, "package.json"))
  await cp(join(HERE, "seed.mjs"), join(folder, "seed.mjs"))
}

/** Runs one seed in a process of its own: what was found first, or null. */
const runSeed = (folder, seed, processes = 1) =>
  new Promise((done) => {
    const args = [seed, hours, processes].map(String)
    const child = spawn(process.execPath, [join(folder, "seed.mjs"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      // Its databases go where they are cleared away, however it ends.
      env: { ...process.env, TMPDIR: folder }
    })
    let out = ""
    let err = ""
    let late = false
    child.stdout.on("data", (chunk) => {
      out += chunk
    })
    child.stderr.on("data", (chunk) => {
      err = (err + chunk).slice(-4_000)
    })
    const timer = setTimeout(
      () => {
        late = true
        child.kill("SIGKILL")
      },
      TIMEOUT_MILLIS +
        hours * (processes === 1 ? TIMEOUT_MILLIS_PER_HOUR : TIMEOUT_MILLIS_PER_HOUR_OF_SEVERAL)
    )
    child.on("close", (code) => {
      clearTimeout(timer)
      const answer = out.split("\n").findLast((line) => line.startsWith("{"))
      if (late) done({ kind: "hang", text: "the run did not end" })
      else if (code !== 0 || answer === undefined) {
        const line =
          err.split("\n").find((text) => /Error|error|throw/.test(text)) ?? err.trim().slice(0, 200)
        done({ kind: "died", text: `the run died: ${line.trim()}` })
      } else {
        const { violation } = JSON.parse(answer)
        done(violation === null ? null : { kind: "violation", text: violation })
      }
    })
  })

/** A copy of the compiled product with one file of its own. */
const plant = async (base, folder, mutant) => {
  await cp(base, folder, { recursive: true, verbatimSymlinks: true })
  if (mutant !== null) {
    await writeFile(join(folder, mutant.file).replace(/\.ts$/, ".js"), await mutated(mutant))
  }
}

/** One more seed for a mutant; whether that found it. */
const hunt = async (base, folder, result) => {
  if (result.mutant.test !== undefined) {
    result.found = await huntByTest(ROOT, folder, result.mutant, await planted(result.mutant))
    result.tried = 1
    await rm(folder, { recursive: true, force: true })
    return true
  }
  if (result.tried === 0) await plant(base, folder, result.mutant)
  const seed = from + result.tried
  result.found = await runSeed(folder, seed, result.mutant.processes)
  result.tried += 1
  if (result.found === null && result.tried < seeds) return false
  if (result.found !== null) result.seed = seed
  await rm(folder, { recursive: true, force: true })
  return true
}

const told = ({ found, mutant, seed, tried }) => {
  if (mutant.test !== undefined)
    return `${mutant.name.padEnd(44)} ${found === null ? "SURVIVED" : "found by"} ${mutant.test}`
  const where = found === null ? `SURVIVED ${tried} seeds` : `found at seed ${seed}, after ${tried}`
  return `${mutant.name.padEnd(44)} ${where}${found === null ? "" : `: ${found.text.slice(0, 110)}`}`
}

const only = new RegExp(options.only)
const chosen = mutants.filter(({ file, name }) => only.test(`${name} ${file}`))

/** Some are of several processes, which are simulated for them. */
const hasSeveral = chosen.some(({ processes }) => processes !== undefined)

/** What was found in this run, over what earlier runs of other parts of the list have left in the file. */
const merged = async (results) => {
  if (options.results === "") return results
  const told = await readFile(options.results, "utf8").catch(() => "[]")
  const known = new Map(JSON.parse(told).map((one) => [one.name, one]))
  for (const { found, mutant, seed, tried } of results) {
    if (tried > 0) known.set(mutant.name, { name: mutant.name, tried, seed, found })
  }
  await writeFile(options.results, JSON.stringify([...known.values()], null, 2))
  return mutants.flatMap((mutant) => {
    const one = known.get(mutant.name)
    return one === undefined ? [] : [{ ...one, mutant }]
  })
}
const work = await mkdtemp(join(tmpdir(), "tidemark-mutants-"))
let failed = false
try {
  const names = new Set(mutants.map(({ name }) => name))
  if (names.size !== mutants.length) throw new Error("two mutants have one name")
  // All of them fit the source before any of them runs.
  for (const mutant of mutants) await mutated(mutant)
  const base = join(work, "product")
  await mkdir(base)
  await compile(base)
  const clean = Number(options.clean)
  for (let seed = from; seed < from + clean; seed += 1) {
    const found = (await runSeed(base, seed)) ?? (hasSeveral ? await runSeed(base, seed, "drawn") : null)
    if (found !== null) throw new Error(`the product itself is not clean at seed ${seed}: ${found.text}`)
  }
  console.log(`the product is clean over ${clean} seeds of ${hours} h; ${chosen.length} mutants`)
  const results = chosen.map((mutant) => ({ mutant, tried: 0, seed: null, found: null }))
  // Each gets its first seed before any gets its second.
  const queue = [...results.entries()]
  const until = Date.now() + Number(options.minutes) * 60_000
  const hunter = async () => {
    for (let next = queue.shift(); next !== undefined && Date.now() < until; next = queue.shift()) {
      const [index, result] = next
      if (await hunt(base, join(work, `m${index}`), result)) console.log(told(result))
      else queue.push(next)
    }
  }
  await Promise.all(Array.from({ length: Number(options.jobs) }, hunter))
  for (const result of results) {
    if (result.found === null && result.tried < seeds && result.mutant.test === undefined)
      console.log(told(result))
  }
  const survivors = results.filter(({ found }) => found === null)
  console.log(`found ${results.length - survivors.length} of ${results.length}`)
  failed = survivors.some(({ mutant }) => mutant.survives === undefined)
  const all = await merged(results)
  if (options.write) {
    await writeFile(join(ROOT, "docs/mutants.md"), markdown(all, { hours, seeds, from, clean }))
  }
} finally {
  await rm(work, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
