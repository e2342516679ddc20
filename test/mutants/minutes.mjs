// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source text, not templates of this file
/** Bugs of the fold, of the rows that it stores and of the exact sums. */

export const minuteMutants = [
  {
    name: "checkpoint after the rows",
    file: "src/projections/minutes/SqlMinuteStore.ts",
    find: `Checkpoints.moveFrom(database, projection, from, to, (sql) =>
        Effect.zipRight(
          upsertMinutes(sql, database, from.generation, rows),
          markHours(sql, database, from.generation, rows)
        )
      ),`,
    replace: `mapped(
        Effect.zipLeft(
          Checkpoints.moveFrom(database, projection, from, from.position, (sql) =>
            Effect.zipRight(
              upsertMinutes(sql, database, from.generation, rows),
              markHours(sql, database, from.generation, rows)
            )
          ),
          database.transact((sql) => sql\`UPDATE checkpoints SET position = \${to} WHERE projection = \${projection}\`)
        )
      ),`,
    why: "Rows and checkpoint are stored in two transactions: a crash between them counts readings twice."
  },
  {
    name: "checkpoint before the rows",
    file: "src/projections/minutes/SqlMinuteStore.ts",
    find: `Checkpoints.moveFrom(database, projection, from, to, (sql) =>
        Effect.zipRight(
          upsertMinutes(sql, database, from.generation, rows),
          markHours(sql, database, from.generation, rows)
        )
      ),`,
    replace: `mapped(
        Effect.zipLeft(
          Checkpoints.moveFrom(database, projection, from, to, () => Effect.void),
          database.transact((sql) =>
            Effect.zipRight(
              upsertMinutes(sql, database, from.generation, rows),
              markHours(sql, database, from.generation, rows)
            )
          )
        )
      ),`,
    why: "The checkpoint is stored first: a crash before the rows loses readings from the minutes."
  },
  {
    name: "checkpoint moved by two folders",
    file: "src/projections/Checkpoints.ts",
    find: " || now.position !== from.position) return false",
    replace: ") return false",
    why: "A fold is stored though another process has moved the checkpoint meanwhile."
  },
  {
    name: "rebuild goes live too early",
    file: "src/projections/minutes/SqlMinuteStore.ts",
    find: "    if (rebuild.position < live.position) return false\n",
    replace: "",
    why: "A rebuild that is behind the live minutes takes their place: they go back to an older state."
  },
  {
    name: "rebuild into the live rows",
    file: "src/projections/minutes/SqlMinuteStore.ts",
    find: "const generation = top + 1",
    replace: "const generation = top",
    why: "A rebuild adds everything to the rows that are there."
  },
  {
    name: "sweep deletes live rows",
    file: "src/projections/minutes/SqlMinuteStore.ts",
    find: "checkpoints.every((checkpoint)",
    replace: "checkpoints.some((checkpoint)",
    why: "What a rebuild clears away is what people read."
  },
  {
    name: "correction folded as one more reading",
    file: "src/projections/minutes/MinuteFold.ts",
    find: "    if (recorded) change.recorded.push(event)\n",
    replace: `    if (recorded || event.type === "ReadingCorrected") change.recorded.push(event)\n`,
    why: "A corrected reading is counted with both values."
  },
  {
    name: "fold as of now",
    file: "src/projections/minutes/MinuteFold.ts",
    find: `          store.touching({ sensorId, minute }, asOf),
          (all): StoredMinute => ({ sensorId, minute, state: foldAsOf(all, asOf) })`,
    replace: `          store.touching({ sensorId, minute }, Number.MAX_SAFE_INTEGER),
          (all) => ({ sensorId, minute, state: foldAsOf(all, Number.MAX_SAFE_INTEGER) })`,
    why: "A minute that is folded anew holds readings after the checkpoint, which the next step counts again."
  },
  {
    name: "correction not folded",
    file: "src/projections/minutes/MinuteFold.ts",
    find: ` && event.type !== "ReadingCorrected"`,
    replace: "",
    why: "A correction never reaches its minute."
  },
  {
    name: "deletion not folded",
    file: "src/projections/minutes/MinuteFold.ts",
    find: ` && event.type !== "ReadingDeleted"`,
    replace: "",
    why: "A deleted reading stays in its minute."
  },
  {
    name: "window closed by the wall clock",
    file: "src/projections/minutes/MinuteFold.ts",
    find: "    const minute = minuteOf(event.occurredAt)\n",
    replace: `    if (event.recordedAt - event.occurredAt > 3_600_000_000) continue
    const minute = minuteOf(event.occurredAt)\n`,
    why: "A reading that is more than an hour late is in the log, and never in its minute."
  },
  {
    name: "minute by arrival",
    file: "src/projections/minutes/MinuteFold.ts",
    find: "const minute = minuteOf(event.occurredAt)",
    replace: "const minute = minuteOf(event.recordedAt)",
    why: "Readings are put into the minute in which they came."
  },
  {
    name: "fold skips to the head",
    file: "src/projections/minutes/MinuteFold.ts",
    find: "return { to: last.position, rows: [...rows, ...derivedRows] }",
    replace: "return { to: (yield* log.head).position, rows: [...rows, ...derivedRows] }",
    why: "The checkpoint is put at the head as it is now, not at the last event that was folded."
  },
  {
    name: "minute rounded up",
    file: "src/domain/Time.ts",
    find: "micros(time - (time % MICROS_PER_MINUTE))",
    replace: "micros(Math.ceil(time / MICROS_PER_MINUTE) * MICROS_PER_MINUTE)",
    why: "A minute is named by its end."
  },
  {
    name: "minute closed at both ends",
    file: "src/projections/minutes/MinuteQueries.ts",
    find: "      AND e.occurred_at < ${database.encodeTime(key.minute + MICROS_PER_MINUTE)} AND e.position <=",
    replace:
      "      AND e.occurred_at <= ${database.encodeTime(key.minute + MICROS_PER_MINUTE)} AND e.position <=",
    why: "A minute that is folded anew takes in a reading of the next minute's first microsecond."
  },
  {
    name: "ties by arrival",
    file: "src/domain/minute/Minute.ts",
    find: "(a.at === b.at ? a.eventId < b.eventId : a.at < b.at)",
    replace: "a.at < b.at",
    why: "Of two readings at one time, first and last are those that came first."
  },
  {
    name: "merge forgets the maximum",
    file: "src/domain/minute/Minute.ts",
    find: "    if (minute.max > this.max) this.max = minute.max\n",
    replace: "",
    why: "A minute that gets further readings later loses its maximum."
  },
  {
    name: "superseded reading counted",
    file: "src/domain/minute/Minute.ts",
    find: "    if (inForce(event, asOf)) builder.add(event)\n",
    replace: "    if (event.value !== null) builder.add(event)\n",
    why: "A minute that is folded anew counts a corrected reading's every value."
  },
  {
    name: "sum rounded at each step",
    file: "src/projections/minutes/MinuteRows.ts",
    find: "    ExactSum.encode(sum),\n",
    replace: "    ExactSum.encode(ExactSum.ofNumber(rounded ?? 0)),\n",
    why: "The sum is kept as a double, and what was rounded is added to."
  },
  {
    name: "mean of the rounded sum",
    file: "src/domain/minute/ExactSum.ts",
    find: ": number => quotient(sum, BigInt(count))",
    replace: ": number => toNumber(sum) / count",
    why: "The mean is rounded twice."
  },
  {
    name: "deviation of a sample",
    file: "src/domain/minute/ExactSum.ts",
    find: "  const divisor = n * n * unit * unit\n",
    replace: "  const divisor = n * (n - 1n) * unit * unit\n",
    why: "The standard deviation is divided by n - 1."
  },
  {
    name: "exact sum loses an exponent",
    file: "src/domain/minute/ExactSum.ts",
    find: "this.mantissa += mantissa << BigInt(exponent - this.exponent)\n",
    replace: "this.mantissa += mantissa\n",
    why: "Values of different size are added as if they were of one."
  }
]
