/** Bugs of who does what of several processes, of those that a test on a real server has to find. */
const file = "src/ownership/Leases.ts"
const test = "test/ownership/Ownership.int.test.ts"

export const ownershipMutants = [
  {
    name: "fence left out of transactions",
    file: "src/db/Transaction.ts",
    find: "restore(Effect.zipRight(fence, body))",
    replace: "restore(body)",
    why: "A process that was stopped stores what it had folded, though another has taken over.",
    test
  },
  {
    name: "fence that takes any epoch",
    file,
    find: " AND epoch = $" + "{epoch}`\n        )",
    replace: "`\n        )",
    why: "What began before another process had its turn is stored after it.",
    test
  },
  {
    name: "fence that looks without a lock",
    file,
    find: `changed(
          sql,
          sql\`UPDATE ownership SET lease_until = \${leaseEnd(sql)}
            WHERE name = \${name} AND owner = \${owner} AND epoch = \${epoch}\`
        )`,
    replace: `Effect.map(
          sql\`SELECT 1 AS one FROM ownership
            WHERE name = \${name} AND owner = \${owner} AND epoch = \${epoch}\`,
          (rows) => rows.length
        )`,
    why: "Another process takes over between the look and the commit.",
    test
  },
  {
    name: "take-over under the old epoch",
    file,
    find: "epoch = epoch + 1",
    replace: "epoch = epoch",
    why: "A process that has its turn again can't be told from what it was before.",
    test
  },
  {
    name: "renewal of every lease",
    file,
    find: "$" + "{leaseEnd(sql)} WHERE owner = $" + "{owner}`",
    replace: "$" + "{leaseEnd(sql)}`",
    why: "What a dead process did is done by nobody again.",
    test
  },
  {
    name: "owner beyond its lease",
    file: "src/ownership/SqlOwnership.ts",
    find: "clock.unsafeCurrentTimeNanos() < until && clock.unsafeCurrentTimeMillis() < untilMillis",
    replace: "until >= 0n && untilMillis >= 0",
    why: "A process that was stopped publishes for its sensors beside the one that took them over.",
    test
  }
]
