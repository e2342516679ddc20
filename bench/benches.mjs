// All benches, in the order in which they run.
import { exports } from "./export.mjs"
import { fold } from "./fold.mjs"
import { http } from "./http.mjs"
import { ingest } from "./ingest.mjs"
import { quality } from "./quality.mjs"

export const benches = [ingest, http, exports, quality, fold]
