/** What of a request to a page can't be followed: shown on it, and never passed over. */
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
