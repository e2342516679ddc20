/** What goes to a collector by OTLP over HTTP. What can't be delivered is dropped, and nothing waits for it. */
import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpResource from "@effect/opentelemetry/OtlpResource"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import { PCGRandom } from "effect/Utils"
import type { Family } from "./Exposition.js"
import { metricsData } from "./OtlpFigures.js"
import { type Sampling, TraceMaker, Traces } from "./Traces.js"
import { version } from "./Version.js"

export interface OtlpSettings {
  /** The paths of the signals are put behind it. */
  readonly endpoint: string
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly protocol: "json" | "protobuf"
  readonly serviceName: string
  readonly resource: Readonly<Record<string, string>>
  readonly sampling: Sampling
  readonly traces: boolean
  readonly metrics: boolean
  readonly metricsMillis: number
  readonly logs: boolean
}

/** How long a collector may take to answer; it is asked three times more. */
const ANSWER_MAX = "5 seconds"
/** What is left is sent at the end, if that takes no longer. */
const LAST_SENT_MAX = "1 second"

const client = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    HttpClient.transform((response, request) =>
      Effect.timeoutFail(response, {
        duration: ANSWER_MAX,
        onTimeout: () =>
          new HttpClientError.RequestError({ request, reason: "Transport", description: "no answer" })
      })
    )
  )
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
)

const delivery = ({ protocol }: OtlpSettings) =>
  Layer.merge(client, protocol === "json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf)

const resourceOf = ({ resource, serviceName }: OtlpSettings) => ({
  serviceName,
  serviceVersion: version,
  attributes: resource
})

const optionsOf = (settings: OtlpSettings, signal: "traces" | "logs") => ({
  url: `${settings.endpoint}/v1/${signal}`,
  headers: Redacted.value(settings.headers),
  resource: resourceOf(settings),
  shutdownTimeout: Duration.decode(LAST_SENT_MAX)
})

const traces = (settings: OtlpSettings) =>
  Layer.scoped(
    Traces,
    Effect.gen(function* () {
      const tracer = yield* OtlpTracer.make(optionsOf(settings, "traces"))
      const random = new PCGRandom(yield* Random.nextInt)
      return new TraceMaker(tracer, yield* Effect.clock, settings.sampling, () => random.number())
    })
  )

/** Traces and logs, as far as each is wanted. */
export const layer = (settings: OtlpSettings): Layer.Layer<never> =>
  Layer.merge(
    settings.traces ? traces(settings) : Layer.empty,
    settings.logs ? Logger.addScoped(OtlpLogger.make(optionsOf(settings, "logs"))) : Layer.empty
  ).pipe(Layer.provide(delivery(settings)))

/** Sends the figures of `/metrics`, again and again. */
export const sendMetrics = (settings: OtlpSettings, families: Effect.Effect<ReadonlyArray<Family>>) =>
  Effect.gen(function* () {
    const http = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const { metrics } = yield* OtlpSerialization.OtlpSerialization
    const clock = yield* Effect.clock
    const started = clock.unsafeCurrentTimeNanos()
    const resource = OtlpResource.make(resourceOf(settings))
    const request = HttpClientRequest.post(`${settings.endpoint}/v1/metrics`, {
      headers: Redacted.value(settings.headers)
    })
    const send = Effect.flatMap(families, (all) => {
      const data = metricsData(all, resource, { from: started, to: clock.unsafeCurrentTimeNanos() })
      return http.execute(HttpClientRequest.setBody(request, metrics(data)))
    }).pipe(Effect.catchAllCause((cause) => Effect.logDebug("the collector did not take the metrics", cause)))
    return yield* Effect.forever(Effect.delay(send, Duration.millis(settings.metricsMillis)))
  }).pipe(Effect.provide(delivery(settings)))
