// When three charts can be seen: ours at the address given, and the same numbers drawn by ECharts.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const RUNS = 15;
const SCRIPT = readFileSync(createRequire(import.meta.url).resolve("echarts/dist/echarts.min.js"));
const [, , address] = process.argv;

/** The numbers of our three figures, as their tables have them. */
const numbers = async (browser) => {
  const page = await browser.newPage();
  await page.goto(address);
  const figures = await page.locator("figure.chart").evaluateAll((all) => all.map((figure) => ({
    title: figure.querySelector("figcaption strong").textContent,
    rows: [...figure.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
  })));
  await page.close();
  if (figures.length !== 3 || figures.some((it) => it.rows.length < 2)) throw new Error("the page has not three charts");
  return figures;
};

const theirs = (figures) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Three charts</title>
<style>body{font-family:sans-serif}.chart{width:660px;height:300px}</style>
${figures.map((it, i) => `<h2>${it.title}</h2><div class="chart" id="chart${i}"></div>`).join("\n")}
<script src="/echarts.min.js"></script>
<script>
const figures = ${JSON.stringify(figures)};
const number = (text) => { const value = parseFloat(text.replaceAll(",", "").replace("−", "-")); return Number.isNaN(value) ? null : value; };
const line = (it) => ({
  animation: false, tooltip: { trigger: "axis" }, xAxis: { type: "category", data: it.rows.map((row) => row[0]) }, yAxis: {},
  series: [
    { type: "line", stack: "band", lineStyle: { opacity: 0 }, symbol: "none", data: it.rows.map((row) => number(row[2].split(" to ")[0])) },
    { type: "line", stack: "band", areaStyle: {}, lineStyle: { opacity: 0 }, symbol: "none",
      data: it.rows.map((row) => number(row[2].split(" to ")[1] ?? "") - number(row[2].split(" to ")[0])) },
    { type: "line", symbol: "none", data: it.rows.map((row) => number(row[1])) },
  ],
});
const heat = (it) => ({
  animation: false, tooltip: {}, visualMap: { min: 0, max: 100 },
  xAxis: { type: "category", data: it.rows[0].slice(1).map((_, i) => i) }, yAxis: { type: "category", data: it.rows.map((row) => row[0]) },
  series: [{ type: "heatmap", data: it.rows.flatMap((row, y) => row.slice(1).map((cell, x) => [x, y, number(cell)])) }],
});
figures.forEach((it, i) => echarts.init(document.getElementById("chart" + i)).setOption(i < 2 ? line(it) : heat(it)));
</script></html>`;

/** The peer's page and script, compressed as ours are. */
const serve = (html) => new Promise((resolve) => {
  const [page, script] = [gzipSync(html), gzipSync(SCRIPT)];
  const server = createServer((request, response) => {
    const isScript = request.url.endsWith(".js");
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html", "content-encoding": "gzip" });
    response.end(isScript ? script : page);
  });
  server.listen(0, "127.0.0.1", () => resolve(server));
});

/** Milliseconds from the navigation to the first frame with all charts, and the bytes that came. */
const seen = async (browser, url) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url, { waitUntil: "load" });
  const milliseconds = await page.waitForFunction(() => globalThis.seen).then((it) => it.jsonValue());
  const bytes = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, it) => sum + it.encodedBodySize, 0));
  await context.close();
  return { milliseconds, bytes };
};

/** When everything was read and run, the frame after the next is the one that shows it. */
const watch = () => document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(() =>
  requestAnimationFrame(() => { globalThis.seen = performance.now(); })));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const peer = await serve(theirs(await numbers(browser)));
const found = { paceline: [], echarts: [], bytes: {} };
for (let run = 0; run < RUNS; run++) {
  const ours = await seen(browser, address);
  const other = await seen(browser, `http://127.0.0.1:${peer.address().port}/`);
  found.paceline.push(ours.milliseconds);
  found.echarts.push(other.milliseconds);
  found.bytes = { paceline: ours.bytes, echarts: other.bytes };
}
await browser.close();
peer.close();
console.log(JSON.stringify(found));
