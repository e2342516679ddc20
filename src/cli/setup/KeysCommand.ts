/**
 * `tidemark keys create|list|revoke`: keys in the database of the settings, beside a running server or without one; and
 * lines for a start without a database.
 */
import { randomBytes } from "node:crypto"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { createKey } from "../../access/KeyBook.js"
import * as KeyLog from "../../access/KeyLog.js"
import * as AuditLog from "../../audit/AuditLog.js"
import { formatCredential, hashSecret } from "../../config/Credentials.js"
import { foldKeys, type Key, type KeyCreation, KeyId, keyFault, keyStateAt } from "../../domain/access/Key.js"
import { Role } from "../../domain/access/Roles.js"
import { formatSensorScope, parseSensorScope } from "../../domain/access/Scope.js"
import { ALL_DATASETS } from "../../domain/dataset/Datasets.js"
import { formatTime, type Micros, parseTime } from "../../domain/Time.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { audited, besideServer, CommandFailed } from "../CommandStorage.js"

const SECRET_BYTES = 32

/** What is wrong with what was asked for: one line, told to who asked. */
const refused = (message: string) => new CommandFailed({ message })

/** A secret of 256 bits, in base64url, and the entry that says it is this name's. */
export const makeKey = Effect.fnUntraced(function* (name: string, role: Role) {
  // A secret is chance that nobody may repeat: never from a seeded service.
  const secret = yield* Effect.sync(() => randomBytes(SECRET_BYTES).toString("base64url"))
  const sha256 = Buffer.from(hashSecret(secret), "hex")
  return { secret, entry: formatCredential({ name, role, sha256 }) }
})

const onKeys = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  command.pipe(Effect.provide(Layer.merge(KeyLog.layer, AuditLog.layer)), besideServer)

const listed = (text: Option.Option<string>): ReadonlyArray<string> | null =>
  Option.match(text, {
    onNone: () => null,
    onSome: (names) => names.split(",").map((name) => name.trim())
  })

const DATASET_NAMES: ReadonlyArray<string> = ALL_DATASETS.map(({ name }) => name)

interface Asked {
  readonly name: string
  readonly role: Role
  readonly sensors: Option.Option<string>
  readonly datasets: Option.Option<string>
  readonly expires: Option.Option<string>
}

const creationOf = (asked: Asked, now: Micros): Either.Either<Omit<KeyCreation, "sha256">, Error> =>
  Either.gen(function* () {
    const named = listed(asked.sensors)
    const sensors = named === null ? null : yield* Either.mapLeft(parseSensorScope(named), refused)
    const datasets = listed(asked.datasets)
    const strange = datasets?.filter((name) => !DATASET_NAMES.includes(name)) ?? []
    if (strange.length > 0) {
      return yield* Either.left(
        refused(`no data set ${strange.join(", ")}: there are ${DATASET_NAMES.join(", ")}`)
      )
    }
    const scope = { sensors, datasets }
    const fault = keyFault(asked.name, asked.role, scope)
    if (fault !== null) return yield* Either.left(refused(fault))
    const expiresAt = Option.isNone(asked.expires)
      ? null
      : yield* Either.mapLeft(parseTime(asked.expires.value), (why) => refused(`--expires ${why}`))
    return expiresAt !== null && expiresAt <= now
      ? yield* Either.left(refused("--expires must lie ahead"))
      : { name: asked.name, role: asked.role, scope, expiresAt }
  })

