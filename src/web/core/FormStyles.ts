/** Forms that change something, what they say when they are refused, and the pages of single messages. */
export const formStyles = `
textarea { font: inherit; border-radius: 8px; padding: 0.5rem 0.8rem; width: 100%; border: 1px solid var(--quiet); background: var(--panel);
  color: var(--ink); resize: vertical; } textarea[name="payload"] { font: 0.875rem/1.5 var(--mono); }
.edit { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; margin: 0.6rem 0 1rem; max-width: 52rem; }
.field { margin-bottom: 1rem; min-width: 0; } .field label { display: block; font-weight: 600; font-size: 0.9rem; margin-bottom: 0.25rem; }
.field input { width: 100%; } .field .hint { margin: 0.25rem 0 0; } .field code { font-weight: 400; }
.field label input { font-weight: 400; } .edit > .check { display: flex; align-items: center; gap: 0.4rem; margin-bottom: 1rem; }
.wrong { color: var(--bad); font-weight: 600; font-size: 0.9rem; margin: 0.25rem 0 0; } .wrong::before { content: "✗ "; }
[aria-invalid] { border-color: var(--bad); border-width: 2px; }
.pair { display: grid; gap: 0 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.buttons { display: flex; flex-wrap: wrap; gap: 0.6rem; margin: 0; } button.second { background: none; color: var(--accent); }
.boxes { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; } .boxes .check { display: flex; align-items: center; gap: 0.4rem; min-height: 2rem; font-size: 0.94rem; color: var(--ink); }
.boxes legend { font-weight: 600; font-size: 0.9rem; color: var(--ink); margin-bottom: 0.25rem; }
.done { background: var(--good-ground); color: var(--good); border-left: 4px solid; border-radius: 6px; padding: 0.75rem 1rem; margin: 1rem 0; max-width: none; }
.done a, .trouble a { color: inherit; } .done p, .trouble p { margin: 0; max-width: none; } .done ul, .trouble ul { margin: 0.3rem 0 0; padding-left: 1.2rem; }
.trouble code, .done code { color: inherit; } .plainly, .history ul { list-style: none; margin: 0; padding: 0 !important; } .plainly li { padding: 0.15rem 0; }
.terms { margin: 0.5rem 0; } .terms > div { border-top: 1px solid var(--line); padding: 0.7rem 0; } .terms dt { font-weight: 600; } .terms dt .quiet { font-weight: 400; }
.terms p { margin-bottom: 0.3rem; } .said { margin-bottom: 0.75rem; } .said dd, .facts dd { overflow-wrap: anywhere; } .said > div { max-height: 12rem; overflow-y: auto; }
pre.bytes { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; max-height: 24rem; overflow: auto; }
pre.bytes[aria-label="As text"] { white-space: pre-wrap; overflow-wrap: anywhere; } .faults th code { white-space: nowrap; } .faults td:nth-child(3) { min-width: 9rem; } #result > .empty { margin-top: 1rem; }
.kind { min-width: 7rem; } .marked td:nth-child(2) { min-width: 13.5rem; } .marked td:nth-child(4) { white-space: nowrap; }
tr:target { background: var(--accent-ground); }
/* On a phone a row is a block, its cells one below the other, each with the name of its column. */
@media (max-width: 40rem) {
  .stack, .stack tbody, .stack tr, .stack td { display: block; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { border-bottom: 1px solid var(--line); padding: 0.5rem 0; } .stack tr:last-child { border-bottom: 0; }
  .stack.stack tbody :is(td, th) { display: block; border: 0; padding: 0.15rem 0.7rem; min-width: 0; text-align: left; }
  .stack td[data-label]::before { content: attr(data-label) ": "; color: var(--quiet); font-size: 0.85rem; }
}
`
