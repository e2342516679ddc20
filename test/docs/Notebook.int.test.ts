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

/** Prints what kinds of output each cell of code has, and what the plot tells; ends with 1 where a cell failed. */
const EXECUTE = `
import json, sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
told = "print(axes.get_ylabel(), [text.get_text() for text in axes.get_legend().get_texts()], sep='|')"
notebook.cells.append(nbformat.v4.new_code_cell(told))
NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
plot = notebook.cells.pop().outputs[0].text.strip()
kinds = [
    [kind for output in cell.outputs for kind in (output.get("data") or {output["output_type"]: 0})]
    for cell in notebook.cells if cell.cell_type == "code"
]
print(json.dumps({"kinds": kinds, "plot": plot}))
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
      const { kinds: outputs, plot }: { kinds: ReadonlyArray<ReadonlyArray<string>>; plot: string } =
        JSON.parse(stdout)
      assert.lengthOf(outputs, 6)
      assert.isTrue(outputs.flat().includes("image/png"), stdout)
      // Lines of one quantity and unit, each by its sensor: the third says neither.
      assert.strictEqual(plot, "C|['sensor 1', 'sensor 2']")
      // All but the cell of definitions give something.
      for (const kinds of outputs.slice(1)) assert.isNotEmpty(kinds, stdout)
    })
  )
})
