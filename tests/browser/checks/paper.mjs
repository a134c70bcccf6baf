// Pages on A4.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { withPage } from "../chromium.mjs";

/** A4 less the margins of the style sheet, in CSS pixels. */
const PAPER_WIDTH = 688;
const SHOTS = process.env.PACELINE_SHOTS;
const PRINTED = { overview: "/?source=acme", flow: "/flow?source=acme", digest: "/digest?source=acme", experiment: "/experiments/review_assistant", identities: "/identities" };

export const paper = (site) => describe("paper", { concurrency: 3 }, () => {
  for (const [name, path] of Object.entries(PRINTED)) {
    test(`${name} prints without its controls`, () => withPage({}, async (page) => {
      await page.goto(site.demo + path);
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await page.setViewportSize({ width: PAPER_WIDTH, height: 1000 });
      for (const control of [".top nav", ".filters", ".skip", "summary"]) {
        for (const it of await page.locator(control).all()) assert.equal(await it.isVisible(), false, control);
      }
      assert.equal(await page.locator("main").isVisible(), true);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= PAPER_WIDTH, `${wide} px wide`);
      const ink = await page.evaluate(() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]);
      assert.deepEqual(ink, ["rgb(23, 28, 42)", "rgb(255, 255, 255)"], "dark on white, also in a dark browser");
      const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true, printBackground: true });
      assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
      const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
      assert.ok(sheets >= 1 && sheets <= 4, `${sheets} sheets`);
      if (SHOTS) {
        mkdirSync(SHOTS, { recursive: true });
        writeFileSync(join(SHOTS, `${name}.pdf`), pdf);
        await page.screenshot({ path: join(SHOTS, `${name}-paper.png`), fullPage: true });
      }
    }));
  }
});
