/**
 * A real browser for the tests of the pages. Where there is none their suites are skipped by name; with
 * REQUIRE_MYSQL=1 (CI) they fail.
 */
import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"
import { describe } from "vitest"

/** TEST_CHROMIUM names another one. */
const PROGRAM = [process.env.TEST_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path)
)

/** It asks for nothing by itself, so that what leaves the machine is the page's doing. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

export const describeChromium = describe.skipIf(PROGRAM === undefined && process.env.REQUIRE_MYSQL !== "1")

export const launch = (): Promise<Browser> => {
  if (PROGRAM === undefined) throw new Error("REQUIRE_MYSQL=1, but chromium is not there")
  return chromium.launch({ executablePath: PROGRAM, args: FLAGS })
}
