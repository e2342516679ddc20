/** The table of what the simulator found, as Markdown. */

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;")

const row = ({ found, mutant, seed, tried }) => {
  const not = tried === 0 ? "not tried in this run" : `not in ${tried} seeds`
  const by = mutant.test === undefined ? `seed ${seed} (${tried} tried)` : `\`${mutant.test}\``
  const where = found === null ? not : by
  const what = found === null ? (mutant.survives ?? "") : found.text.slice(0, 140)
  return `| ${cell(mutant.name)} | \`${mutant.file.replace("src/", "")}\` | ${cell(mutant.why)} | ${where} | ${cell(what)} |`
}

export const markdown = (results, { clean, from, hours, seeds }) => {
  const tried = results.filter((result) => result.tried > 0)
  const found = tried.filter((result) => result.found !== null)
  const few = results.filter(
    ({ found, mutant, tried }) => found === null && tried < seeds && mutant.test === undefined
  ).length
  return `# Planted bugs

A simulator that finds nothing proves nothing. So bugs are planted into the real code, one at a time, and the
simulator has to find each: \`npm run test:mutants\` does so, in a temporary copy, and writes this table with
\`-- --write\`. The bugs are listed in \`test/mutants/mutants.mjs\`.

So far, in runs bounded in time: ${found.length} of ${tried.length} found (${results.length} are in the list); seeds from ${from} on, at most ${seeds} for each,
${hours} simulated hours each, all faults. The product itself was clean over the first ${clean} of them.
${few === 0 ? "" : `\nThe run was bounded in time: ${few} that were not found got fewer seeds than that, as the table says.\n`}

A hunt may be done in parts: each row tells of the last time that its bug was hunted, and the simulator may have grown
since.

Bugs that no simulated database can show are found by a test on a real server, which stands in the place of the seed.

"Found" is a violation told by the simulator's checkers, or a run that died or did not end. The last column is the
first thing that was told.

| Bug | File | What it does | Found at | First told |
| --- | --- | --- | --- | --- |
${results.map(row).join("\n")}
`
}
