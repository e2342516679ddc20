/**
 * Bugs of how several processes append to one log, which a test on a real server has to find. Many of them are in
 * beside.mjs too, where the simulation has to.
 */
const reservations = "src/eventlog/sql/append/Reservations.ts"
const head = "src/eventlog/sql/LogHead.ts"
const test = "test/eventlog/sql/ConcurrentAppend.int.test.ts"

export const appenderMutants = [
  {
    name: "reserved times forgotten",
    file: reservations,
    find: "recordedAt: Math.max(Rows.time(row.recorded_at), Rows.maybeTime(row.reserved_at) ?? 0),",
    replace: "recordedAt: Rows.time(row.recorded_at),",
    why: "recorded_at falls where a batch was reserved by a clock that is ahead.",
    test
  },
  {
    name: "sensors taken as remembered",
    file: reservations,
    find: " || before.sensorsPosition !== sensorsPosition",
    replace: "",
    why: "A reading is stored as if its sensor were as it was before another process changed it.",
    test
  },
  {
    name: "cold days not looked at",
    file: reservations,
    find: "before.coldDays > 0 || ",
    replace: "",
    why: "A reading of a day that lies in a lake is stored, and hidden behind it.",
    test
  },
  {
    name: "claim of what was taken back",
    file: reservations,
    find: "(rows.length === 0 ? OUT_OF_TURN : Effect.void)",
    replace: "Effect.void",
    why: "A batch inserts at positions that others were given.",
    test
  },
  {
    name: "reservation left behind",
    file: reservations,
    find: "    Effect.zipRight(sql`DELETE FROM log_reservations WHERE first_position = $" + "{first}`)\n",
    replace: "",
    why: "Every batch is followed by one that has to take its reservation back.",
    test
  },
  {
    name: "commits out of order",
    file: reservations,
    find: `    if (below.length > 0) return yield* OUT_OF_TURN
    const head = yield* publishingHead(sql)
    return head.position === first - 1 ? head : yield* OUT_OF_TURN`,
    replace: "    return yield* publishingHead(sql)",
    why: "A reader goes past events that are committed later.",
    test
  },
  {
    name: "nobody waited for",
    file: reservations,
    find: "      ORDER BY first_position DESC FOR UPDATE`\n    if (below.length > 0) return yield* OUT_OF_TURN\n    const head = yield* publishingHead(sql)\n    return head.position === first - 1 ? head : yield* OUT_OF_TURN",
    replace: "      ORDER BY first_position DESC`\n    return yield* publishingHead(sql)",
    why: "The head moves past events that are not there yet.",
    test
  },
  {
    name: "order not taken by who appends alone",
    file: head,
    find: "    yield* lockOrder(sql)\n",
    replace: "",
    why: "Two processes give out the same positions.",
    test
  },
  {
    name: "reservations not seen by who appends alone",
    file: head,
    find: "yield* isReserved ? Effect.zipRight",
    replace: "yield* isReserved && row === null ? Effect.zipRight",
    why: "Positions that are reserved are given out again.",
    test
  },
  {
    name: "reservations not taken back",
    file: head,
    find: "    sql`DELETE FROM log_reservations WHERE first_position > 0`\n",
    replace: "    Effect.void\n",
    why: "What a process left that died is in everybody's way for ever.",
    test
  },
  {
    name: "sensors' last event not noted",
    file: "src/eventlog/sql/Session.ts",
    find: "    this.sensorsPosition = this.head\n",
    replace: "",
    why: "Other processes go on with sensors as they were.",
    test
  },
  {
    name: "sensors remembered for ever",
    file: "src/eventlog/sql/Recent.ts",
    find: "    return this.sensorsAsOf === sensorsPosition ? this.byId.get(id) : undefined",
    replace: "    return this.byId.get(id)",
    why: "A sensor that another process has changed is taken as it was.",
    test
  },
  {
    name: "rejected messages of a batch beside others not kept",
    file: "src/eventlog/sql/append/ConcurrentAppend.ts",
    find: "    yield* keepRejected({ sql, database, recordedAt, rejected }, rejections, NOTHING)\n",
    replace: "",
    why: "What can't be read is acknowledged and thrown away.",
    test
  },
  {
    name: "head not moved by a batch beside others",
    file: "src/eventlog/sql/append/ConcurrentAppend.ts",
    find: "    yield* moveHead(sql, database, { position: end, recordedAt, rejected, sensorsPosition })\n",
    replace: "",
    why: "Events that are acknowledged are above the head, and are lost with the next start.",
    test
  }
]
