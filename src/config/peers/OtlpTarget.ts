/** Where telemetry goes, as the variables of OpenTelemetry say it: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
import * as Either from "effect/Either"

const LONGEST = 2_000

/** `http://host:4318`: the paths of the signals are put behind it. */
export const parseOtlpEndpoint = (text: string): Either.Either<string, string> => {
  if (!/^https?:\/\//i.test(text) || text.length > LONGEST || !URL.canParse(text))
    return Either.left('must be an address such as "http://127.0.0.1:4318"')
  const { hash, href, password, search, username } = new URL(text)
  return [hash, password, search, username].every((part) => part === "")
    ? Either.right(href.replace(/\/+$/, ""))
    : Either.left("must have no user, password or parameters: give a key as OTEL_EXPORTER_OTLP_HEADERS")
}

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export type OtlpPairs = Readonly<Record<string, string>>

/** `name=value,name=value`, values percent-encoded, as W3C Baggage has them. */
export const parseOtlpPairs = (text: string): Either.Either<OtlpPairs, string> => {
  const pairs = text
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const [, name, value = ""] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
      return [name, decoded(value)] as const
    })
  const good = pairs.flatMap(([name, value]) =>
    name === undefined || value === undefined || /[\r\n\0]/.test(value) ? [] : [[name, value] as const]
  )
  return good.length === pairs.length
    ? Either.right(Object.fromEntries(good))
    : Either.left('must be pairs such as "name=value,other=value", with values percent-encoded')
}

/** Of each sampler: whether the sender of a `traceparent` decides, and the part that is sampled. Null: what the argument says. */
const SAMPLERS = {
  always_on: { parentBased: false, ratio: 1 },
  always_off: { parentBased: false, ratio: 0 },
  traceidratio: { parentBased: false, ratio: null },
  parentbased_always_on: { parentBased: true, ratio: 1 },
  parentbased_always_off: { parentBased: true, ratio: 0 },
  parentbased_traceidratio: { parentBased: true, ratio: null }
} as const

export type OtlpSampler = (typeof SAMPLERS)[keyof typeof SAMPLERS]
export const DEFAULT_SAMPLER: OtlpSampler = SAMPLERS.parentbased_traceidratio

export const parseSampler = (word: string): Either.Either<OtlpSampler, string> =>
  Either.fromNullable(
    Object.entries(SAMPLERS).find(([name]) => name === word)?.[1],
    () => `must be one of ${Object.keys(SAMPLERS).join(", ")}`
  )

export const parseSamplerRatio = (text: string): Either.Either<number, string> => {
  const ratio = Number(text)
  return ratio >= 0 && ratio <= 1 ? Either.right(ratio) : Either.left("must be a number from 0 to 1")
}

/** `http/json`, or `http/protobuf` for who takes nothing else. */
export const parseOtlpProtocol = (word: string): Either.Either<"json" | "protobuf", string> =>
  word === "http/json" || word === "http/protobuf"
    ? Either.right(word === "http/json" ? "json" : "protobuf")
    : Either.left("must be http/json or http/protobuf")
