/**
 * Gives each file the `it` of the library: `layer(…)` writes its own `effect` and `scoped` into the one object that all
 * files of a process share.
 */
import { effect, flakyTest, it, layer, prop, scoped } from "@effect/vitest"

Object.assign(it, { effect, flakyTest, layer, prop, scoped })
