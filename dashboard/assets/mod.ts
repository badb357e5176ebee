/** Files that the pages load. They are modules, so that a compiled program has them, too. */
import htmx from "htmx.org/dist/htmx.min.js" with { type: "text" };
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import icon from "./icon.svg" with { type: "text" };
import chart from "./chart.js" with { type: "text" };
import live from "./live.js" with { type: "text" };
import docs from "./docs.css" with { type: "text" };
import docsScript from "./docs.js" with { type: "text" };
import style from "./style.css" with { type: "text" };

const script = (text: string) => ({ text, type: "text/javascript; charset=utf-8" });
const sheet = (text: string) => ({ text, type: "text/css; charset=utf-8" });

/** By name. */
export const ASSETS: Readonly<Record<string, { readonly text: string; readonly type: string }>> = {
  "style.css": sheet(style),
  "docs.css": sheet(docs),
  "uplot.css": sheet(uplotStyle),
  "docs.js": script(docsScript),
  "live.js": script(live),
  "chart.js": script(chart),
  "htmx.js": script(htmx),
  "uplot.js": script(uplot),
  "icon.svg": { text: icon, type: "image/svg+xml" },
};
