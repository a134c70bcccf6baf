// Starts and stops the program under test, on folders of its own.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeRepository } from "./repository.mjs";

const NOW = "2026-11-23T12:00:00Z";
const BIN = process.env.PACELINE_BIN;
if (!BIN) throw Error("PACELINE_BIN is not set: name the built program");

const environment = { ...process.env, PACELINE_NOW: NOW, PACELINE_SEED: "browser" };
const running = [];
let root;

/** Writes the repository that is the project folder, and collects it: alone, and with a simulated organisation. */
export const prepare = () => {
  root = mkdtempSync(join(tmpdir(), "paceline-browser-"));
  const folder = (name) => join(root, name);
  mkdirSync(folder("shop"));
  writeRepository(folder("shop"), Date.parse(NOW) - 3600_000);
  paceline(["demo", "--no-serve", "--data", folder("demo"), "--project", folder("shop")]);
  paceline(["collect", folder("shop"), "--data", folder("real"), "--project", folder("shop")]);
};

/** Serves the data folder of that name. Gives the address. */
export const serve = async (data) => {
  const words = ["serve", "--data", join(root, data), "--http", "127.0.0.1:0", "--project", join(root, "shop")];
  const child = spawn(BIN, words, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  running.push(child);
  let said = "";
  return new Promise((resolve, reject) => {
    child.stderr.on("data", (bytes) => {
      said += bytes;
      // The line may come in pieces: only what follows the address says that it is whole.
      const address = said.match(/serving (http:\/\/\S+) \(/)?.[1];
      if (address) resolve(address);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(Error(`paceline serve ended with ${code}: ${said}`)));
  });
};

/** What a command prints on the data folder `demo`, as JSON. */
export const answer = (words) =>
  JSON.parse(paceline([...words, "--data", join(root, "demo"), "--project", join(root, "shop"), "--format", "json"]));

/** Writes the pages of the data folder of that name as files. Gives their folder. */
export const write = (data) => {
  const out = join(root, `${data}-site`);
  paceline(["report", "site", "--out", out, "--data", join(root, data), "--project", join(root, "shop")]);
  return out;
};

const paceline = (words) => {
  const done = spawnSync(BIN, words, { env: environment, encoding: "utf8", maxBuffer: 1 << 26 });
  if (done.error) throw done.error;
  if (done.status !== 0) throw Error(`paceline ${words.join(" ")} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
};

/** Ends what was started and removes what was written. */
export const clear = async () => {
  await Promise.all(running.map((child) => new Promise((ended) => {
    if (child.exitCode !== null || child.signalCode !== null) return ended();
    child.once("exit", ended);
    child.kill("SIGTERM");
  })));
  if (root) rmSync(root, { recursive: true, force: true });
};
