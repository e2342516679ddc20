// All benches, in the order in which they run.
import { alternatives } from "./alternatives.mjs"
import { exports } from "./export.mjs"
import { fold } from "./fold.mjs"
import { http } from "./http.mjs"
import { ingest } from "./ingest.mjs"
import { quality } from "./quality.mjs"
import { steady } from "./steady.mjs"
import { visible } from "./visible.mjs"

export const benches = [ingest, visible, steady, alternatives, http, exports, quality, fold]
