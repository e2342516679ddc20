/** What pages share with who answers them: what can't be followed is shown, by whose clocks times are, and who reads. */
import type { TimeZone } from "../../domain/TimeZone.js"
import type { FieldError } from "./Problem.js"

/** A parameter of a page's address that can't be followed. */
export interface ParameterProblem {
  readonly name: string
  /** As it was given; null: it is missing. */
  readonly value: string | null
  /** What may stand there, as the end of a sentence: "must be …". */
  readonly allowed: string
}

/** A form of a page that was sent and refused: what was written stays in it. */
export interface FormState {
  /** The form's own name: its hidden field `form`. */
  readonly form: string
  readonly values: URLSearchParams
  /** Each bad field by its name in the form. */
  readonly errors: ReadonlyArray<FieldError>
  /** What went wrong as a whole, as sentences. */
  readonly message: string
}

/** Whose clocks a page is read by, and which others may be chosen. */
export interface ZoneChoice {
  /** Undefined: UTC. */
  readonly zone: TimeZone | undefined
  /** The server's own, by its name. */
  readonly configured: string
  /** The other parameters of the address, which a form without scripts would lose. */
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>
}

/** Who reads a page, where people sign in. */
export interface PageReader {
  /** Undefined: nobody that is known. */
  readonly name: string | undefined
  /** They have signed in, and may sign out; else a key or a token tells their name. */
  readonly isSession: boolean
  /** Where they are to come back to, on this server. */
  readonly place: string
}
