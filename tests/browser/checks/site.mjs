// The pages as files, opened without a server.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { withPage } from "../chromium.mjs";
import { write } from "../product.mjs";

export const files = () => describe("files", () => {
  let folder;
  before(() => { folder = write("real"); });

  test("lead to each other, have their style, and show values", () => withPage({}, async (page) => {
    await page.goto(pathToFileURL(join(folder, "index.html")).href);
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".panel")).borderTopWidth), "1px");
    assert.equal(await page.locator("form").count(), 0);
    await page.locator(".card").first().click();
    await page.waitForURL(/metrics\/\w+\.html/);
    await page.locator("svg[data-hover]").first().hover();
    assert.match(await page.locator(".tip").first().innerText(), /Value: /);
    await page.getByRole("link", { name: "Overview" }).click();
    await page.waitForURL(/index\.html/);
    assert.deepEqual(page.troubles, []);
  }));

  test("have no link that leads nowhere", () => withPage({}, async (page) => {
    for (const name of ["index", "metrics", "experiments", "maintainability"]) {
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
      const links = await page.locator("a[href]").evaluateAll((all) => all.map((it) => it.href.split("#")[0]));
      const inside = links.filter((it) => it.startsWith("file:"));
      assert.ok(inside.length > 5);
      assert.deepEqual(inside.filter((it) => !existsSync(fileURLToPath(it))), []);
    }
  }));
});
