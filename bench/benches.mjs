// All benches, in the order in which they run.
import { actors } from "./actors.mjs"
import { alternatives } from "./alternatives.mjs"
import { exports } from "./export.mjs"
import { fold } from "./fold.mjs"
import { http } from "./http.mjs"
import { ingest } from "./ingest.mjs"
import { lag } from "./lag.mjs"
import { memory } from "./memory.mjs"
import { processes } from "./processes.mjs"
import { quality } from "./quality.mjs"
import { rebuild } from "./rebuild.mjs"
import { start } from "./start.mjs"
import { steady } from "./steady.mjs"
import { storage } from "./storage.mjs"
import { tracing } from "./tracing.mjs"
import { visible } from "./visible.mjs"

export const benches = [
  ingest,
  visible,
  steady,
  tracing,
  alternatives,
  lag,
  processes,
  http,
  exports,
  quality,
  start,
  rebuild,
  fold,
  storage,
  memory,
  actors
]
