/**
 * Traces of single messages: from their arrival to their commit and their fold. Which are made is decided at the door.
 *
 * Invariants:
 * 1. A message that is not sampled costs a comparison: nothing is made for it, here or further on.
 * 2. At most `STARTED_MAX` traces begin in a second, whatever clients ask for by `traceparent`.
 * 3. At most `WAITING_MAX` messages wait for their fold: the oldest is given up first.
 */
import type { Clock } from "effect/Clock"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { unsafeNowMicros } from "./Instant.js"

/** Which traces are made, as OTEL_TRACES_SAMPLER says it. */
export interface Sampling {
  /** The part of all that is sampled, from 0 to 1. */
  readonly ratio: number
  /** Whoever sends a `traceparent` has decided it. */
  readonly parentBased: boolean
}

const STARTED_MAX = 500
const WAITING_MAX = 10_000
const MICROS_PER_SECOND = 1_000_000

/** https://www.w3.org/TR/trace-context/#traceparent-header: later versions may say more behind it. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Whose trace goes on here; a text that says none is passed over. */
export const parentOf = (traceparent: string | undefined): Option.Option<Tracer.ExternalSpan> => {
  const [, version, traceId, spanId, flags = "", more] = TRACEPARENT.exec(traceparent ?? "") ?? []
  if (traceId === undefined || spanId === undefined || (version === "00" && more !== undefined))
    return Option.none()
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  return Option.some(Tracer.externalSpan({ traceId, spanId, sampled }))
}

/** As spans have it, of microseconds since 1970. */
const nanos = (micros: number): bigint => BigInt(micros) * 1_000n

interface Waiting {
  readonly span: Tracer.Span
  readonly position: number
}

/** Times are microseconds since 1970. */
export interface SpanStart {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly from: number
  readonly attributes: Readonly<Record<string, unknown>>
}

export class TraceMaker {
  /** What comes without a parent is passed over until this is 0: drawn anew each time, it costs no draw a message. */
  private gap: number
  private second = 0
  private startedInSecond = 0
  private waiting: Array<Waiting> = []

  constructor(
    readonly tracer: Tracer.Tracer,
    private readonly clock: Clock,
    private readonly sampling: Sampling,
    private readonly draw: () => number
  ) {
    this.gap = this.nextGap()
  }

  /** The parent of what is sampled, which may be none; null: it is not sampled. */
  sample(traceparent: string | undefined): Option.Option<Tracer.AnySpan> | null {
    if (traceparent === undefined) return this.isDrawn() && this.mayStart() ? Option.none() : null
    const parent = parentOf(traceparent)
    return this.isWanted(parent) && this.mayStart() ? parent : null
  }

  span({ attributes, from, kind, name, parent }: SpanStart): Tracer.Span {
    const span = this.tracer.span(name, parent, Context.empty(), [], nanos(from), kind)
    for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
    return span
  }

  /** It ended as it should, or with this error. */
  end(span: Tracer.Span, error?: string, at: number = this.now()): void {
    span.end(nanos(at), error === undefined ? Exit.void : Exit.fail(error))
  }

  /** A part of a trace that is over. */
  part(
    name: string,
    whole: Tracer.Span,
    from: number,
    to: number,
    attributes: SpanStart["attributes"]
  ): void {
    this.end(
      this.span({ name, kind: "internal", parent: Option.some(whole), from, attributes }),
      undefined,
      to
    )
  }

  /** What this span is of stands at this position of the log, and is to be folded. */
  awaitFold(span: Tracer.Span, position: number): void {
    this.waiting.push({ span, position })
    if (this.waiting.length > WAITING_MAX) this.waiting.shift()
  }

  /** Everything up to a position is folded, in a step since `from`; `here`: of this process. */
  folded(position: number, from: number, here: boolean): void {
    if (this.waiting.length === 0) return
    const ready = this.waiting.filter((one) => one.position <= position)
    if (ready.length === 0) return
    this.waiting = this.waiting.filter((one) => one.position > position)
    const now = this.now()
    for (const { position: own, span } of ready)
      this.part("fold", span, from, now, { "tidemark.position": own, "tidemark.fold.here": here })
  }

  now(): number {
    return unsafeNowMicros(this.clock)
  }

  private isWanted(parent: Option.Option<Tracer.ExternalSpan>): boolean {
    if (Option.isNone(parent)) return this.isDrawn()
    const { sampled, traceId } = parent.value
    // The last 56 bits of the id are the draw: all who see the trace decide alike.
    return this.sampling.parentBased
      ? sampled
      : Number.parseInt(traceId.slice(-14), 16) / 2 ** 56 >= 1 - this.sampling.ratio
  }

  private isDrawn(): boolean {
    this.gap -= 1
    if (this.gap > 0) return false
    this.gap = this.nextGap()
    return true
  }

  /** How many draws until the next that hits, at the ratio: as if each were drawn. */
  private nextGap(): number {
    const { ratio } = this.sampling
    if (ratio >= 1) return 1
    return ratio <= 0
      ? Number.POSITIVE_INFINITY
      : 1 + Math.floor(Math.log(1 - this.draw()) / Math.log(1 - ratio))
  }

  private mayStart(): boolean {
    const second = Math.floor(this.now() / MICROS_PER_SECOND)
    if (second !== this.second) {
      this.second = second
      this.startedInSecond = 0
    }
    this.startedInSecond += 1
    return this.startedInSecond <= STARTED_MAX
  }
}

/** Null: nobody collects traces, and nothing is done for them. */
export class Traces extends Context.Reference<Traces>()("tidemark/Traces", {
  defaultValue: (): TraceMaker | null => null
}) {}
