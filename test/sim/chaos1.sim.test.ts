/** Seeds 1 to 25 under all faults. A failure names its seed: `tidemark simulate --faults all --seed N`. */
import { describe } from "@effect/vitest"
import { holdsForSeeds } from "./chaos.js"

describe("hours under all faults", () => {
  holdsForSeeds(1, 25)
})
