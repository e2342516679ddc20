/**
 * docs/notebook runs from its first cell to its last against the real program, and draws. TEST_PYTHON names a Python that
 * has what it takes: `pip install nbclient ipykernel pandas matplotlib`.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { sqlite } from "../support/databases.js"
import { PYTHON, pythonHas } from "../support/python.js"
import { running } from "./running.js"

const NOTEBOOK = "docs/notebook/tidemark.ipynb"

/** Prints what kinds of output each cell of code has; ends with 1 where a cell failed. */
const EXECUTE = `
import json, sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
print(json.dumps([
    [kind for output in cell.outputs for kind in (output.get("data") or {output["output_type"]: 0})]
    for cell in notebook.cells if cell.cell_type == "code"
]))
`

const hasPython = pythonHas("nbclient", "nbformat", "ipykernel", "pandas", "matplotlib")
if (!hasPython)
  console.log(`Not run here: ${NOTEBOOK} needs nbclient, ipykernel, pandas and matplotlib in TEST_PYTHON`)

describe(NOTEBOOK, () => {
  it("is stored without outputs", () => {
    const { cells } = JSON.parse(readFileSync(NOTEBOOK, "utf8"))
    for (const cell of cells) if (cell.cell_type === "code") assert.deepStrictEqual(cell.outputs, [])
  })

  it.scopedLive.skipIf(!hasPython)("runs to its end, and draws", () =>
    Effect.gen(function* () {
      const { http } = yield* running(sqlite)
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(PYTHON, ["-c", EXECUTE, NOTEBOOK], {
          env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", TIDEMARK_URL: http }
        })
      )
      const outputs: ReadonlyArray<ReadonlyArray<string>> = JSON.parse(stdout)
      assert.lengthOf(outputs, 6)
      assert.isTrue(outputs.flat().includes("image/png"), stdout)
      // All but the cell of definitions give something.
      for (const kinds of outputs.slice(1)) assert.isNotEmpty(kinds, stdout)
    })
  )
})
