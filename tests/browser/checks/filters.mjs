// The filters: a form without JavaScript, a swap of the page's parts with it. The address is the state.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "../chromium.mjs";

const BADGE = "main .badge.simulated";

export const filters = (site) => describe("filters", { concurrency: 3 }, () => {
  test("without JavaScript they are a form", () => withPage({ javaScriptEnabled: false }, async (page) => {
    await page.goto(site.demo);
    await page.locator(".filters [name=source]").selectOption("acme");
    await page.locator(".filters [name=weeks]").selectOption("12");
    await page.locator(".filters button").click();
    await page.waitForURL(/source=acme/);
    assert.match(page.url(), /weeks=12/);
    assert.equal(await page.locator(BADGE).count(), 1);
    assert.match(await page.locator(".sub").first().innerText(), /12 weeks/);
    assert.equal(await page.locator(".filters [name=source]").inputValue(), "acme");
  }));

  test("without JavaScript the data of a figure can be opened", () => withPage({ javaScriptEnabled: false }, async (page) => {
    await page.goto(`${site.demo}/?source=acme`);
    const details = page.locator("figure details").first();
    assert.equal(await details.locator("table").isVisible(), false);
    await details.locator("summary").click();
    assert.equal(await details.locator("table").isVisible(), true);
    assert.ok(await details.locator("tbody tr").count() > 20);
  }));

  test("a change swaps content, links and footer, and Back undoes it", () => withPage({}, async (page) => {
    await page.goto(site.demo);
    const links = () => page.locator(".top nav a").evaluateAll((all) => all.map((it) => it.getAttribute("href")));
    const [before, footer] = [await links(), await page.locator("footer").innerText()];
    await page.evaluate(() => { globalThis.kept = true; });
    await page.locator(".filters [name=source]").focus();
    await page.locator(".filters [name=source]").selectOption("acme");
    await page.locator(BADGE).waitFor();
    assert.equal(new URL(page.url()).search, "?source=acme&weeks=26");
    assert.ok((await links()).every((href) => href.includes("source=acme")), "links keep the source");
    assert.notEqual(await page.locator("footer").innerText(), footer);
    assert.equal(await page.evaluate(() => globalThis.kept), true, "the document is the same");
    assert.equal(await page.evaluate(() => document.activeElement.name), "source", "the focus stays");
    assert.match(await page.locator("p[role=status]").textContent(), /acme/, "the change is announced");
    await page.locator(".filters [name=weeks]").selectOption("12");
    await page.waitForURL(/weeks=12/);
    await page.goBack();
    await page.locator(".sub", { hasText: "26 weeks" }).first().waitFor();
    await page.goBack();
    await page.locator(BADGE).waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).search, "");
    assert.deepEqual(await links(), before);
    assert.equal(await page.evaluate(() => globalThis.kept), true);
    await page.goForward();
    await page.locator(BADGE).waitFor();
    assert.deepEqual(page.troubles, []);
  }));

  test("a swapped figure has its tooltip", () => withPage({}, async (page) => {
    await page.goto(`${site.demo}/metrics/pr_cycle_time?source=acme`);
    await page.locator(".filters [name=weeks]").selectOption("52");
    await page.locator(".sub", { hasText: "52 weeks" }).first().waitFor();
    await page.locator("svg[data-hover]").hover();
    assert.match(await page.locator(".tip").innerText(), /Value: /);
  }));
});
