/** Every link of a document leads to a file of the repository that is there, and to a heading that is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const isDocument = (path: string) => path.endsWith(".md") && !path.includes("node_modules")

const DOCUMENTS: ReadonlyArray<string> = [
  ...readdirSync(".").filter(isDocument),
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter(isDocument)
    .map((path) => join("docs", path))
]

const withoutCode = (text: string): string => text.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "")

const targetsOf = (text: string): ReadonlyArray<string> =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
    .map(([, link, attribute]) => link ?? attribute ?? "")
    .filter((target) => !/^\w+:/.test(target))

/** As GitHub makes a heading's anchor. */
const anchorsOf = (text: string): ReadonlyArray<string> =>
  [...text.replace(/^```.*?^```$/gms, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-")
  )

describe("the links of a document", () => {
  it("are found, and so are headings", () => {
    assert.deepStrictEqual(targetsOf('[a](b.md#c) `[d](e)` <img src="f.png"> [g](http://h/)'), [
      "b.md#c",
      "f.png"
    ])
    assert.deepStrictEqual(anchorsOf("# At three, `now`\n## Whose_time"), ["at-three-now", "whose_time"])
    assert.includeMembers([...DOCUMENTS], ["README.md", "docs/sql.md", "docs/recipes/README.md"])
  })

  for (const page of DOCUMENTS)
    it(page, () => {
      for (const target of targetsOf(readFileSync(page, "utf8"))) {
        const [path = "", anchor] = target.split("#")
        const file = path === "" ? page : join(dirname(page), path)
        assert.isTrue(existsSync(file), target)
        if (anchor !== undefined) assert.include(anchorsOf(readFileSync(file, "utf8")), anchor, target)
      }
    })
})
