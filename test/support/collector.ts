/** A collector: an OTLP/HTTP receiver of JSON, which keeps all that it is sent. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import * as Effect from "effect/Effect"

interface Value {
  readonly stringValue?: string
  readonly intValue?: number
  readonly doubleValue?: number
  readonly boolValue?: boolean
}

interface Attribute {
  readonly key: string
  readonly value: Value
}

interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code: number }
  readonly attributes: ReadonlyArray<Attribute>
}

export interface CollectedSpan extends Omit<WireSpan, "attributes"> {
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface CollectedLog {
  readonly body: Value
  readonly severityText: string
  readonly traceId?: string
  readonly spanId?: string
}

export interface CollectedMetric {
  readonly name: string
  readonly sum?: { readonly dataPoints: ReadonlyArray<{ readonly asDouble: number }> }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<{ readonly asDouble: number }> }
  readonly histogram?: {
    readonly dataPoints: ReadonlyArray<{
      readonly count: number
      readonly bucketCounts: ReadonlyArray<number>
      readonly explicitBounds: ReadonlyArray<number>
    }>
  }
}

export class Collector {
  readonly spans: Array<CollectedSpan> = []
  readonly logs: Array<CollectedLog> = []
  /** As they were last sent. */
  metrics: ReadonlyArray<CollectedMetric> = []
  readonly services = new Set<unknown>()
  readonly keys = new Set<unknown>()
  url = ""
  /** What each request is answered with. */
  status = 200

  trace(traceId: string): ReadonlyArray<CollectedSpan> {
    return this.spans.filter((span) => span.traceId === traceId)
  }

  take(path: string | undefined, body: string): void {
    const sent = JSON.parse(body)
    for (const { resource, scopeSpans } of sent.resourceSpans ?? []) {
      this.noteService(resource)
      for (const { spans } of scopeSpans)
        for (const span of spans as ReadonlyArray<WireSpan>)
          this.spans.push({ ...span, attributes: plain(span.attributes) })
    }
    for (const { resource, scopeLogs } of sent.resourceLogs ?? []) {
      this.noteService(resource)
      for (const { logRecords } of scopeLogs) this.logs.push(...logRecords)
    }
    for (const { resource, scopeMetrics } of sent.resourceMetrics ?? []) {
      this.noteService(resource)
      this.metrics = scopeMetrics.flatMap(({ metrics }: { readonly metrics: unknown }) => metrics)
    }
    if (!/^\/v1\/(traces|logs|metrics)$/.test(path ?? "")) throw new Error(`nothing is at ${path}`)
  }

  private noteService({ attributes }: { readonly attributes: ReadonlyArray<Attribute> }): void {
    this.services.add(plain(attributes)["service.name"])
  }
}

const plain = (attributes: ReadonlyArray<Attribute>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** It listens for the scope of a test. */
export const startCollector = Effect.acquireRelease(
  Effect.async<{ readonly collector: Collector; readonly close: () => void }>((resume) => {
    const collector = new Collector()
    const server = createServer(async (request, response) => {
      collector.keys.add(request.headers["x-key"])
      collector.take(request.url, await text(request))
      response.writeHead(collector.status, { "content-type": "application/json" }).end("{}")
    })
    server.listen(0, "127.0.0.1", () => {
      collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const close = () => {
        server.close()
        server.closeAllConnections()
      }
      resume(Effect.succeed({ collector, close }))
    })
  }),
  ({ close }) => Effect.sync(close)
).pipe(Effect.map(({ collector }) => collector))
