/** The program: the command line, run until it ends or is asked to. SIGINT and SIGTERM end it with code 0. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { run } from "./cli/TidemarkCommand.js"

run(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  // Nobody collects traces, and the span of a small statement costs more than the statement.
  Effect.withTracerEnabled(false),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause) ? 0 : 1)
  })
)
