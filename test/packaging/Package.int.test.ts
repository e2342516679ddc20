/** The package as a stranger gets it: packed, installed into an empty folder, started there. `npm test` builds it first. */
import { execFile } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, startTidemark, type Tidemark, until } from "../support/tidemark.js"

const PACKAGE_BYTES_MAX = 10 * 1_048_576
const EXECUTABLE = resolve("dist/tidemark")

const npm = (args: ReadonlyArray<string>, cwd: string) =>
  Effect.promise(() => promisify(execFile)("npm", [...args], { cwd }))

const readings = (server: Tidemark) =>
  until("readings of the demo sensors", 15_000, async () => {
    const { json, status } = await server.get("/data/")
    return status === 200 && (json as ReadonlyArray<unknown>).length > 0
  })

const pageFiles = (server: Tidemark) =>
  Effect.promise(async () => {
    for (const name of ["tidemark.css", "tidemark.js", "explore.js", "explore.css"]) {
      assert.strictEqual((await fetch(`${server.http}/assets/${name}`)).status, 200, name)
    }
    // Its text lies beside the program, and is read when the page is asked for.
    const docs = await (await fetch(`${server.http}/docs/`)).text()
    assert.include(docs, "<style>.swagger-ui{")
    assert.include(docs, "exports.SwaggerUIBundle=")
  })

const startsWithDemo = (server: Tidemark) =>
  Effect.gen(function* () {
    yield* Effect.promise(() => server.started())
    assert.match(server.output, /five demo sensors, as there is no \.\/sensors\.json/)
    yield* Effect.promise(() => readings(server))
    yield* pageFiles(server)
  })

describe("the package", () => {
  it.scopedLive("is small, needs the SQLite driver alone, and starts in an empty folder", () =>
    Effect.gen(function* () {
      const there = yield* folder
      yield* npm(["pack", "--ignore-scripts", "--pack-destination", there], resolve("."))
      const [tarball = ""] = readdirSync(there)
      assert.isAtMost(statSync(join(there, tarball)).size, PACKAGE_BYTES_MAX)
      // The driver's own package is the one of this tree: a test asks no registry.
      mkdirSync(join(there, "node_modules"))
      symlinkSync(resolve("node_modules/libsql"), join(there, "node_modules/libsql"))
      yield* npm(["install", "--offline", `./${tarball}`], there)
      const modules = readdirSync(join(there, "node_modules")).filter((name) => !name.startsWith("."))
      assert.deepStrictEqual(modules.sort(), ["libsql", "tidemark"])
      const program = [join(there, "node_modules/.bin/tidemark")]
      yield* startsWithDemo(yield* startTidemark({}, ["start"], { cwd: there, program }))
    })
  )

  // Built by `npm run build:executable`, which fetches a Node: .ci/run does before it tests.
  it.scopedLive.skipIf(!existsSync(EXECUTABLE))("is one executable, too, that needs no node", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const program = [join(there, "tidemark")]
      copyFileSync(EXECUTABLE, join(there, "tidemark"))
      yield* startsWithDemo(yield* startTidemark({ PATH: there }, ["start"], { cwd: there, program }))
    })
  )
})
