/** What is wrong with an OData request, in OData's own terms: what everything here fails with, and nothing else. */
import * as Data from "effect/Data"

/** Codes that clients may tell apart; each with its HTTP status. */
export const ODATA_CODES = {
  BadRequest: 400,
  InvalidFilter: 400,
  UnknownProperty: 400,
  TypeMismatch: 400,
  TooComplex: 400,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  Gone: 410,
  NotImplemented: 501
} as const
export type ODataCode = keyof typeof ODATA_CODES

export class ODataError extends Data.TaggedError("ODataError")<{
  readonly code: ODataCode
  readonly message: string
  /** The query option, header or property that is to blame. */
  readonly target?: string | undefined
}> {}

export const odataError = (code: ODataCode, message: string, target?: string): ODataError =>
  new ODataError({ code, message, target })
