/** The command `tidemark`: its subcommands, `.env`, and how a failure is told. */
import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import { FileSystem } from "@effect/platform/FileSystem"
import * as PlatformConfigProvider from "@effect/platform/PlatformConfigProvider"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { version } from "../telemetry/Version.js"
import { audit } from "./AuditCommand.js"
import { archive } from "./archive/ArchiveCommand.js"
import { backup } from "./backup/BackupCommand.js"
import { restore } from "./backup/RestoreCommand.js"
import { verify } from "./backup/VerifyCommand.js"
import { client } from "./ClientCommand.js"
import { explain } from "./ExplainCommand.js"
import { health } from "./HealthCommand.js"
import { withHelp } from "./Help.js"
import { mcp } from "./McpCommand.js"
import { migrate } from "./MigrateCommand.js"
import { openapi } from "./OpenapiCommand.js"
import { rebuild } from "./RebuildCommand.js"
import { replay } from "./replay/ReplayCommand.js"
import { start } from "./StartCommand.js"
import { init } from "./setup/InitCommand.js"
import { keys } from "./setup/KeysCommand.js"
import { simulate } from "./simulate/SimulateCommand.js"
import { undo } from "./UndoCommand.js"

export const tidemark = Command.make("tidemark").pipe(
  Command.withDescription("Collects sensor readings over MQTT, keeps every one, and hands them out exact"),
  Command.withSubcommands([
    start,
    init,
    health,
    replay,
    undo,
    explain,
    mcp,
    simulate,
    rebuild,
    migrate,
    backup,
    restore,
    verify,
    archive,
    keys,
    audit,
    openapi,
    client
  ])
)

/** One line on stderr, unless the command line's own help has said it; a defect of ours keeps its trace. */
const tell = (cause: Cause.Cause<unknown>) =>
  Effect.sync(() => {
    if (Cause.isInterruptedOnly(cause)) return
    const error = Cause.squash(cause)
    if (ValidationError.isValidationError(error)) return
    const text = Cause.isDie(cause)
      ? `unexpected: ${Cause.pretty(cause, { renderErrorCause: true })}`
      : error instanceof Error
        ? error.message
        : String(error)
    process.stderr.write(`tidemark: ${text}\n`)
  })

const dotEnv = Layer.unwrapEffect(
  Effect.map(
    Effect.flatMap(FileSystem, (fs) => fs.exists(".env")),
    (there) => (there ? PlatformConfigProvider.layerDotEnvAdd(".env") : Layer.empty)
  )
)

/** What is piped in, "-", behind the options: before them @effect/cli takes it for the end of all options. */
const ordered = (args: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...args.filter((arg) => arg !== "-"),
  ...args.filter((arg) => arg === "-")
]

export const run = (
  args: ReadonlyArray<string>
): Effect.Effect<void, unknown, CliApp.CliApp.Environment | CommandExecutor> =>
  Command.run(tidemark, { name: "Tidemark", version })(ordered(args)).pipe(
    withHelp(args),
    Effect.provide(dotEnv),
    Effect.tapErrorCause(tell)
  )
