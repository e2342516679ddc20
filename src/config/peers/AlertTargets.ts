/** Where notices of alerts go, as the settings say it. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

const LONGEST = 2_000
const ADDRESSES_MAX = 50
const ADDRESS = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,190}$/

const urlOf = (text: string, scheme: RegExp): URL | null =>
  scheme.test(text) && text.length <= LONGEST && URL.canParse(text) ? new URL(text) : null

/** An address may hold a secret: that of a chat does. */
export const parseWebhookUrl = (text: string): Either.Either<Redacted.Redacted, string> => {
  const url = urlOf(text, /^https?:\/\//i)
  return url === null || url.hash !== "" || url.username !== ""
    ? Either.left('must be an address such as "https://host/hook", without user and fragment')
    : Either.right(Redacted.make(text))
}

export const parseSmtpUrl = (text: string): Either.Either<Redacted.Redacted, string> => {
  const url = urlOf(text, /^smtps?:\/\//i)
  return url === null || url.hostname === ""
    ? Either.left(
        "must be smtp://host:port or smtps://host:port, with user:password@ before the host if needed"
      )
    : Either.right(Redacted.make(text))
}

export const parseAddress = (text: string): Either.Either<string, string> =>
  ADDRESS.test(text) ? Either.right(text) : Either.left('must be an address such as "ann@example.com"')

/** Comma-separated. */
export const parseAddresses = (text: string): Either.Either<ReadonlyArray<string>, string> => {
  const all = [...new Set(text.split(",").map((one) => one.trim()))].filter((one) => one !== "")
  return all.length === 0 || all.length > ADDRESSES_MAX || !all.every((one) => ADDRESS.test(one))
    ? Either.left(`must be 1 to ${ADDRESSES_MAX} addresses such as "ann@example.com", comma-separated`)
    : Either.right(all)
}
