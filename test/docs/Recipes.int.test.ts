/**
 * The recipes do what they say: each block that can be run here is run as it stands, against the real program, and
 * must give something; each that can't is skipped by name, and the addresses in it are asked for all the same.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { sqlite } from "../support/databases.js"
import {
  askDuckDb,
  askSqlite,
  fetched,
  lacks,
  NEEDS_PIP,
  type Running,
  running,
  runProgram
} from "./running.js"
import { addressesIn, type Kind, SNIPPETS, type Snippet } from "./snippets.js"

class Server extends Context.Tag("test/docs/Server")<Server, Running>() {}

const real = { excludeTestServices: true, timeout: "60 seconds" } as const

const runnable = (...kinds: ReadonlyArray<Kind>): ReadonlyArray<readonly [Snippet, Kind]> =>
  SNIPPETS.flatMap((snippet) =>
    snippet.run._tag === "Run" && kinds.includes(snippet.run.kind) ? [[snippet, snippet.run.kind]] : []
  )

const notRun: Array<string> = []

/** A folder a page: what one block fetched, the next one reads. */
const folders = new Map<string, string>()
const folderOf = (page: string): string => {
  const known = folders.get(page)
  if (known !== undefined) return known
  const made = mkdtempSync(join(tmpdir(), "tidemark-recipe-"))
  folders.set(page, made)
  return made
}

afterAll(() => {
  for (const path of folders.values()) rmSync(path, { recursive: true, force: true })
  if (notRun.length > 0) console.log(`Not run here:\n${notRun.map((line) => `  ${line}`).join("\n")}`)
})

const runOne = async (kind: Kind, { code, page }: Snippet, { http, url }: Running): Promise<void> => {
  const cwd = folderOf(page)
  switch (kind) {
    case "sh":
    case "python":
    case "js":
      assert.notStrictEqual((await runProgram(kind, code, http, cwd)).trim(), "", "it prints nothing")
      return
    case "url":
      for (const address of code.split("\n")) await fetched(address, http)
      return
    case "sql":
      for (const rows of askSqlite(code, new URL(url).pathname)) assert.isAbove(rows, 0)
      return
    case "sql duckdb":
      for (const rows of await askDuckDb(code, cwd)) assert.isAbove(rows, 0)
      return
    case "sql mysql":
      assert.fail("MySQL's statements have a suite of their own")
  }
}

const lacking = new Map<string, string>()
for (const [snippet, kind] of runnable("python", "sh")) {
  const lack = lacks(kind, snippet.code)
  if (lack !== undefined) lacking.set(snippet.name, lack)
}

describe("recipes", () => {
  layer(
    Layer.scoped(Server, running(sqlite)),
    real
  )((effects) => {
    for (const [snippet, kind] of runnable("sh", "python", "js", "url", "sql", "sql duckdb")) {
      const lack = lacking.get(snippet.name)
      if (lack !== undefined) {
        // What pip installs is not everywhere to be had; TEST_PYTHON was made to have all of it.
        const isExpected = !lack.startsWith(NEEDS_PIP) || process.env.TEST_PYTHON !== undefined
        assert.isFalse(isExpected && process.env.REQUIRE_MYSQL === "1", `${snippet.name}: ${lack}`)
        notRun.push(`${snippet.name}: ${lack}`)
        it.skip(`${snippet.name}: ${lack}`, () => {})
        continue
      }
      effects.effect(snippet.name, () =>
        Effect.flatMap(Server, (server) => Effect.promise(() => runOne(kind, snippet, server)))
      )
    }

    for (const snippet of SNIPPETS) {
      if (snippet.run._tag === "Run") continue
      const { why } = snippet.run
      notRun.push(`${snippet.name}: ${why}`)
      it.skip(`${snippet.name}: ${why}`, () => {})
      const addresses = addressesIn(snippet.code)
      if (addresses.length === 0) continue
      effects.effect(`${snippet.name}: its addresses`, () =>
        Effect.flatMap(Server, ({ http }) =>
          Effect.promise(async () => {
            for (const address of addresses) await fetched(address, http)
          })
        )
      )
    }
  })
})
