// What axe says about a page at WCAG 2.2 AA.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

export const assertAccessible = async (page, where) => {
  await page.evaluate(AXE);
  const violations = await page.evaluate(
    async (values) => (await globalThis.axe.run(document, { runOnly: { type: "tag", values } })).violations,
    TAGS,
  );
  const words = violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${it.help}: ${node.html.slice(0, 160)}`));
  assert.deepEqual(words, [], where);
};
