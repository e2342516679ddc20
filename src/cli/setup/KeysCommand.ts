/** `tidemark keys create NAME`: makes a secret, and the line by which the server knows it. */
import { randomBytes } from "node:crypto"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CREDENTIAL_NAME_LENGTH_MAX, formatCredential, hashSecret } from "../../config/Credentials.js"
import type { Role } from "../../domain/access/Roles.js"

const SECRET_BYTES = 32

/** What a name may be: it stands between colons and commas. */
export const parseName = (name: string): Option.Option<string> =>
  name.length <= CREDENTIAL_NAME_LENGTH_MAX && /^[^\s:,][^:,]*$/.test(name)
    ? Option.some(name)
    : Option.none()

/** A secret of 256 bits, in base64url, and the entry that says it is this name's. */
export const makeKey = Effect.fnUntraced(function* (name: string, role: Role) {
  // A secret is chance that nobody may repeat: never from a seeded service.
  const secret = yield* Effect.sync(() => randomBytes(SECRET_BYTES).toString("base64url"))
  const sha256 = Buffer.from(hashSecret(secret), "hex")
  return { secret, entry: formatCredential({ name, role, sha256 }) }
})

const create = Command.make(
  "create",
  {
    name: Args.text({ name: "NAME" }).pipe(Args.withDescription("whose key it is")),
    role: Options.choice("role", ["reader", "writer"]).pipe(
      Options.withDescription("a reader can't write"),
      Options.withDefault("reader" as const)
    )
  },
  ({ name, role }) =>
    Effect.gen(function* () {
      if (Option.isNone(parseName(name))) return yield* Effect.fail(new Error(BAD_NAME))
      const { entry, secret } = yield* makeKey(name, role)
      yield* Console.log(`secret (shown this once): ${secret}`)
      yield* Console.log(`for API_KEYS or MQTT_USERS: ${entry}`)
    })
).pipe(Command.withDescription("Makes a secret, and its line for API_KEYS or MQTT_USERS"))

const BAD_NAME = `a name has 1 to ${CREDENTIAL_NAME_LENGTH_MAX} characters, and no colon or comma`

export const keys = Command.make("keys").pipe(
  Command.withDescription("Keys of the HTTP API and users of MQTT"),
  Command.withSubcommands([create])
)
