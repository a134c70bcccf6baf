// What holds for every page.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { withPage } from "../chromium.mjs";
import { PAGES, REAL_PATHS } from "../pages.mjs";
import { assertAccessible } from "./axe.mjs";

const WIDTHS = [1440, 1024, 390];
/** Colours do not depend on the width, so the dark ones are looked at once. */
const SCHEMES = { 1440: ["light", "dark"], 1024: [], 390: ["light"] };
const LARGEST_HTML_BYTES = 20_000;
const SHOTS = process.env.PACELINE_SHOTS;
const BADGE = "main .badge.simulated";

export const pages = (site) => describe("every page", { concurrency: 4 }, () => {
  for (const expected of PAGES) {
    test(`${expected.name}: ${expected.path}`, (t) => check(t, site.demo + expected.path, expected));
  }
  for (const path of REAL_PATHS) {
    test(`without a simulated source nothing says simulated: ${path}`, () => withPage({}, async (page) => {
      await page.goto(site.real + path);
      assert.equal(await page.locator(BADGE).count(), 0);
      assert.doesNotMatch(await page.locator("body").innerText(), /simulated/i);
    }));
  }
});

const check = (t, url, { name, status = 200, simulated }) => withPage({}, async (page) => {
  const response = await page.goto(url);
  await t.test(`answers ${status} under a strict policy`, () => {
    assert.equal(response.status(), status);
    const policy = response.headers()["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-|\*/);
  });
  await t.test("is small", async () => {
    assert.equal(response.headers()["content-encoding"], "gzip");
    const bytes = (await response.request().sizes()).responseBodySize;
    t.diagnostic(`${name} ${bytes} bytes of gzipped HTML`);
    assert.ok(bytes <= LARGEST_HTML_BYTES, `${bytes} bytes`);
  });
  await t.test("has a title, one h1 and a language", async () => {
    assert.match(await page.title(), /\S+ · Paceline$/);
    assert.equal(await page.locator("h1").count(), 1);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
  });
  await t.test(simulated ? "says that its data is simulated" : "does not say simulated", async () => {
    assert.equal(await page.locator(BADGE).count(), simulated ? 1 : 0);
  });
  if (SHOTS) await shots(page, name);
  await page.evaluate(() => document.querySelectorAll("details").forEach((it) => { it.open = true; }));
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await t.test(`fits ${width} px`, async () => assert.deepEqual(await overflowing(page), []));
    for (const colorScheme of SCHEMES[width]) {
      await page.emulateMedia({ colorScheme });
      await t.test(`is accessible, ${colorScheme}, ${width} px`, () => assertAccessible(page, url));
    }
  }
  await t.test("nothing went wrong in the browser", () => {
    const own = page.troubles.filter((it) => !(status >= 400 && it.includes(`status of ${status}`)));
    assert.deepEqual(own, []);
  });
});

/** What is wider than the window, outside of what scrolls by itself. */
const overflowing = (page) => page.evaluate(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter((it) => it.getBoundingClientRect().right > width + 1);
  const name = (it) => `${it.tagName} ${it.getAttribute("class") ?? ""}`;
  return [`the document is ${document.documentElement.scrollWidth} px wide`, ...wide.slice(0, 5).map(name)];
});

const shots = async (page, name) => {
  mkdirSync(SHOTS, { recursive: true });
  for (const width of [1440, 390]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
};
