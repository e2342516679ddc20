/** Notices by e-mail, over SMTP. The library is loaded with the first one. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { NoticeBody } from "../domain/alert/Alert.js"
import type { AlertChannel, Send } from "./AlertOutbox.js"

export interface EmailTarget {
  readonly url: Redacted.Redacted
  readonly from: string
  readonly to: ReadonlyArray<string>
}

const TIMEOUT_MILLIS = 8_000

const textOf = (body: NoticeBody): string =>
  [
    body.summary,
    "",
    `Rule:      ${body.rule} (${body.kind}, ${body.severity})`,
    ...(body.description === null ? [] : [`           ${body.description}`]),
    ...(body.sensor_ids.length === 0 ? [] : [`Sensors:   ${body.sensor_ids.join(", ")}`]),
    `Raised:    ${body.raised_at ?? "–"}`,
    ...(body.resolved_at === null ? [] : [`Resolved:  ${body.resolved_at}`]),
    `Alert:     ${body.alert_id}`,
    ""
  ].join("\n")

/** One line: what a device calls itself must not become another header. */
const subjectOf = ({ event, severity, summary }: NoticeBody): string =>
  `[${event === "resolved" ? "resolved" : severity}] ${summary}`.replace(/[\p{Cc}\s]+/gu, " ").slice(0, 200)

const send =
  ({ from, to, url }: EmailTarget): Send =>
  ({ body, id }) =>
    Effect.tryPromise({
      try: async () => {
        const { createTransport } = await import("nodemailer")
        const address = new URL(Redacted.value(url))
        const port = address.port === "" ? undefined : Number(address.port)
        const transport = createTransport({
          host: address.hostname.replace(/^\[|\]$/g, ""),
          port: port ?? (address.protocol === "smtps:" ? 465 : 587),
          secure: address.protocol === "smtps:",
          ...(address.username === ""
            ? {}
            : {
                auth: {
                  user: decodeURIComponent(address.username),
                  pass: decodeURIComponent(address.password)
                }
              }),
          connectionTimeout: TIMEOUT_MILLIS,
          greetingTimeout: TIMEOUT_MILLIS,
          socketTimeout: TIMEOUT_MILLIS,
          // What a device says is text: it names no file and no address.
          disableFileAccess: true,
          disableUrlAccess: true
        })
        try {
          await transport.sendMail({
            from,
            to: [...to],
            subject: subjectOf(body),
            text: textOf(body),
            // The same over retries: a mail that comes twice is known by it.
            messageId: `<${id}@tidemark>`
          })
        } finally {
          transport.close()
        }
      },
      catch: (error) => (error instanceof Error ? error.message : String(error))
    })

export const email = (target: EmailTarget): AlertChannel => ({
  name: "email",
  keeps: false,
  send: send(target)
})
