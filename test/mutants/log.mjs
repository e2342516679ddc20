// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source text, not templates of this file
/** Bugs of the event log, and of the transactions below it. */

export const logMutants = [
  {
    name: "existing keys not asked for",
    file: "src/eventlog/sql/append/SqlAppend.ts",
    find: "yield* existingOf(session, ahead, asked)",
    replace: "new Map()",
    why: "A reading that is there already runs into the unique key."
  },
  {
    name: "repeats at the newest time not asked for",
    file: "src/eventlog/sql/append/LookAhead.ts",
    find: "readingKeyMillis(reading) <= millisOf(newest)",
    replace: "readingKeyMillis(reading) < millisOf(newest)",
    why: "A repeat of a sensor's newest reading is taken for new, and runs into the unique key."
  },
  {
    name: "repeats within a batch stored twice",
    file: "src/eventlog/sql/append/SqlAppend.ts",
    find: "        existing.set(key, readingId(draft.position))\n",
    replace: "",
    why: "A reading that is twice in one batch runs into the unique key."
  },
  {
    name: "rejected messages not kept",
    file: "src/eventlog/sql/append/SqlAppend.ts",
    find: "    yield* keepRejected(session, rejections, ahead)\n",
    replace: "",
    why: "What can't be read is acknowledged and thrown away."
  },
  {
    name: "rejected kept without its bytes",
    file: "src/eventlog/sql/append/KeepRejected.ts",
    find: "bytes === null ? null : Buffer.from(bytes),",
    replace: "null,",
    why: "A rejected message is kept as a line without its payload."
  },
  {
    name: "rejected deliveries counted as messages",
    file: "src/eventlog/sql/append/KeepRejected.ts",
    find: "        const ids = again.get(deliveries)\n",
    replace:
      "        const ids = again.get(deliveries)\n        session.rejected.admit(rejection.source.bytes)\n",
    why: "The total of rejected messages grows with each repeat."
  },
  {
    name: "positions from memory",
    file: "src/eventlog/sql/Session.ts",
    find: "      const { coldDays, position, rejectedBytes, sensorsPosition } = head\n",
    replace:
      "      const { coldDays, rejectedBytes, sensorsPosition } = head\n      const position = recent.head ?? head.position\n",
    why: "Positions go on from this process' last commit, not from the head in the database."
  },
  {
    name: "recorded_at from the clock alone",
    file: "src/eventlog/sql/Session.ts",
    find: "micros(Math.max(now, head.recordedAt))",
    replace: "micros(now)",
    why: "A clock that is set back makes recorded_at fall as the position rises."
  },
  {
    name: "head not written",
    file: "src/eventlog/sql/Session.ts",
    find: "const { head: position, recordedAt,",
    replace: "const { start: position, recordedAt,",
    why: "The next transaction gives the same positions again."
  },
  {
    name: "superseded row not marked",
    file: "src/eventlog/sql/Session.ts",
    find: "      for (const [superseded, by] of self.links) yield* supersede(self.sql, superseded, by)\n",
    replace: "",
    why: "A corrected reading stays in force beside its correction."
  },
  {
    name: "deletion does not supersede",
    file: "src/eventlog/sql/SqlPeople.ts",
    find: "  session.link(current.position, deletion.position)\n",
    replace: "",
    why: "A deleted reading stays in force."
  },
  {
    name: "correction of the row, not the reading",
    file: "src/eventlog/sql/SqlPeople.ts",
    find: "readingId: moved ? null : id,",
    replace: "readingId: moved ? null : current.position,",
    why: "A second correction names the first one as its reading."
  },
  {
    name: "key of a reading ignores its value",
    file: "src/domain/Reading.ts",
    find: `\${identity.epoch ?? ""}|\${identity.seq ?? ""}|\${reading.value}`,
    replace: `\${identity.epoch ?? ""}|\${identity.seq ?? ""}`,
    why: "The second of two values at one time is taken for a repeat."
  },
  {
    name: "stale memory of another's appends",
    file: "src/eventlog/sql/Recent.ts",
    find: "if (this.position !== start || this.newest.size > SENSORS_MAX) {",
    replace: "if (this.newest.size > SENSORS_MAX) {",
    why: "What this process remembers of the log's end has a hole where another process appended."
  },
  {
    name: "new sensor's version not stored",
    file: "src/eventlog/sql/SensorBook.ts",
    find: `    return Effect.zipRight(
      Sensors.insertSensor(this.sql, this.database, sensor),
      Sensors.insertVersion(this.sql, this.database, sensor.id, 1, sensor.metadata, this.recordedAt)
    )`,
    replace: "    return Sensors.insertSensor(this.sql, this.database, sensor)",
    why: "Readings name a version of their sensor's metadata that is not there."
  },
  {
    name: "halving loses a half",
    file: "src/eventlog/sql/append/BatchAppend.ts",
    find: "        appendBatch(ways, items.slice(half)),\n",
    replace: `        Effect.succeed(items.slice(half).map(() => ({ _tag: "Repeated", id: 1 }))),\n`,
    why: "Where one row of a batch can't be stored, the second half is never appended."
  },
  {
    name: "one bad row rejects its batch",
    file: "src/eventlog/sql/append/BatchAppend.ts",
    find: "      const half = Math.ceil(items.length / 2)\n",
    replace: `      if (items.length > 1) {
          return appendBatch(
            ways,
            items.map(({ source }) => ({ _tag: "Rejected", source, reason: "can't be stored" }))
          )
        }
      const half = Math.ceil(items.length / 2)\n`,
    why: "Where one row of a batch can't be stored, all of the batch is kept as rejected."
  },
  {
    name: "bad row stops ingest",
    file: "src/eventlog/sql/append/BatchAppend.ts",
    find: `error.kind === "Permanent" && ROW_CODES.test(error.code)`,
    replace: "false",
    why: "A row that can't be stored is not looked for: the log is said to be corrupt."
  },
  {
    name: "correction tried again after an unknown outcome",
    file: "src/eventlog/sql/SqlEventLog.ts",
    find: "mapped(write((session) => People.replace(session, id, by, options ?? {}), { retryUnknown: false })),",
    replace: "mapped(write((session) => People.replace(session, id, by, options ?? {}))),",
    why: "A correction that was committed finds itself, and says that the reading has changed."
  },
  {
    name: "deletion tried again after an unknown outcome",
    file: "src/eventlog/sql/SqlEventLog.ts",
    find: "mapped(write((session) => People.remove(session, id, options ?? {}), { retryUnknown: false })),",
    replace: "mapped(write((session) => People.remove(session, id, options ?? {}))),",
    why: "A deletion that was committed finds itself, and says that there is no such reading."
  },
  {
    name: "failed commit taken for a success",
    file: "src/db/Transaction.ts",
    find: "Effect.mapError((error) => classify(error, true))",
    replace: "Effect.ignore",
    why: "A COMMIT whose answer was a failure, or was lost, counts as done."
  },
  {
    name: "commit not waited for",
    file: "src/db/Transaction.ts",
    find: `          yield* execute(connection, "COMMIT").pipe(`,
    replace: `          yield* execute(connection, "ROLLBACK").pipe(`,
    why: "A transaction answers a success and is rolled back."
  },
  {
    name: "failed commit taken as permanent",
    file: "src/db/Failure.ts",
    find: `committing && !isRolledBack(driver) ? "Unknown" : kindOf(driver)`,
    replace: `committing ? "Permanent" : kindOf(driver)`,
    why: "A lost answer to a COMMIT stops ingest for good."
  },
  {
    name: "deadlock taken as permanent",
    file: "src/db/Failure.ts",
    find: `if (errno !== null && TRANSIENT_ERRNOS.has(errno)) return "Transient"`,
    replace: `if (errno !== null && TRANSIENT_ERRNOS.has(errno)) return "Permanent"`,
    why: "A deadlock, or a server that shuts down, stops ingest for good."
  },
  {
    name: "full disk taken as permanent",
    file: "src/db/Failure.ts",
    find: `  "SQLITE_FULL",\n`,
    replace: "",
    why: "A disk that is full for a while stops ingest for good."
  },
  {
    name: "failed transaction left open",
    file: "src/db/Transaction.ts",
    find: `        yield* undo(connection)
        return yield* exit`,
    replace: "        return yield* exit",
    why: "A connection is given back with what the failed body did still open on it."
  }
]
