/** What is drawn: plots, sparklines, bars, lineage. The colours of series differ in lightness too. */
export const plotStyles = `
.s0 { color: light-dark(#00708a, #5cc8dd); } .s1 { color: light-dark(#b5480c, #ff9e5e); } .s2 { color: light-dark(#5b3fa8, #b79cff); }
.s3 { color: light-dark(#2c7a2c, #7fd67f); } .s4 { color: light-dark(#a3216b, #ff8ac4); } .s5 { color: light-dark(#6b5a00, #e0cc50); }
.gridline { color: var(--line); }
.explore { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 0.9rem 1.1rem; margin-top: 1rem; }
fieldset { border: 0; padding: 0; margin: 0 0 0.9rem; min-width: 0; }
legend, .fields label { font-size: 0.85rem; color: var(--quiet); padding: 0; }
.choices { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 0 1rem; max-height: 16rem;
  overflow-y: auto; margin-top: 0.3rem; scroll-snap-type: y proximity; }
.choices label { display: flex; align-items: center; gap: 0.5rem; height: 2rem; color: var(--ink); font-size: 0.94rem; white-space: nowrap;
  scroll-snap-align: start; } .choices bdi { overflow: hidden; text-overflow: ellipsis; } @media (max-width: 40rem) { .choices label { font-size: 0.85rem; gap: 0.35rem; } } .find { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1rem; margin: 0.3rem 0; }
.find input { min-height: 2.25rem; padding: 0.2rem 0.7rem; max-width: 24rem; } .find .hint { margin: 0; }
.fields { display: flex; flex-wrap: wrap; align-items: end; gap: 0.75rem 1rem; }
.fields label { display: grid; gap: 0.2rem; max-width: 100%; } .fields input { min-width: 0; max-width: 100%; }
.moves { margin: 1.1rem 0 0.25rem; }
.plot { margin: 0.75rem 0 1.5rem; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 0.9rem 1rem; }
figcaption { margin-bottom: 0.4rem; overflow-wrap: anywhere; } figcaption strong { display: inline-block; } figcaption strong::first-letter { text-transform: uppercase; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; margin: 0 0 0.5rem; padding: 0; font-size: 0.9rem; }
.legend li[class] bdi { color: var(--ink); }
.swatch { display: inline-block; width: 1.1rem; height: 3px; background: currentColor; vertical-align: middle; margin-right: 0.4rem; border-radius: 2px; }
.sign.corrected { color: light-dark(#6a2fc0, #c9a6ff); } .sign.suspect { color: var(--bad); }
.spell { color: var(--accent); } .spell-maintenance, .spell-downtime { color: var(--warn); } .spell-fault { color: var(--bad); } .spell-change { color: light-dark(#5b3fa8, #b79cff); }
.drawn .spell rect { fill: currentColor; opacity: 0.14; } .drawn .spell path { stroke: currentColor; stroke-width: 1.5; } .drawn .spell text { fill: currentColor; font-weight: 600; }
.annotations .why { min-width: 16rem; } .annotations .edit { min-width: 18rem; }
.drawing { overflow-x: auto; } .drawn { display: block; width: 100%; min-width: 38rem; height: auto; }
.drawn text { font-size: 12px; fill: var(--quiet); } .grid path { stroke: var(--line); fill: none; }
.drawn .line { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; } .drawn .band { fill: currentColor; opacity: 0.16; }
.drawn .dot { fill: currentColor; }
.drawn .corrected { fill: none; stroke: light-dark(#6a2fc0, #c9a6ff); stroke-width: 2; }
.drawn .suspect { fill: none; stroke: var(--bad); stroke-width: 1.8; }
.canvas { min-width: 0; overflow: hidden; touch-action: pan-y; } .canvas:focus-visible { outline-offset: 4px; }
.uplot .u-select { background: light-dark(#00647a24, #5cc8dd30); }
.readout { min-height: 1.5em; margin: 0.2rem 0 0; font-size: 0.85rem; color: var(--quiet); font-variant-numeric: tabular-nums; max-width: none; }
.hint { color: var(--quiet); font-size: 0.85rem; max-width: none; }
.words { padding-left: 1.2rem; } .words li { margin-bottom: 0.4rem; max-width: 85ch; overflow-wrap: anywhere; }
.tables .scroll { margin-bottom: 1rem; max-height: 32rem; overflow: auto; }
.spark { display: block; overflow: visible; } .spark path { fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }
.spark circle { fill: var(--accent); } .sparks { min-width: 8.5rem; }
.bars { display: block; max-width: 100%; } .bars rect { fill: var(--accent); }
.histogram { margin: 0; max-width: 40rem; } .ends { display: flex; justify-content: space-between; font-size: 0.8rem; color: var(--quiet); } .histogram .bars { height: auto; border-bottom: 1px solid var(--quiet); margin-top: 0.5rem; }
.lineage-graph { display: block; margin: 0.9rem auto; } .lineage-graph text { font: 13px var(--mono); fill: var(--ink); }
.box rect { fill: var(--ground); stroke: var(--quiet); } a.box:hover rect, a.box:focus rect { stroke: var(--accent); stroke-width: 2; }
a.box text { fill: var(--accent); } .box.current rect { fill: var(--accent-ground); stroke: var(--accent); stroke-width: 2; }
.box.current text { fill: var(--accent); font-weight: 600; }
.edge { fill: none; stroke: var(--quiet); stroke-width: 1.4; } .head { fill: var(--quiet); }
`
