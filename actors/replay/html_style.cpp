#include "actors/replay/html_style.hpp"

namespace tomnext::replay::html {

std::string_view style_sheet() {
  // Text has a contrast of 4.5 : 1 or more in both schemes; gains and losses differ by sign and shape too, never by colour alone.
  return R"css(
:root{color-scheme:light dark;--back:#fff;--panel:#f6f8fa;--text:#1b1f24;--quiet:#57606a;--rule:#d0d7de;--gain:#116329;--loss:#a40e26;--accent:#0550ae;
--fill:#0550ae22;--under:#a40e2633;--alarm:#a40e26;--on-alarm:#fff;--buy:#0550ae;--sell:#953800;
--g1:#e3f5e6;--g2:#bfe8c7;--g3:#97d9a4;--l1:#fdeaea;--l2:#f9cccc;--l3:#f2aaaa}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--panel:#161b22;--text:#e6edf3;--quiet:#9aa4af;--rule:#30363d;--gain:#56d364;--loss:#ff7b72;--accent:#79c0ff;
--fill:#79c0ff2b;--under:#ff7b7244;--alarm:#8e1519;--on-alarm:#fff;--buy:#79c0ff;--sell:#ffa657;
--g1:#0f2a17;--g2:#14401f;--g3:#1a5929;--l1:#331517;--l2:#4d1a1d;--l3:#6d2226}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:1180px;padding:0 16px 48px;background:var(--back);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:24px 0 4px}
h2{font-size:1.2rem;margin:40px 0 12px;padding-top:12px;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:24px 0 8px}
p{margin:8px 0}
a{color:var(--accent)}
small,.quiet{color:var(--quiet);font-size:.85em}
code,pre{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
pre{background:var(--panel);padding:12px;border-radius:6px;white-space:pre-wrap;margin:8px 0}
.alarm{background:var(--alarm);color:var(--on-alarm);padding:12px 16px;border-radius:6px;margin:16px 0}
.alarm strong{display:block}
.note{background:var(--panel);border-left:4px solid var(--accent);padding:8px 16px;margin:16px 0}
nav{margin:12px 0 0}
nav a{display:inline-block;padding:4px 12px 4px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:8px;margin:16px 0;padding:0}
.card{background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:8px 12px}
.card dt{color:var(--quiet);font-size:.85rem}
.card dd{margin:0;font-size:1.2rem;font-weight:600;font-variant-numeric:tabular-nums}
.card dd small{display:block;font-weight:400;font-size:.75rem}
.gain{color:var(--gain)}
.loss{color:var(--loss)}
figure{margin:8px 0 20px}
figcaption{color:var(--quiet);font-size:.9rem;margin-bottom:4px}
svg.chart{display:block;width:100%;height:320px;background:var(--panel);border:1px solid var(--rule);border-radius:6px;overflow:hidden}
svg.low{height:180px}
svg.tall{height:420px}
svg.hidden{position:absolute}
svg path,svg .pair line{vector-effect:non-scaling-stroke}
.grid{stroke:var(--rule);stroke-width:1;shape-rendering:crispEdges}
.upright{stroke-dasharray:2 3}
.label{fill:var(--quiet);font-size:11px;paint-order:stroke;stroke:var(--panel);stroke-width:3px}
.curve{fill:none;stroke:var(--accent);stroke-width:1.5;stroke-linejoin:round}
.filled{fill:var(--fill);stroke:none}
.under{fill:var(--under);stroke:var(--loss);stroke-width:1}
.range{fill:none;stroke:var(--quiet);stroke-width:1;opacity:.6}
.close{fill:none;stroke:var(--text);stroke-width:1}
.long{fill:var(--buy);fill-opacity:.35;stroke:var(--buy);stroke-width:1}
.short{fill:var(--sell);fill-opacity:.35;stroke:var(--sell);stroke-width:1}
.bar-gain{fill:var(--gain)}
.bar-loss{fill:var(--loss)}
.pair line{stroke-width:1.25}
.pair.won line,.pair.won use:last-child{stroke:var(--gain);fill:var(--gain)}
.pair.lost line,.pair.lost use:last-child{stroke:var(--loss);fill:var(--loss);stroke-dasharray:4 2}
.pair.buy use:nth-of-type(1){fill:var(--buy)}
.pair.sell use:nth-of-type(1){fill:var(--sell)}
.key{display:inline-block;margin-right:14px;white-space:nowrap}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin:8px 0}
caption{text-align:left;font-weight:600;padding:8px 0 4px}
th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}
th{font-weight:600}
thead th{color:var(--quiet);font-size:.85rem;border-bottom-width:2px}
th:first-child,td:first-child,.text{text-align:left}
tbody th{font-weight:400}
tr.sum th,tr.sum td{font-weight:600;border-top:2px solid var(--rule)}
.meaning{color:var(--quiet);font-size:.85rem;text-align:left;width:48%}
.months td{border:1px solid var(--back)}
.g1{background:var(--g1)}.g2{background:var(--g2)}.g3{background:var(--g3)}
.l1{background:var(--l1)}.l2{background:var(--l2)}.l3{background:var(--l3)}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 24px}
.two>*{min-width:0}
details{margin:12px 0;border:1px solid var(--rule);border-radius:6px;padding:0 12px}
summary{cursor:pointer;padding:8px 0;font-weight:600}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:700px){
body{padding:0 12px 32px;font-size:14px}
.wide,.meaning{display:none}
.two{grid-template-columns:1fr}
.cards{grid-template-columns:1fr 1fr}
.card dd{font-size:.95rem}
th,td{padding:4px 3px}
thead th{font-size:.72rem;overflow-wrap:normal}
td{font-size:.85rem}
svg.chart{height:260px}
svg.low{height:150px}
svg.tall{height:340px}
.months table,.months thead,.months tbody,.months caption{display:block}
.months thead{display:none}
.months tr{display:grid;grid-template-columns:repeat(4,1fr);gap:2px;margin-bottom:8px}
.months th{grid-column:1/-1;border:0;font-weight:600}
.months td{border:0;text-align:left}
.months td::before{content:attr(data-month);display:block;color:var(--quiet);font-size:.75rem}
.months td.empty{display:none}
}
@media print{
:root{color-scheme:light;--back:#fff;--panel:#fff;--text:#000;--quiet:#444;--rule:#bbb;--gain:#116329;--loss:#a40e26;--accent:#0550ae;--fill:#0550ae22;
--under:#a40e2633;--alarm:#fff;--on-alarm:#a40e26;--buy:#0550ae;--sell:#953800;--g1:#e3f5e6;--g2:#bfe8c7;--g3:#97d9a4;--l1:#fdeaea;--l2:#f9cccc;--l3:#f2aaaa}
@page{size:A4;margin:14mm}
body{max-width:none;padding:0;font-size:10pt}
nav{display:none}
h2{break-after:avoid}
h3,caption{break-after:avoid}
figure,.card,.alarm,tr,.keep{break-inside:avoid}
.alarm{border:2px solid #a40e26}
.g1,.g2,.g3,.l1,.l2,.l3,svg *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
thead{display:table-header-group}
svg.chart{height:60mm}
svg.low{height:34mm}
svg.tall{height:85mm}
details{border:0;padding:0}
details::details-content{display:block;content-visibility:visible;height:auto}
pre{border:1px solid var(--rule)}
}
)css";
}

}  // namespace tomnext::replay::html
