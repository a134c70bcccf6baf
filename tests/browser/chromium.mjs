// One browser for all checks. Nothing it does leaves this machine.

import { chromium } from "playwright-core";
import { fileURLToPath } from "node:url";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
/** While style sheet and script are being written, PACELINE_ASSETS=source shows the files of this checkout. */
const FROM_SOURCE = process.env.PACELINE_ASSETS === "source";
const ASSETS = fileURLToPath(new URL("../../src/web/assets/", import.meta.url));
const KINDS = { "paceline.css": "text/css", "paceline.js": "text/javascript" };

let browser;

export const launch = async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
};

export const close = () => browser?.close();

/** A fresh page, handed to `use` and closed after it. What goes wrong in it is listed in `page.troubles`. */
export const withPage = async (options, use) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  try {
    if (FROM_SOURCE) await context.route("**/assets/paceline.*", fromSource);
    const page = await context.newPage();
    page.setDefaultTimeout(45_000);
    page.troubles = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) page.troubles.push(message.text());
    });
    page.on("pageerror", (error) => page.troubles.push(error.message));
    page.on("requestfailed", (request) => page.troubles.push(`${request.url()}: ${request.failure().errorText}`));
    page.on("response", (response) => {
      const isAnswer = response.request().isNavigationRequest();
      if (response.status() >= 400 && !isAnswer) page.troubles.push(`${response.url()}: ${response.status()}`);
    });
    return await use(page);
  } finally {
    await context.close();
  }
};

const fromSource = (route) => {
  const name = new URL(route.request().url()).pathname.split("/").pop();
  return route.fulfill({ path: ASSETS + name, contentType: KINDS[name] });
};
