// What a page shows is what the command line says.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "../chromium.mjs";
import { answer } from "../product.mjs";

const metric = (name) => answer(["metric", "show", name, "--source", "acme", "--weeks", "26"]);

export const numbers = (site) => describe("numbers", () => {
  test("the card of the cycle time is `paceline metric show`", () => withPage({}, async (page) => {
    const told = metric("pr_cycle_time").find((row) => row.week === "all");
    await page.goto(`${site.demo}/?source=acme`);
    const card = page.locator(".card", { hasText: "PR cycle time" });
    assert.equal(plain(await card.locator(".value").innerText()), `${told.value.toFixed(1)} h`);
    const note = plain(await card.locator(".note").innerText());
    const interval = `${told.low_95.toFixed(1)} to ${told.high_95.toFixed(1)} h`;
    assert.ok(note.includes(interval), `${note} has ${interval}`);
    assert.ok(note.includes(`n = ${told.n.toLocaleString("en")}`), `${note} has n = ${told.n}`);
  }));

  test("every card and every line of every dashboard is `paceline metric show`", () => withPage({}, async (page) => {
    const told = new Map(answer(["metric", "show", "--all", "--source", "acme", "--weeks", "26"])
      .map((row) => [`${row.metric} ${row.period}`, row]));
    await page.goto(`${site.demo}/metrics?source=acme`);
    const names = new Map(await page.locator("tbody th[scope=row]").evaluateAll((all) =>
      all.map((it) => [it.querySelector("a").textContent, it.querySelector("small").textContent])));
    let compared = 0;
    for (const path of DASHBOARDS) {
      await page.goto(`${site.demo}${path}?source=acme&weeks=26`);
      for (const { href, value } of await page.locator("a.card").evaluateAll(cards)) {
        const name = new URL(href).pathname.split("/").pop();
        compared += same(told.get(`${name} all`)?.value, value, `${path}: card ${name}`);
      }
      for (const { title, rows } of await page.locator("figure:has(svg[data-hover=x])").evaluateAll(lines)) {
        const series = [...told.values()].filter((row) => row.metric === names.get(title) && row.period !== "all");
        assert.equal(rows.length, series.length, `${path}: line ${title}`);
        // A count of a period that is not over is told and not drawn.
        rows.forEach((value, i) => { compared += value === "–" ? 0 : same(series[i].value, value, `${path}: ${title} ${series[i].period}`); });
      }
    }
    assert.ok(compared > 300, `${compared} numbers`);
  }));

  test("what stands behind a card is its number, and the rows are of its weeks", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/maintainability`);
    const card = page.locator(".card", { hasText: "Code churn" });
    const [value, note] = [await card.locator(".value").innerText(), plain(await card.locator(".note").innerText())];
    await card.click();
    await page.waitForURL(/weeks=52/);
    assert.equal(await page.locator(".callout dd strong").innerText(), value);
    await page.getByText("the rows behind it").click();
    await page.waitForURL(/rows\?weeks=52/);
    const rows = /of ([\d,]+) rows/.exec(await page.locator("main").innerText())[1];
    assert.ok(note.includes(`n = ${rows}`), `${note} has n = ${rows}`);
  }));

  test("the line's data is the command line's series", () => withPage({}, async (page) => {
    const told = metric("pr_cycle_time").filter((row) => row.week !== "all");
    await page.goto(`${site.demo}/metrics/pr_cycle_time?source=acme&weeks=26`);
    const shown = await page.locator("figure").first().locator("tbody tr").evaluateAll((rows) =>
      rows.map((row) => [row.cells[1].textContent, row.cells[3].textContent]));
    assert.deepEqual(
      shown.map((cells) => cells.map(plain)),
      told.map((row) => [`${row.value.toFixed(1)} h`, row.n.toLocaleString("en")]),
    );
  }));
});

const DASHBOARDS = ["/", "/delivery", "/flow", "/support", "/adoption", "/maintainability"];

const cards = (all) => all.map((it) => ({ href: it.href, value: it.querySelector(".value").textContent }));

const lines = (all) => all.map((it) => ({
  title: it.querySelector("figcaption strong").textContent,
  rows: [...it.querySelectorAll("tbody tr")].map((row) => row.cells[1].textContent),
}));

/** Compares a number with what is shown of it, to the last digit that is shown. Gives 1 where there was something to compare. */
const same = (told, shown, where) => {
  const [, sign, digits, decimals = "", percent] = /^([−-]?)([\d,]+)(?:\.(\d+))?(?:\u{a0}(%)?)?/u.exec(shown) ?? [];
  if (digits === undefined) {
    assert.ok(told === null || told === undefined, `${where}: ${shown} is shown of ${told}`);
    return 0;
  }
  assert.equal(typeof told, "number", `${where}: ${shown} is shown of ${told}`);
  const number = Number(`${digits.replaceAll(",", "")}.${decimals || 0}`) * (sign ? -1 : 1);
  const exact = percent ? told * 100 : told;
  assert.ok(Math.abs(exact - number) <= 0.5 * 10 ** -decimals.length + 1e-9, `${where}: ${shown} is shown of ${told}`);
  return 1;
};

const plain = (text) => text.replaceAll("\u{a0}", " ");
