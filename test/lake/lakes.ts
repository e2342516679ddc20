/** What the tests of lakes share: a log of some days, its archive, and the lake as DuckDB reads it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Scope } from "effect/Scope"
import { type LakeManifest, MANIFEST } from "../../src/lake/LakeFormat.js"
import type { LakeStore } from "../../src/lake/LakeStore.js"
import { takeArchive } from "../../src/lake/TakeArchive.js"
import { verifyLake } from "../../src/lake/VerifyLake.js"
import { Minutes } from "../../src/projections/minutes/Minutes.js"
import type { services } from "../backup/filled.js"

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-lake-test-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export type LakeServices = Layer.Layer.Success<ReturnType<typeof services>> | Scope

const TERMS = { licence: "CC-BY-4.0" }

/** Folds what there is, and archives it. */
export const archived = (store: LakeStore, until?: Parameters<typeof takeArchive>[1]["until"]) =>
  Effect.flatMap(Minutes, (minutes) => minutes.catchUp).pipe(
    Effect.zipRight(takeArchive(store, { ...TERMS, until }))
  )

export const faultsOf = (store: LakeStore) => Effect.map(verifyLake(store, TERMS), ({ faults }) => faults)

export const manifestIn = (lake: string): LakeManifest =>
  JSON.parse(readFileSync(join(lake, MANIFEST), "utf8"))

export const flip = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

/** The rows of a query. */
export const inDuckDb = (query: string) =>
  Effect.promise(async () => {
    const connection = await (await DuckDBInstance.create(":memory:")).connect()
    const reader = await connection.runAndReadAll(query)
    connection.closeSync()
    return reader.getRowObjectsJS()
  })
