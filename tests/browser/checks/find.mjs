// Finding by a few letters: a page without JavaScript, a dialog with it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "../chromium.mjs";
import { assertAccessible } from "./axe.mjs";

export const find = (site) => describe("find", { concurrency: 3 }, () => {
  test("without JavaScript it is a page with a form", () => withPage({ javaScriptEnabled: false }, async (page) => {
    await page.goto(`${site.demo}/flow?source=acme`);
    await page.locator(".seek").click();
    await page.locator("[name=q]").fill("cycle");
    await page.locator("main button").click();
    await page.waitForURL(/q=cycle/);
    assert.match(page.url(), /source=acme/, "the source stays");
    await page.getByRole("link", { name: "PR cycle time", exact: true }).click();
    await page.waitForURL(/metrics\/pr_cycle_time/);
    assert.match(page.url(), /source=acme/);
  }));

  test("Ctrl+K finds a team, and Enter goes there", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/?source=acme`);
    await page.keyboard.press("Control+k");
    const dialog = page.locator("dialog[open]");
    await dialog.waitFor();
    await page.keyboard.type("checkout");
    await dialog.getByRole("link", { name: "checkout", exact: true }).waitFor();
    await assertAccessible(page, "the palette");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/teams\/checkout/);
    assert.deepEqual(page.troubles, []);
  }));

  test("arrow keys move through what was found, Escape closes and gives the focus back", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/?source=acme`);
    await page.locator(".seek").focus();
    await page.keyboard.press("Enter");
    const links = page.locator("dialog[open] #found a");
    await links.first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.equal(await links.nth(1).evaluate((it) => it === document.activeElement), true);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    assert.equal(await page.evaluate(() => document.activeElement.type), "search");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog[open]").count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.className), "seek");
  }));
});
