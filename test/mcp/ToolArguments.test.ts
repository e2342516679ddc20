/** What docs/mcp.md says that each tool takes is what it takes. */
import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { catalogueTools } from "../../src/mcp/CatalogueTools.js"
import { queryTools } from "../../src/mcp/QueryTools.js"

it("docs/mcp.md has the arguments of each tool", () => {
  const table = readFileSync("docs/mcp.md", "utf8").matchAll(/^\| `(\w+)` +\| (`.*`) +\|$/gm)
  assert.deepStrictEqual(
    [...table].map(([, name, cell = ""]) => [name, [...cell.matchAll(/`(\w+)`/g)].map(([, one]) => one)]),
    [...catalogueTools(), ...queryTools()].map(({ name, parameters }) => [name, Object.keys(parameters)])
  )
})
