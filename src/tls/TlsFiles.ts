/**
 * The files that a listener's TLS is made of: read and tried as a whole before it listens, and again when they change,
 * without a restart. Connections that are open stay as they are.
 */
import { X509Certificate } from "node:crypto"
import { readFile } from "node:fs/promises"
import { createSecureContext, type SecureContextOptions } from "node:tls"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { onHangup } from "../telemetry/Hangup.js"

/** Paths of PEM files. */
export interface TlsFiles {
  /** The certificate, with those between it and its authority behind it. */
  readonly cert: string
  readonly key: string
  /** The authorities whose clients are known by their certificates. */
  readonly clientCa?: string | undefined
}

/** Those that are named; undefined: no TLS is asked for. */
export const tlsFiles = (
  cert: string | undefined,
  key: string | undefined,
  clientCa?: string
): TlsFiles | undefined => (cert === undefined || key === undefined ? undefined : { cert, key, clientCa })

/** A file can't be read, or holds no certificate or key, or the two are no pair. One line, for people. */
export class TlsFault extends Schema.TaggedError<TlsFault>()("TlsFault", { reason: Schema.String }) {
  override get message(): string {
    return `TLS: ${this.reason}`
  }
}

const MIN_VERSION = "TLSv1.2"
/** A change is taken when two looks in a row have seen it, so that nothing is that is half written. */
const LOOK_INTERVAL = "2 seconds"

const readText = (path: string): Effect.Effect<string, TlsFault> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (error) => new TlsFault({ reason: `${path} can't be read: ${String(error)}` })
  })

type Texts = readonly [cert: string, key: string, clientCa: string | undefined]

const read = ({ cert, clientCa, key }: TlsFiles): Effect.Effect<Texts, TlsFault> =>
  Effect.all([readText(cert), readText(key), clientCa === undefined ? Effect.void : readText(clientCa)]).pipe(
    Effect.map(([certText, keyText, caText]) => [certText, keyText, caText ?? undefined])
  )

const tried = (files: TlsFiles, [cert, key, ca]: Texts): Either.Either<SecureContextOptions, TlsFault> => {
  const attempt = <A>(what: string, act: () => A) =>
    Either.try({ try: act, catch: (error) => new TlsFault({ reason: `${what}: ${String(error)}` }) })
  return Either.gen(function* () {
    yield* attempt(`${files.cert} holds no certificate (PEM)`, () => new X509Certificate(cert))
    if (ca !== undefined)
      yield* attempt(`${files.clientCa} holds no certificate (PEM)`, () => new X509Certificate(ca))
    const options = { cert, key, minVersion: MIN_VERSION, ...(ca === undefined ? {} : { ca }) } as const
    yield* attempt(`${files.cert} and ${files.key} are no pair`, () => createSecureContext(options))
    return options
  })
}

const isSame = (one: Either.Either<Texts, TlsFault>, other: Either.Either<Texts, TlsFault>): boolean =>
  JSON.stringify(Either.merge(one)) === JSON.stringify(Either.merge(other))

type Renew = (context: SecureContextOptions) => void

export interface TlsSource {
  /** What to listen with now. */
  readonly context: SecureContextOptions
  /** Gives each later one, as long as the scope lasts. */
  readonly renewing: (renew: Renew) => Effect.Effect<void, never, Scope.Scope>
}

/** Fails where there is nothing to begin with. `who` is for the log. */
export const tlsContext = (who: string, files: TlsFiles): Effect.Effect<TlsSource, TlsFault> =>
  Effect.gen(function* () {
    const first = yield* read(files)
    const context = yield* tried(files, first)
    const renewing = (renew: Renew) =>
      Effect.gen(function* () {
        let used: Either.Either<Texts, TlsFault> = Either.right(first)
        let last = used
        const take = (look: Either.Either<Texts, TlsFault>) => {
          used = look
          return Either.match(
            Either.flatMap(look, (texts) => tried(files, texts)),
            {
              onLeft: ({ message }) => Effect.logWarning(`${who}: ${message}; the former certificate stays`),
              onRight: (options) => {
                renew(options)
                return Effect.logInfo(`${who}: the new certificate of ${files.cert} is used from now on`)
              }
            }
          )
        }
        const look = (isSettled: (look: Either.Either<Texts, TlsFault>) => boolean) =>
          Effect.flatMap(Effect.either(read(files)), (seen) => {
            const isTaken = !isSame(seen, used) && isSettled(seen)
            last = seen
            return isTaken ? take(seen) : Effect.void
          })
        yield* onHangup(look(() => true))
        yield* look((seen) => isSame(seen, last)).pipe(
          Effect.repeat(Schedule.spaced(LOOK_INTERVAL)),
          Effect.forkScoped
        )
      })
    return { context, renewing }
  })
