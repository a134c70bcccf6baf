// The pages in a real browser. One product and one browser serve all checks.

import { after, before, describe } from "node:test";
import { filters } from "./checks/filters.mjs";
import { find } from "./checks/find.mjs";
import { keyboard } from "./checks/keyboard.mjs";
import { numbers } from "./checks/numbers.mjs";
import { pages } from "./checks/page.mjs";
import { paper } from "./checks/paper.mjs";
import { files } from "./checks/site.mjs";
import { close, launch } from "./chromium.mjs";
import { clear, prepare, serve } from "./product.mjs";

const site = {};

before(async () => {
  prepare();
  [site.demo, site.real] = await Promise.all(["demo", "real"].map(serve));
  await launch();
});

after(async () => {
  await close();
  await clear();
});

describe("paceline in a browser", () => {
  for (const checks of [pages, filters, find, keyboard, numbers, paper, files]) checks(site);
});
