/**
 * The one style sheet. Light and dark follow the system, or the reader's choice; text and states keep a contrast of
 * 4.5 to 1 in both, marks and lines one of 3 to 1, and no state is told by colour alone.
 */
import { formStyles } from "./FormStyles.js"
import { plotStyles } from "./PlotStyles.js"

const base = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f7f9fa, #0e161c); --panel: light-dark(#ffffff, #16212a); --line: light-dark(#d9e0e5, #2b3a46);
  --ink: light-dark(#14212b, #e6edf2); --quiet: light-dark(#566673, #9fb0bd);
  --accent: light-dark(#00647a, #5cc8dd); --accent-ground: light-dark(#e2f2f5, #12323a);
  --good: light-dark(#146b3a, #7ddba3); --good-ground: light-dark(#e0f3e7, #12331f);
  --bad: light-dark(#a3341f, #ff9d88); --bad-ground: light-dark(#fbe9e5, #42190f);
  --warn: light-dark(#7a5200, #f0c05c); --warn-ground: light-dark(#fbf0d9, #3a2a08);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
[hidden] { display: none !important; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
.wrap { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--panel); padding: 0.5rem 1rem; z-index: 1; }
.top { background: var(--panel); border-bottom: 1px solid var(--line); }
.top .wrap { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem; padding-block: 0.7rem; }
.theme { margin-left: auto; min-height: 2rem; padding: 0.15rem 0.8rem; font-size: 0.85rem; font-weight: 400; background: none;
  color: var(--quiet); border: 1px solid var(--line); } .theme:hover { color: var(--ink); border-color: var(--quiet); }
.zone { margin-left: auto; } .zone + .theme { margin-left: 0; } .zone[hidden] + .theme { margin-left: auto; } .zone button { min-height: 2rem; padding: 0.15rem 0.8rem; font-size: 0.85rem; } .zone select { min-height: 2rem; padding: 0.15rem 0.4rem;
  font-size: 0.85rem; color: var(--quiet); border-color: var(--line); max-width: 13rem; background: none; }
.reader { display: flex; align-items: center; gap: 0.6rem; font-size: 0.85rem; color: var(--quiet); } .reader[hidden] { display: none; }
.reader bdi { max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .reader button { min-height: 2rem; padding: 0.15rem 0.8rem; font-size: 0.85rem; }
.brand { display: flex; align-items: center; gap: 0.6rem; color: var(--ink); text-decoration: none;
  font-weight: 650; font-size: 1.1rem; letter-spacing: -0.01em; }
.logo { fill: none; stroke: var(--accent); stroke-width: 2.4; stroke-linecap: round; }
.logo path:nth-child(2) { opacity: 0.65; } .logo path:nth-child(3) { opacity: 0.35; }
nav[aria-label="Main"] { display: flex; flex-wrap: wrap; gap: 0.25rem; margin-left: -0.6rem; }
nav[aria-label="Main"] a { padding: 0.3rem 0.6rem; border-radius: 6px; color: var(--quiet); text-decoration: none; }
nav[aria-label="Main"] a:hover { color: var(--ink); background: var(--accent-ground); }
nav[aria-label="Main"] a[aria-current] { color: var(--accent); background: var(--accent-ground); font-weight: 600; }
main.wrap { padding-block: 1.75rem 3rem; }
footer.wrap { color: var(--quiet); font-size: 0.875rem; padding-block: 1rem 2rem; }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 0.6rem; letter-spacing: -0.01em; overflow-wrap: anywhere; }
section { margin-top: 2.25rem; }
p { margin: 0 0 0.75rem; max-width: 70ch; overflow-wrap: anywhere; }
code { font-family: var(--mono); font-size: 0.875em; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.title { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0.25rem 1rem; }
.title .links { margin: 0; font-variant-numeric: tabular-nums; }
.lead { color: var(--quiet); font-size: 1.05rem; margin-top: 0.4rem; }
.crumbs { font-size: 0.9rem; color: var(--quiet); margin-bottom: 0.4rem; }
.empty { background: var(--panel); border: 1px dashed var(--line); border-radius: 10px; padding: 1.5rem; max-width: none; }
.trouble { background: var(--bad-ground); color: var(--bad); border-left: 4px solid; border-radius: 6px;
  padding: 0.75rem 1rem; margin: 1rem 0; max-width: none; }
.cards, .go { list-style: none; margin: 1.25rem 0; padding: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.card, .figure, .go a { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.card { padding: 1.1rem 1.25rem; display: flex; flex-direction: column; }
.card > p:first-of-type { flex: 1; }
.card .columns { margin: 0.75rem 0 0; line-height: 1.9; }
.columns code { background: var(--ground); border: 1px solid var(--line); border-radius: 5px; padding: 0.05em 0.4em; }
.facts, .figures, .scores, .use { margin: 0.25rem 0 0; display: flex; flex-wrap: wrap; gap: 0.75rem 2rem; }
.facts dt, .figure dt, .scores dt, .use dt, .label { color: var(--quiet); font-size: 0.8rem; }
dd { margin: 0; }
.card .facts .wide { flex-basis: 100%; }
.facts dd { font-variant-numeric: tabular-nums; }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.figures { margin: 1.25rem 0 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); }
.figure { padding: 0.9rem 1.1rem; }
.figure dd:first-of-type { font-size: 1.5rem; font-weight: 620; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.scores { display: grid; gap: 0.75rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); margin-bottom: 0.9rem; }
.scores dt { text-transform: capitalize; }
.scores dd { font-variant-numeric: tabular-nums; font-weight: 600; }
meter { display: block; width: 100%; height: 0.75rem; margin-top: 0.2rem; }
.use > div { display: grid; gap: 0.1rem; }
.go { grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.go a { display: block; height: 100%; padding: 0.8rem 1.1rem; text-decoration: none; color: var(--ink); }
.go a:hover { border-color: var(--accent); }
.go strong { display: block; color: var(--accent); } .go span { color: var(--quiet); font-size: 0.92rem; }
.search { margin: 1.25rem 0; max-width: 40rem; }
.search label { display: block; font-size: 0.875rem; color: var(--quiet); margin-bottom: 0.3rem; }
.search div { display: flex; gap: 0.5rem; }
input, button { font: inherit; border-radius: 8px; padding: 0.5rem 0.8rem; min-height: 2.75rem; }
input { flex: 1; min-width: 0; border: 1px solid var(--quiet); background: var(--panel); color: var(--ink); }
button { border: 1px solid var(--accent); background: var(--accent); color: var(--panel); font-weight: 600; cursor: pointer; }
.paging { display: flex; justify-content: space-between; gap: 1rem; font-variant-numeric: tabular-nums; }
.paging a { padding: 0.4rem 0; }
.scroll { position: relative; overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 0.94rem; }
th, td { text-align: left; padding: 0.5rem 0.9rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--quiet); font-size: 0.8rem; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.big { font-size: 1.05rem; font-weight: 600; } .big .quiet { font-weight: 400; }
.sample { font-size: 0.85rem; } .sample td { max-width: 22rem; }
.sample .text, .sample .binary, .sample .json { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sample .binary, .sample .json { font-family: var(--mono); max-width: 14rem; }
.meaning th code, .type { white-space: nowrap; } .meaning td:nth-child(2) { min-width: 13rem; }
.sensor { display: block; min-width: 9rem; overflow-wrap: anywhere; }
td time, td .state { white-space: nowrap; } .sensor + .quiet { font-size: 0.8rem; font-weight: 400; overflow-wrap: anywhere; }
.scroll + p { margin-top: 0.75rem; }
.tag { color: var(--quiet); font-size: 0.75rem; border: 1px solid var(--line); border-radius: 5px; padding: 0 0.35em; }
.state { display: inline-block; border-radius: 99px; padding: 0.05rem 0.65rem; font-size: 0.82rem; font-weight: 600;
  background: var(--warn-ground); color: var(--warn); }
.state.fresh { background: var(--good-ground); color: var(--good); }
.state.parked, .state.late { background: var(--bad-ground); color: var(--bad); }
.state.derived { background: var(--accent-ground); color: var(--accent); }
.state.retired, .state.gone { background: none; color: var(--quiet); border: 1px solid var(--line); }
@media (max-width: 40rem) {
  .wrap { padding-inline: 1rem; }
  main.wrap { padding-top: 1.25rem; }
  h1 { font-size: 1.45rem; }
  th, td { padding: 0.45rem 0.7rem; }
  .zone { max-width: 100%; } .zone select { max-width: 100%; } .search, .search input { min-width: 0; max-width: none; }
  .top .wrap { gap: 0.25rem 0.75rem; } .top nav { order: 1; flex-basis: 100%; }
  .figures { grid-template-columns: 1fr 1fr; gap: 0.75rem; } .figure { padding: 0.7rem 0.9rem; } .figure dd:first-of-type { font-size: 1.3rem; }
}
select { font: inherit; min-height: 2.75rem; padding: 0.4rem 0.6rem; border-radius: 8px; border: 1px solid var(--quiet);
  background: var(--panel); color: var(--ink); max-width: 100%; }
h3 { font-size: 1rem; margin: 1.1rem 0 0.5rem; }
bdi { overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.small { font-size: 0.85rem; } .plain td, .plain th { white-space: nowrap; }
.long { white-space: pre-line; } .card .long { max-height: 9rem; overflow-y: auto; }
caption { text-align: left; padding: 0.6rem 0.9rem; color: var(--quiet); font-size: 0.875rem; }
details { margin: 0.75rem 0; } summary { cursor: pointer; color: var(--accent); padding: 0.3rem 0; }
details > .scroll { margin-top: 0.5rem; } td > details { margin: 0; } td > details > summary { padding: 0; }
pre { margin: 0; padding: 0.7rem 0.9rem; overflow-x: auto; font: 0.85rem/1.5 var(--mono); background: var(--ground);
  border-radius: 6px; } pre code { font-size: 1em; overflow-wrap: normal; }
.snippet pre { white-space: pre-wrap; } .snippet pre code { overflow-wrap: anywhere; }
.filters { margin-top: 0.75rem; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.5rem; }
.search .filters label { margin: 0; } .search .check { display: flex; align-items: center; gap: 0.4rem; min-height: 2.75rem; }
input[type="checkbox"] { flex: none; min-height: 0; width: 1.15rem; height: 1.15rem; accent-color: var(--accent); margin: 0; }
.pulse { color: var(--good); font-weight: 600; } .pulse::before { content: "● "; font-size: 0.7em; vertical-align: 0.15em; }
.moved { animation: moved 0.8s ease-out; }
@keyframes moved { from { background: var(--accent-ground); } }
@media (prefers-reduced-motion: reduce) { .moved { animation: none; } }
.grade { font-weight: 600; font-variant-numeric: tabular-nums; } .grade.good { color: var(--good); }
.grade.fair { color: var(--warn); } .grade.poor { color: var(--bad); }
td .grade + .quiet { font-size: 0.8rem; }
.snippets { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); margin: 1rem 0; }
.snippet { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 0.6rem 0.9rem 0.9rem; min-width: 0; }
.snippet h3 { margin: 0; } .snippet .bar { display: flex; justify-content: space-between; align-items: center; min-height: 2.4rem; }
.copy { min-height: 1.9rem; padding: 0.1rem 0.7rem; font-size: 0.85rem; background: none; color: var(--accent); }
.formats a, .downloads a, .moves a { display: inline-block; padding: 0.35rem 0.8rem; border: 1px solid var(--line);
  border-radius: 8px; background: var(--panel); text-decoration: none; margin: 0 0.25rem 0.4rem 0; }
.formats a:hover, .downloads a:hover, .moves a:hover { border-color: var(--accent); }
.meaning th .type { display: block; font-weight: 400; color: var(--quiet); }
.spread { min-width: 11rem; } .spread .small { display: block; color: var(--quiet); overflow-wrap: anywhere; }
/* Where not all days fit, the newest show first. */
.scroll:has(> .strip) { direction: rtl; } .strip { direction: ltr; margin-right: auto; }
.strip { width: auto; border-collapse: separate; border-spacing: 2px; } .strip th, .strip td { border: 0; padding: 0.2rem 0.4rem; }
.strip tbody th { min-width: 8rem; max-width: 16rem; font-weight: 400; vertical-align: middle; text-transform: none; }
.strip tr > :first-child { position: sticky; left: 0; background: var(--panel); }
.strip td { padding: 0; text-align: center; }
.cell { font-size: 0.8rem; font-variant-numeric: tabular-nums; border-radius: 4px; min-width: 2.7rem; }
.cell a { display: block; padding: 0.35rem 0.3rem; color: inherit; text-decoration: none; border-radius: 4px; }
.cell a:hover { outline: 2px solid var(--accent); }
.cell.good { background: var(--good-ground); color: var(--good); } .cell.none { color: var(--quiet); }
.cell.fair { background: var(--warn-ground); color: var(--warn); } .cell.poor { background: var(--bad-ground); color: var(--bad); font-weight: 700; }
.key { margin-top: 0.6rem; } .key .cell { display: inline-block; padding: 0.15rem 0.6rem; }
.choice { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem; margin-bottom: 0.6rem; } .choice p { margin: 0; flex-basis: 100%; max-width: none; } .choice input { flex: none; }
.tabs { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 1.25rem 0 0.9rem; }
.tabs a { padding: 0.35rem 0.9rem; border-radius: 99px; border: 1px solid var(--line); text-decoration: none; text-transform: capitalize; background: var(--panel); }
.tabs a[aria-current] { background: var(--accent); border-color: var(--accent); color: var(--panel); font-weight: 600; }
.checks tbody th { min-width: 11.5rem; } .checks th .small { display: block; font-weight: 400; } .why { min-width: 22rem; overflow-wrap: anywhere; font-size: 0.9rem; }
.who { min-width: 11rem; } .failing td { vertical-align: top; } .failing td:last-child { white-space: nowrap; }
.identity { gap: 0.9rem 2.5rem; } .latest { font-size: 1.1rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.4rem 0.6rem; margin: 0.75rem 0 1.25rem; }
.latest strong { font-size: 1.9rem; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.rejected pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 12rem; max-width: 34rem; } .rejected td { vertical-align: top; }
.rejected .bytes { min-width: 8rem; } .rejected .topic { min-width: 11rem; }
.note { background: var(--warn-ground); color: var(--warn); border-radius: 6px; padding: 0.4rem 0.8rem; margin-top: 0.75rem; max-width: none; }
.trend { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; margin-top: 0.9rem; }
@media print {
  :root:root { color-scheme: light; } body { background: none; font-size: 11pt; }
  .top, .search, .choice, .paging, .tabs, .explore, .moves, .hint, .downloads, .copy, .pulse, #share, section:has(> .go, > .downloads), details:not([open]), footer span + span { display: none; }
  .scroll { overflow: visible; } tr, figure, .card, .snippet { break-inside: avoid; } thead { display: table-header-group; } h2, h3 { break-after: avoid; }
}
`

export const styles = base + plotStyles + formStyles
