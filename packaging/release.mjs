/**
 * `npm run release -- VERSION [--dry-run]`: raises the version, moves what is unreleased in CHANGELOG.md under it,
 * commits and tags. It refuses where the tree has changes, where the version does not rise, or where nothing is unreleased.
 * It neither pushes nor publishes.
 */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"

const PACKAGE = "package.json"
const LOCK = "package-lock.json"
const SOURCE = "src/telemetry/Version.ts"
const IMAGE = "packaging/kubernetes/kustomization.yaml"
const CHANGES = "CHANGELOG.md"
const UNRELEASED = "## Unreleased\n"

const numbersOf = (version) => {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)
  if (match === null) throw new Error(`${version} is no version such as 1.2.3`)
  return match.slice(1).map(Number)
}

/** Whether a version is higher than another. */
const rises = (from, to) => {
  const [before, after] = [numbersOf(from), numbersOf(to)]
  const at = after.findIndex((number, i) => number !== before[i])
  return at !== -1 && after[at] > before[at]
}

/** The changelog with what is unreleased under a version and day, and an empty part for what comes. */
const releasedChanges = (text, version, day) => {
  const start = text.indexOf(UNRELEASED)
  if (start === -1) throw new Error(`${CHANGES} has no "${UNRELEASED.trim()}"`)
  const from = start + UNRELEASED.length
  const next = text.indexOf("\n## ", from)
  const notes = text.slice(from, next === -1 ? undefined : next).trim()
  if (notes === "") throw new Error(`${CHANGES} says nothing under "${UNRELEASED.trim()}"`)
  const rest = next === -1 ? "\n" : text.slice(next)
  return { notes, text: `${text.slice(0, from)}\n## ${version} (${day})\n\n${notes}\n${rest}` }
}

/** Replaces each of the first `count` places where a version stands; fails where there are fewer. */
const raised = (text, from, to, count = 1) => {
  const parts = text.split(`"${from}"`)
  if (parts.length <= count) throw new Error(`"${from}" does not stand ${count} times where it should`)
  const [first, last] = [parts.slice(0, count + 1), parts.slice(count + 1)]
  return [first.join(`"${to}"`), ...last].join(`"${from}"`)
}

const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim()
const read = (path) => readFileSync(path, "utf8")

const release = (version, isDry) => {
  const from = JSON.parse(read(PACKAGE)).version
  if (!rises(from, version)) throw new Error(`${version} is not above ${from}`)
  if (git("status", "--porcelain") !== "") throw new Error("the tree has changes that are not committed")
  if (git("tag", "--list", `v${version}`) !== "") throw new Error(`v${version} is a tag already`)
  const changes = releasedChanges(read(CHANGES), version, new Date().toISOString().slice(0, 10))
  const files = {
    [PACKAGE]: raised(read(PACKAGE), from, version),
    // Its own version stands there twice, before that of any dependency.
    [LOCK]: raised(read(LOCK), from, version, 2),
    [SOURCE]: raised(read(SOURCE), from, version),
    [IMAGE]: raised(read(IMAGE), from, version),
    [CHANGES]: changes.text
  }
  console.log(`${from} -> ${version}: ${Object.keys(files).join(", ")}\n\n${changes.notes}`)
  if (isDry) return
  for (const [path, text] of Object.entries(files)) writeFileSync(path, text)
  git("commit", "--quiet", "--message", `Release ${version}`, "--", ...Object.keys(files))
  git("tag", "--annotate", `v${version}`, "--message", changes.notes)
  console.log(`\nTagged v${version}. Now: git push --follow-tags, and npm publish`)
}

const [version = "", ...flags] = process.argv.slice(2)
try {
  release(version, flags.includes("--dry-run"))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
