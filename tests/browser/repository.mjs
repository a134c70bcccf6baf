// A git repository for the pages of real data: small, always the same, and with enough history to draw.

import { spawnSync } from "node:child_process";

const WEEKS = 60;
const COMMITS_A_WEEK = 4;
const PEOPLE = ["Ada Byron", "Grace Hopper", "Barbara Liskov"];
/** One of them also works from home, under another address. */
const AT_HOME = "Grace Hopper <grace.hopper@home.test>";
const FILES = ["src/order.py", "src/cart.py", "src/payment.py", "src/search.ts", "src/address.ts", "src/main.rs"];

/** Writes it into an empty folder. `now` is the time of the newest commit. */
export const writeRepository = (folder, now) => {
  git(folder, ["init", "--quiet", "--initial-branch=main"]);
  git(folder, ["fast-import", "--quiet"], stream(Math.floor(now / 1000)));
  git(folder, ["reset", "--quiet", "--hard"]);
};

const git = (folder, words, input) => {
  const done = spawnSync("git", ["-C", folder, ...words], { input, encoding: "utf8" });
  if (done.status !== 0) throw Error(`git ${words.join(" ")}: ${done.stderr}`);
};

const stream = (now) => {
  const parts = [];
  const count = WEEKS * COMMITS_A_WEEK;
  for (let i = 0; i < count; i++) {
    const when = now - Math.round(((count - 1 - i) / COMMITS_A_WEEK) * 7 * 86400);
    const person = PEOPLE[(i * 7) % 11 % PEOPLE.length];
    const signature = i % 30 === 3 ? AT_HOME : `${person} <${person.split(" ")[0].toLowerCase()}@example.test>`;
    // Files early in the list change more often and become more complex.
    const file = FILES[Math.min(i % 6, (i * 3) % 7)];
    parts.push(
      `commit refs/heads/main\ncommitter ${signature} ${when} +0000\n`,
      data(`Change ${file} for the ${i + 1}. time`),
      `M 100644 inline ${file}\n`,
      data(source(file, i)),
    );
  }
  return parts.join("");
};

const data = (text) => `data ${Buffer.byteLength(text)}\n${text}\n`;

/** A file of functions whose number and branches grow with the commits. */
const source = (file, commit) => {
  const functions = Array.from({ length: 2 + Math.floor(commit / 12) }, (_, i) => [i, 1 + ((i * 5 + commit) % 14)]);
  const branches = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join("");
  const writers = {
    py: (i, n) => `def step_${i}(a):\n${branches(n, (b) => `    if a > ${b}:\n        a -= 1\n`)}    return a\n\n`,
    ts: (i, n) => `export function step${i}(a: number) {\n${branches(n, (b) => `  if (a > ${b}) a -= 1;\n`)}  return a;\n}\n\n`,
    rs: (i, n) => `fn step_${i}(mut a: i32) -> i32 {\n${branches(n, (b) => `    if a > ${b} { a -= 1; }\n`)}    a\n}\n\n`,
  };
  return functions.map(([i, n]) => writers[file.split(".").pop()](i, n)).join("");
};
