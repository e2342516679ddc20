/** Why a CSV, or a row of it, is not read. */

/** Of the whole file. `give`: the option of the command line with which it would be read. */
export interface CsvRefusal {
  readonly reason: string
  readonly give?: string
}

/** Of one row: a field of it, or the row as a whole (""), and why, to follow the field's name. */
export interface CsvFault {
  readonly field: string
  readonly message: string
  readonly give?: string
}

export const faultsText = (faults: ReadonlyArray<CsvFault>): string =>
  faults.map(({ field, message }) => (field === "" ? message : `${field} ${message}`)).join("; ")

/** A refusal as the command line says it. */
export const refusalText = ({ give, reason }: CsvRefusal): string =>
  give === undefined ? reason : `${reason}: give ${give}`

/** What stands in a cell, as it is quoted in a reason. */
const QUOTED_MAX = 40
export const quoted = (text: string): string =>
  JSON.stringify(text.length <= QUOTED_MAX ? text : `${text.slice(0, QUOTED_MAX)}…`.toWellFormed())
