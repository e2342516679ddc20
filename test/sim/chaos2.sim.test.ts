/** Seeds 26 to 50 under all faults. A failure names its seed: `tidemark simulate --faults all --seed N`. */
import { describe } from "@effect/vitest"
import { holdsForSeeds } from "./chaos.js"

describe("hours under all faults", () => {
  holdsForSeeds(26, 50)
})
