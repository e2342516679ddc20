/** `tidemark audit verify`: whether the audit is what was written, asked of the database itself. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ChainHead } from "../audit/AuditChain.js"
import * as AuditLog from "../audit/AuditLog.js"
import { besideServer, CommandFailed } from "./CommandStorage.js"

const anchor = Options.text("anchor").pipe(
  Options.withDescription(
    "POSITION:HASH, as this command printed it before: that entry has to be there still"
  ),
  Options.optional
)

const parseAnchor = (text: string): Effect.Effect<ChainHead, CommandFailed> => {
  const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  return position === undefined || hash === undefined
    ? new CommandFailed({ message: "an anchor is POSITION:HASH, as this command prints it" })
    : Effect.succeed({ position: Number(position), hash })
}

const verify = Command.make("verify", { anchor }, (options) =>
  Effect.gen(function* () {
    const known = yield* Effect.transposeMapOption(options.anchor, parseAnchor)
    const log = yield* AuditLog.AuditLog
    const { broken, head } = yield* log.verify(Option.getOrUndefined(known)).pipe(
      Effect.catchTags({
        LogUnavailable: ({ reason }) =>
          new CommandFailed({ message: `the database does not answer: ${reason}` }),
        LogCorrupt: ({ reason }) => new CommandFailed({ message: `the audit can't be read: ${reason}` })
      })
    )
    if (broken !== null)
      return yield* new CommandFailed({
        message: `the audit is broken: ${broken} (the first ${head.position} are right)`
      })
    yield* Console.log(`the audit is intact: ${head.position} entries, up to ${head.position}:${head.hash}`)
  }).pipe(Effect.provide(AuditLog.layer), besideServer)
).pipe(Command.withDescription("Follows the chain of hashes, and names the first entry that breaks it"))

export const audit = Command.make("audit").pipe(
  Command.withDescription("The list of privileged calls and logins"),
  Command.withSubcommands([verify])
)
