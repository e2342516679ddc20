/** Bugs of who does what of several processes, which the simulation of two to four of them has to find. */
const leases = "src/ownership/Leases.ts"
const ownership = "src/ownership/SqlOwnership.ts"
const processes = "drawn"

export const peerMutants = [
  {
    name: "fence that nobody asks, of several",
    file: "src/db/Transaction.ts",
    find: "restore(Effect.zipRight(fence, body))",
    replace: "restore(body)",
    why: "A process that was stopped goes on with what another has taken over.",
    processes
  },
  {
    name: "take-over that raises no epoch, of several",
    file: leases,
    find: "epoch = epoch + 1",
    replace: "epoch = MAX(epoch, 1)",
    why: "A process that has its turn again can't be told from what it was before.",
    processes
  },
  {
    name: "take-over before the lease has ended",
    file: leases,
    find: " AND lease_until < $" + "{now(sql)}`",
    replace: "`",
    why: "Of two processes that both find a lease ended, the second takes it from the first.",
    processes
  },
  {
    name: "lease counted from after the question",
    file: ownership,
    find: `const asked = clock.unsafeCurrentTimeNanos()
      const askedMillis = clock.unsafeCurrentTimeMillis()
      const leases = yield* renewed`,
    replace: `const leases = yield* renewed
      const asked = clock.unsafeCurrentTimeNanos()
      const askedMillis = clock.unsafeCurrentTimeMillis()`,
    why: "A process that was stopped before it heard of its renewal takes itself for the owner beside another.",
    processes
  },
  {
    name: "owner beyond its lease, of several",
    file: ownership,
    find: "clock.unsafeCurrentTimeNanos() < until && clock.unsafeCurrentTimeMillis() < untilMillis",
    replace: "until > 0n && untilMillis > 0",
    why: "A process that was cut off publishes for its sensors beside the one that took them over.",
    processes
  },
  {
    name: "owner by a clock that stood still",
    file: ownership,
    find: " && clock.unsafeCurrentTimeMillis() < untilMillis",
    replace: "",
    why: "A machine that was suspended publishes for its sensors beside the one that took them over.",
    processes
  },
  {
    name: "sensors that publish whoever owns them",
    file: "src/sensors/SensorTurn.ts",
    find: "owns(SENSORS) ? sink.publish(topic, payload, settle)",
    replace: "owns(SENSORS) || true ? sink.publish(topic, payload, settle)",
    why: "Two processes publish for a sensor at once.",
    processes
  },
  {
    name: "lost lease that is taken for ours",
    file: ownership,
    find: "one.owner === owner ? [[one.name, one.epoch] as const] : []",
    replace: "one.owner === owner || epochs.has(one.name) ? [[one.name, one.epoch] as const] : []",
    why: "A process goes on as the owner of what another has taken over.",
    processes
  },
  {
    name: "renewal of every lease, of several",
    file: leases,
    find: "$" + "{leaseEnd(sql)} WHERE owner = $" + "{owner}`",
    replace: "$" + "{leaseEnd(sql)}`",
    why: "What a dead process did is done by nobody again.",
    processes
  },
  {
    name: "work that goes on when it was lost",
    file: ownership,
    find: "first((now) => (now.get(name) === epoch ? Option.none() : Option.some(undefined)))",
    replace: "first((now) => (now.get(name) !== -epoch ? Option.none<undefined>() : Option.some(undefined)))",
    why: "A process that owns a name again is held to the epoch before, and stores nothing any more.",
    processes
  }
]
