/** How a setting is read: a variable of the environment, with its default. */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

export const KIB = 1_024
export const MIB = 1_048_576

/** The names of all settings: each declares itself. */
const declared = new Set<string>()
export const SETTINGS: ReadonlySet<string> = declared

/** A variable that is not set, or empty, has its default; another value must decode. */
export const setting = <A>(name: string, fallback: A, decode: (text: string) => Either.Either<A, string>) => {
  declared.add(name)
  return Config.mapOrFail(Config.option(Config.string(name)), (value) => {
    const text = Option.getOrElse(value, () => "").trim()
    return text === ""
      ? Either.right(fallback)
      : Either.mapLeft(decode(text), (problem) => ConfigError.InvalidData([name], problem))
  })
}

export const text = (name: string, fallback: string) => setting(name, fallback, Either.right)
export const optional = (name: string) => setting<string | undefined>(name, undefined, Either.right)

export const secret = (name: string) =>
  setting<Redacted.Redacted | undefined>(name, undefined, (text) => Either.right(Redacted.make(text)))

export const whole = (name: string, min: number, max: number, fallback: number) =>
  setting(name, fallback, (digits) => {
    const number = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN
    return number >= min && number <= max
      ? Either.right(number)
      : Either.left(`must be a whole number from ${min} to ${max}`)
  })

export const yesNo = (name: string, fallback: boolean) =>
  setting(name, fallback, (word) =>
    /^(true|1|yes|on)$/i.test(word)
      ? Either.right(true)
      : /^(false|0|no|off)$/i.test(word)
        ? Either.right(false)
        : Either.left("must be true or false")
  )

const UNITS = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

export const duration = (name: string, fallback: Duration.DurationInput) =>
  setting(name, Duration.decode(fallback), (span) => {
    const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$/i.exec(span) ?? []
    return number === undefined
      ? Either.left('must be a time such as "10 s", "500 ms" or "24 h"')
      : Either.right(Duration.millis(Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS]))
  })