const create = Command.make(
  "create",
  {
    name: Args.text({ name: "NAME" }).pipe(Args.withDescription("whose key it is")),
    role: Options.choice("role", Role.literals).pipe(
      Options.withDescription(
        "a device says its own sensors, a reader reads, a writer changes, an admin does all"
      ),
      Options.withDefault("reader" as const)
    ),
    sensors: Options.optional(
      Options.text("sensors").pipe(
        Options.withDescription("which ones it reaches, comma-separated: 42, 1-10, boiler/*; without it all")
      )
    ),
    datasets: Options.optional(
      Options.text("datasets").pipe(
        Options.withDescription("which data sets it reaches, comma-separated; without it all")
      )
    ),
    expires: Options.optional(
      Options.text("expires").pipe(
        Options.withDescription("from when on it lets nobody in, as 2030-01-01T00:00:00Z")
      )
    ),
    settings: Options.boolean("settings").pipe(
      Options.withDescription("store nothing: print a line for API_KEYS or MQTT_USERS")
    )
  },
  (asked) =>
    Effect.gen(function* () {
      const creation = yield* creationOf(asked, yield* nowMicros)
      if (asked.settings) {
        if (listed(asked.sensors) ?? listed(asked.datasets) ?? Option.getOrNull(asked.expires)) {
          return yield* Effect.fail(refused("a line of the settings has no scope and does not expire"))
        }
        const { entry, secret } = yield* makeKey(creation.name, creation.role)
        yield* Console.log(`secret (shown this once): ${secret}`)
        return yield* Console.log(`for API_KEYS or MQTT_USERS: ${entry}`)
      }
      const { secret } = yield* onKeys(
        Effect.flatMap(KeyLog.KeyLog, (log) => createKey(log, creation, null)).pipe(
          Effect.tap(({ key }) => audited("tidemark keys create", key.id))
        )
      )
      yield* Console.log(`key (shown this once): ${secret}`)
    })
).pipe(Command.withDescription("Makes a key in the database, which shows it this once"))

const row = (key: Key, now: Micros): string =>
  [
    key.id,
    keyStateAt(key, now),
    key.role,
    key.name,
    key.scope.sensors === null ? "" : `sensors ${formatSensorScope(key.scope.sensors).join(",")}`,
    key.scope.datasets === null ? "" : `data sets ${key.scope.datasets.join(",")}`,
    `made ${formatTime(key.createdAt)}`,
    key.expiresAt === null ? "" : `expires ${formatTime(key.expiresAt)}`,
    key.revokedAt === null ? "" : `revoked ${formatTime(key.revokedAt)}`
  ]
    .filter((part) => part !== "")
    .join("  ")

const list = Command.make("list", {}, () =>
  Effect.gen(function* () {
    const keys = new Map<KeyId, Key>()
    foldKeys(keys, yield* onKeys(Effect.flatMap(KeyLog.KeyLog, ({ after }) => after(0))))
    const now = yield* nowMicros
    yield* Console.log(
      keys.size === 0 ? "there are no keys" : [...keys.values()].map((key) => row(key, now)).join("\n")
    )
  })
).pipe(Command.withDescription("Lists the keys of the database, the revoked ones too"))

const ID = /^(?:tm_)?([0-9a-f]{12})(?:_|$)/

const revoke = Command.make(
  "revoke",
  { id: Args.text({ name: "ID" }).pipe(Args.withDescription("of the key, as `keys list` shows it")) },
  ({ id: text }) =>
    Effect.gen(function* () {
      const id = ID.exec(text)?.[1]
      const key =
        id === undefined
          ? Option.none<Key>()
          : yield* onKeys(
              Effect.flatMap(KeyLog.KeyLog, (log) => log.revoke(KeyId.make(id), null)).pipe(
                Effect.tap(
                  Option.match({
                    onNone: () => Effect.void,
                    onSome: (revoked) => audited("tidemark keys revoke", revoked.id)
                  })
                )
              )
            )
      if (Option.isNone(key))
        return yield* Effect.fail(
          refused(`there is no key ${id ?? "of this id"}: tidemark keys list has them`)
        )
      yield* Console.log(`${key.value.id} (${key.value.name}) lets nobody in, everywhere within a second`)
    })
).pipe(Command.withDescription("Revokes a key: in every process, at once"))

export const keys = Command.make("keys").pipe(
  Command.withDescription("Keys of the HTTP API, in the database; users of MQTT, as settings"),
  Command.withSubcommands([create, list, revoke])
)
