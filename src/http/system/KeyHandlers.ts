/** `/keys/`: keys listed, made and revoked. A key itself leaves once, in the answer that makes it. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { KeyBook, type KeyBookService, type NewKey } from "../../access/KeyBook.js"
import type { FieldError } from "../../api/core/Problem.js"
import { type KeyFacts, KeyInput } from "../../api/system/KeysGroup.js"
import { type Key, type KeyCreation, type KeyId, keyFault, keyStateAt } from "../../domain/access/Key.js"
import { formatSensorScope, parseSensorScope } from "../../domain/access/Scope.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { Contract } from "../core/Contract.js"
import { invalid, notFound } from "../core/Problems.js"
import { jsonBody } from "../writing/Body.js"
import { decodeKnown, strangersIn } from "../writing/UnknownFields.js"

const timeOrNull = (time: Micros | null): string | null => (time === null ? null : formatTime(time))

export const keyJson = (key: Key, now: Micros): KeyFacts => ({
  id: key.id,
  name: key.name,
  role: key.role,
  sensors: key.scope.sensors === null ? null : formatSensorScope(key.scope.sensors),
  datasets: key.scope.datasets,
  state: keyStateAt(key, now),
  expires_at: timeOrNull(key.expiresAt),
  created_at: formatTime(key.createdAt),
  created_by: key.createdBy,
  revoked_at: timeOrNull(key.revokedAt),
  revoked_by: key.revokedBy
})

/** The key that an input asks for; left: each bad field. */
const creationOf = (
  { datasets = null, expires_at: expiresAt = null, name, role, sensors = null }: KeyInput,
  now: Micros
): Either.Either<Omit<KeyCreation, "sha256">, ReadonlyArray<FieldError>> => {
  const own = sensors === null ? Either.right(null) : parseSensorScope(sensors)
  const scope = { sensors: Either.getOrElse(own, () => null), datasets }
  const fault = keyFault(name, role, scope)
  const errors = [
    ...(fault === null ? [] : [{ field: "name", message: fault }]),
    ...(Either.isLeft(own) ? [{ field: "sensors", message: own.left }] : []),
    ...(expiresAt !== null && expiresAt <= now ? [{ field: "expires_at", message: "must lie ahead" }] : [])
  ]
  return errors.length > 0 ? Either.left(errors) : Either.right({ name, role, scope, expiresAt })
}

const decodeInput = decodeKnown(KeyInput, (body) =>
  strangersIn(body, new Set(Object.keys(KeyInput.fields)), "a key")
)

/** Makes the key that a body asks for, for whoever asks. */
export const createdKey = ({ create }: KeyBookService, body: unknown) =>
  Effect.gen(function* () {
    const input = yield* Effect.mapError(decodeInput(body), invalid)
    const creation = yield* Effect.mapError(creationOf(input, yield* nowMicros), invalid)
    const { name = null } = yield* CurrentPrincipal
    return (yield* create(creation, name)) satisfies NewKey
  })

/** Revokes it; 404 where there is none such. */
export const revokedKey = ({ revoke }: KeyBookService, id: KeyId) =>
  Effect.gen(function* () {
    const { name = null } = yield* CurrentPrincipal
    const key = yield* revoke(id, name)
    return Option.isSome(key) ? key.value : yield* notFound(`There is no key ${id}.`)
  })

export const KeysLive = HttpApiBuilder.group(Contract, "Keys", (handlers) =>
  Effect.gen(function* () {
    const book = yield* KeyBook
    const shown = (key: Key) => Effect.map(nowMicros, (now) => keyJson(key, now))
    return handlers
      .handle("listKeys", () => Effect.flatMap(book.list, (keys) => Effect.forEach(keys, shown)))
      .handleRaw("createKey", () =>
        Effect.gen(function* () {
          const { key, secret } = yield* createdKey(book, yield* jsonBody)
          return HttpServerResponse.unsafeJson(
            { ...(yield* shown(key)), key: secret },
            // No cache on the way may hold it.
            { status: 201, headers: { location: `/keys/${key.id}`, "cache-control": "no-store" } }
          )
        })
      )
      .handle("revokeKey", ({ path }) => Effect.flatMap(revokedKey(book, path.key_id), shown))
  })
)
