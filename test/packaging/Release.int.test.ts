/** packaging/release.mjs, in a repository of the test's own with the real files that say the version. */
import { execFileSync, spawnSync } from "node:child_process"
import { appendFileSync, copyFileSync, mkdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder } from "../support/tidemark.js"

const IMAGE = "packaging/kubernetes/kustomization.yaml"
const FILES = ["package.json", "package-lock.json", "src/telemetry/Version.ts", IMAGE, "CHANGELOG.md"]

const repository = Effect.map(folder, (cwd) => {
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
      cwd,
      encoding: "utf8"
    })
  for (const path of FILES) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true })
    copyFileSync(path, join(cwd, path))
  }
  git("init", "--quiet")
  for (const name of ["user.name", "user.email"]) git("config", name, "t@localhost")
  git("add", ".")
  git("commit", "--quiet", "--message", "All there is")
  const read = (path: string) => readFileSync(join(cwd, path), "utf8")
  const release = (...args: ReadonlyArray<string>) =>
    spawnSync(process.execPath, [resolve("packaging/release.mjs"), ...args], { cwd, encoding: "utf8" })
  return { cwd, git, read, release }
})

describe("a release", () => {
  it.scopedLive("raises the version wherever it stands, moves the changes under it, and tags", () =>
    Effect.gen(function* () {
      const { git, read, release } = yield* repository
      const before = read("CHANGELOG.md")
      const dry = release("987.0.0", "--dry-run")
      assert.strictEqual(dry.status, 0, dry.stderr)
      assert.strictEqual(git("status", "--porcelain") + git("tag"), "")

      const done = release("987.0.0")
      assert.strictEqual(done.status, 0, done.stderr)
      assert.strictEqual(git("tag").trim(), "v987.0.0")
      assert.strictEqual(git("status", "--porcelain"), "")
      assert.strictEqual(JSON.parse(read("package.json")).version, "987.0.0")
      const lock = JSON.parse(read("package-lock.json"))
      assert.deepStrictEqual([lock.version, lock.packages[""].version], ["987.0.0", "987.0.0"])
      assert.include(read("src/telemetry/Version.ts"), 'version = "987.0.0"')
      assert.include(read(IMAGE), 'newTag: "987.0.0"')
      // Nothing is lost of the changelog, and one heading is new.
      const [heading = "", ...rest] = read("CHANGELOG.md").split(/^(?=## 987)/m)
      assert.match(heading, /## Unreleased\n\n$/)
      assert.strictEqual(
        (heading + rest.join("")).replace(/## 987\.0\.0 \(\d{4}-\d\d-\d\d\)\n\n/, ""),
        before
      )
      // What was unreleased is released now.
      assert.include(release("988.0.0").stderr, "says nothing under")
    })
  )

  it.scopedLive("is refused where the version does not rise, and where the tree has changes", () =>
    Effect.gen(function* () {
      const { cwd, git, release } = yield* repository
      for (const version of ["0.0.1", "0.1", "v987.0.0", ""]) assert.strictEqual(release(version).status, 1)
      appendFileSync(join(cwd, "CHANGELOG.md"), "- More.\n")
      const refused = release("987.0.0")
      assert.strictEqual(refused.status, 1)
      assert.include(refused.stderr, "changes that are not committed")
      assert.strictEqual(git("tag"), "")
    })
  )
})
