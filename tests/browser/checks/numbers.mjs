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

const plain = (text) => text.replaceAll("\u{a0}", " ");
