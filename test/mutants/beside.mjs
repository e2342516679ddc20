/**
 * Bugs of batches that several processes append beside each other, which the simulation has to find: its server locks rows
 * for two of three seeds of several processes.
 */
const reservations = "src/eventlog/sql/append/Reservations.ts"
const concurrent = "src/eventlog/sql/append/ConcurrentAppend.ts"
const head = "src/eventlog/sql/LogHead.ts"
const processes = "drawn"

export const besideMutants = [
  {
    name: "one above that does not wait, simulated",
    file: reservations,
    find: "      ORDER BY first_position DESC FOR UPDATE`\n    if (below.length > 0) return yield* OUT_OF_TURN\n    const head = yield* publishingHead(sql)\n    return head.position === first - 1 ? head : yield* OUT_OF_TURN",
    replace: "      ORDER BY first_position DESC`\n    return yield* publishingHead(sql)",
    why: "The head moves past events that are not there yet.",
    processes
  },
  {
    name: "one above that commits all the same, simulated",
    file: reservations,
    find: "    if (below.length > 0) return yield* OUT_OF_TURN\n    const head = yield* publishingHead(sql)\n    return head.position === first - 1 ? head : yield* OUT_OF_TURN",
    replace: "    return yield* publishingHead(sql)",
    why: "Positions that a batch below did not commit are a hole.",
    processes
  },
  {
    name: "reservation left behind, simulated",
    file: reservations,
    find: "    Effect.zipRight(sql`DELETE FROM log_reservations WHERE first_position = $" + "{first}`)\n",
    replace: "",
    why: "Every batch is followed by one that has to take its reservation back.",
    processes
  },
  {
    name: "reserved times forgotten, simulated",
    file: reservations,
    find: "recordedAt: Math.max(Rows.time(row.recorded_at), Rows.maybeTime(row.reserved_at) ?? 0),",
    replace: "recordedAt: Rows.time(row.recorded_at),",
    why: "recorded_at falls where a batch was reserved by a clock that is ahead.",
    processes
  },
  {
    name: "reservations not taken back, simulated",
    file: head,
    find: "    sql`DELETE FROM log_reservations WHERE first_position > 0`\n",
    replace: "    Effect.void\n",
    why: "What a process left that died is in everybody's way for ever.",
    processes
  },
  {
    name: "reservations not seen by who appends alone, simulated",
    file: head,
    find: "yield* isReserved ? Effect.zipRight",
    replace: "yield* isReserved && row === null ? Effect.zipRight",
    why: "Positions that are reserved are given out again.",
    processes
  },
  {
    name: "head not moved by a batch beside others, simulated",
    file: concurrent,
    find: "    yield* moveHead(sql, database, { position: end, recordedAt, rejected, sensorsPosition })\n",
    replace: "",
    why: "Events that are acknowledged are above the head, and are lost with the next start.",
    processes
  },
  {
    name: "rejected messages of a batch beside others lost, simulated",
    file: concurrent,
    find: "    yield* keepRejected({ sql, database, recordedAt, rejected }, rejections, NOTHING)\n",
    replace: "",
    why: "What can't be read is acknowledged and thrown away.",
    processes
  }
]
