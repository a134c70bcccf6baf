// What npm's @openfeature/flagd-core answers from a file that this project wrote, once the file passed flagd's published schema.
//
//   npm install @openfeature/flagd-core@4.0.1
//   node flagd_file.mjs < ../ref/flagd_file.json > ../ref/flagd_file_answers.json
//
// An answer is [flag, targeting key or null, variant or null, value or null, reason].

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/`);
const { FlagdCore, MemoryStorage } = require('@openfeature/flagd-core');
const { version } = require('@openfeature/flagd-core/package.json');

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const text = readFileSync(0, 'utf8');
new MemoryStorage(quiet).setConfigurations(text, true);

const named = ['ada', 'ada@example.org', 'grace', 'linus', 'barbara', 'zoë', '開発者', 'gone', 'Ada', ' ada', 'team-platform'];
const keys = [null, '', ...named, ...Array.from({ length: 40 }, (_, i) => `developer-${i}`)];

const core = new FlagdCore(undefined, quiet);
core.setConfigurations(text);
const answers = [];
for (const [flag, { variants }] of Object.entries(JSON.parse(text).flags)) {
  const type = typeof Object.values(variants)[0];
  const ask = `resolve${type[0].toUpperCase()}${type.slice(1)}Evaluation`;
  const nothing = { boolean: false, string: '', number: 0, object: {} }[type];
  for (const targetingKey of keys) {
    const context = targetingKey === null ? {} : { targetingKey };
    const { value, variant, reason, errorCode } = core[ask](flag, nothing, context, quiet);
    if (errorCode) throw new Error(`${flag}, ${targetingKey}: ${errorCode}`);
    answers.push([flag, targetingKey, variant ?? null, variant === undefined ? null : value, reason]);
  }
}
const rows = answers.map((answer) => JSON.stringify(answer)).join(',\n');
process.stdout.write(`{"package": ${JSON.stringify(`@openfeature/flagd-core ${version}`)}, "answers": [\n${rows}\n]}\n`);
