// Everything by keyboard: the way through a page, the tooltips of figures, the SQL page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "../chromium.mjs";

export const keyboard = (site) => describe("keyboard", { concurrency: 3 }, () => {
  test("the first stop skips to the content", () => withPage({}, async (page) => {
    await page.goto(site.demo);
    await page.keyboard.press("Tab");
    const skip = page.locator(".skip");
    assert.equal(await skip.evaluate((it) => it === document.activeElement), true);
    assert.ok((await skip.boundingBox()).height > 20, "it can be seen");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.name), "source");
  }));

  test("Tab goes through navigation, filters, cards and figures", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/flow?source=acme`);
    const stops = [];
    for (let i = 0; i < 40 && !stops.includes("figure"); i++) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate(stop));
    }
    const order = stops.filter((it, i) => it !== stops[i - 1]);
    assert.deepEqual(order, ["skip", "brand", "nav", "find", "filters", "summary", "card", "figure"]);
  }));

  test("arrow keys move the tooltip of a line, Escape hides it", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/metrics/pr_cycle_time?source=acme`);
    const figure = page.locator("figure", { has: page.locator("svg[data-hover=x]") });
    await figure.locator("svg").focus();
    const rows = await figure.locator("tbody tr").evaluateAll((all) => all.map((row) => row.cells[0].textContent));
    const tip = figure.locator(".tip");
    const at = async (key) => {
      await page.keyboard.press(key);
      return (await tip.innerText()).split("\n")[0];
    };
    assert.equal(await tip.isVisible(), false);
    assert.equal(await at("ArrowRight"), rows[0]);
    assert.equal(await at("ArrowRight"), rows[1]);
    assert.equal(await at("ArrowLeft"), rows[0]);
    assert.equal(await at("End"), rows.at(-1));
    assert.equal(await at("ArrowRight"), rows.at(-1), "the end is the end");
    assert.equal(await at("Home"), rows[0]);
    await page.keyboard.press("Escape");
    assert.equal(await tip.isVisible(), false);
  }));

  test("arrow keys move in both directions of a heat map", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/?source=acme`);
    const figure = page.locator("figure", { has: page.locator("svg[data-hover=grid]") });
    await figure.locator("svg").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    const cell = figure.locator("tbody tr").nth(1);
    const [name, value] = await cell.evaluate((row) => [row.cells[0].textContent, row.cells[2].textContent]);
    const said = await figure.locator(".tip").innerText();
    assert.ok(said.startsWith(name) && said.endsWith(value), `${said} is ${name}, ${value}`);
  }));

  test("a tooltip stays within its figure at every width", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/?source=acme`);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const svg of await page.locator("svg[data-hover]").all()) {
        for (const key of ["Home", "End"]) {
          await svg.press(key);
          const tip = await svg.locator("xpath=following-sibling::*[@class='tip']").boundingBox();
          assert.ok(tip.x >= 0 && tip.x + tip.width <= width, `${key} at ${width} px: ${JSON.stringify(tip)}`);
        }
        await svg.press("Escape");
      }
    }
  }));

  test("Ctrl+Enter runs a query", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/sql`);
    await page.locator("textarea").fill("SELECT count(*) AS commits FROM commits WHERE source = 'shop'");
    await page.keyboard.press("Control+Enter");
    await page.waitForURL(/sql=SELECT/);
    assert.equal(await page.locator("[aria-label=Result] td").innerText(), "240");
    assert.equal(await page.locator("textarea").inputValue(), "SELECT count(*) AS commits FROM commits WHERE source = 'shop'");
  }));

  test("a wrong query is told with what is wrong", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/sql?sql=SELECT+nope+FROM+commits`);
    assert.match(await page.locator("[role=alert]").innerText(), /nope/);
  }));
});

/** What kind of thing has the focus. */
const stop = () => {
  const it = document.activeElement;
  const kinds = { skip: ".skip", brand: ".brand", nav: "nav a", find: ".seek", filters: ".filters *", card: "a.card", summary: "summary", figure: "svg[data-hover]" };
  return Object.keys(kinds).find((kind) => it.matches(kinds[kind])) ?? it.tagName;
};
