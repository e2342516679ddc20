/** What rows come to, whatever holds them: their count, the sum of their values, and a digest. */
import { createHash } from "node:crypto"
import { Moments, toNumber } from "../domain/minute/ExactSum.js"
import { numberText } from "../formats/Cells.js"
import type { Value } from "../formats/Parquet.js"

export interface RowFacts {
  readonly rows: number
  /** Of the column `value`, rounded once; null: it is beyond the range of doubles. */
  readonly sum: number | null
  readonly content_sha256: string
}

const VALUE = "value"

/** Each kind of value has a text of its own, so that equal digests are equal rows. */
const textOf = (value: Value): string => {
  switch (typeof value) {
    case "number":
      return numberText(value)
    case "string":
      return JSON.stringify(value)
    case "object":
      return value === null ? "" : `x${Buffer.from(value).toString("hex")}`
    default:
      return String(value)
  }
}

export class RowDigest {
  private readonly hash = createHash("sha256")
  private readonly moments = new Moments()
  private at = -1
  private rows = 0

  /** The names of the columns: first, and once. */
  begin(columns: ReadonlyArray<string>): void {
    this.at = columns.indexOf(VALUE)
    this.hash.update(`${columns.join(",")}\n`)
  }

  /** In their order. */
  add(rows: ReadonlyArray<ReadonlyArray<Value>>): void {
    let text = ""
    for (const row of rows) {
      const value = row[this.at]
      if (typeof value === "number" && Number.isFinite(value)) this.moments.add(value)
      text += `${row.map(textOf).join(",")}\n`
    }
    this.hash.update(text)
    this.rows += rows.length
  }

  done(): RowFacts {
    const sum = toNumber(this.moments.sum)
    return {
      rows: this.rows,
      sum: Number.isFinite(sum) ? sum : null,
      content_sha256: this.hash.digest("hex")
    }
  }
}
