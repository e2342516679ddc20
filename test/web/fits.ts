/** What every page must be: accessible in light and dark, and no wider than a phone. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"
import { assert } from "vitest"

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** The rules that look at colours. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"]

interface Violation {
  readonly id: string
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary: string }>
}

/** What axe-core finds wrong with the page as it is now, each in a line. */
const violations = async (page: Page, rules?: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const options = {
    resultTypes: ["violations"],
    ...(rules === undefined ? {} : { runOnly: { type: "rule", values: rules } })
  }
  const found: ReadonlyArray<Violation> = await page.evaluate(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ failureSummary, html }) => `${id}: ${html}\n${failureSummary}`)
  )
}

const sideways = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

/** All of it open: accessible in light and dark, and nothing scrolls sideways on a phone. Closes the page. */
export const fitsEverybody = async (page: Page): Promise<void> => {
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
  await page.evaluate(AXE)
  assert.deepStrictEqual(await violations(page), [])
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" })
  // Colours alone have changed.
  assert.deepStrictEqual(await violations(page, COLOUR_RULES), [])
  await page.setViewportSize({ width: 360, height: 740 })
  assert.isAtMost(await sideways(page), 0)
  await page.close()
}
