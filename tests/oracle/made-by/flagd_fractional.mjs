// Which variant npm's @openfeature/flagd-core gives a targeting key, asked as a provider asks it.
//
//   npm install @openfeature/flagd-core@4.0.1
//   node flagd_fractional.mjs > ../ref/flagd_fractional.json
//
// `answers` has one text a weighting with one character a key: the place of the variant among `variants`, or `-` where there is none.
// `million` has a digest of such a text over a million keys: FNV-1a of 64 bits.

import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/`);
const { FlagdCore } = require('@openfeature/flagd-core');
const { version } = require('@openfeature/flagd-core/package.json');

const VARIANTS = ['a', 'b', 'c', 'd', 'e'];
const FLAG_KEYS = ['exp', 'ide-assistant', 'größe', '実験', 'x😀'];
const LARGEST = 2147483647;

// A share is [variant or null, weight].
const SHARES = [
  [['a', 1], ['b', 1]],
  [['a', 50], ['b', 50]],
  [['b', 1], ['a', 1]],
  [['a', 1], ['b', 3]],
  [['a', 33], ['b', 33], ['c', 34]],
  [['a', 1], ['b', 2], ['c', 3], ['d', 5], ['e', 7]],
  [['a', 10], ['b', 10], [null, 80]],
  [[null, 1], ['a', 1]],
  [['a', 0], ['b', 1], ['c', 0], ['d', 1], ['e', 0]],
  [['a', 0], ['b', 7]],
  [['a', 1]],
  [['a', 999], ['b', 1]],
  [['a', LARGEST - 1], ['b', 1]],
  [['a', 1], ['b', LARGEST - 1]],
  [['a', 1000000007], ['b', 999999937], ['c', 147483703]],
  [['a', 1], ['b', 1], ['a', 1], ['c', 1]],
  // No sum, and one too large: never a variant.
  [['a', 0], ['b', 0]],
  [['a', LARGEST], ['b', 1]],
  [['a', 4294967295], ['b', 4294967295]],
];

const MILLION = [
  { flag: 'exp', shares: [['a', 1], ['b', 1]] },
  { flag: 'ide-assistant', shares: [['a', 1], ['b', 2], [null, 3], ['c', 4]] },
  { flag: '実験', shares: [['a', 33], ['b', 33], ['c', 34]] },
];

/** A linear congruential generator (Knuth's MMIX), so that the keys are the same in every run. */
function* numbers() {
  let state = 20260916n;
  for (;;) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    yield Number(state >> 33n);
  }
}

function keys() {
  const all = ['', ' ', '0', 'null', 'undefined', '__proto__', 'ä', 'a\u0308', '\u0000', '\u0000\u0000\u0000\u0000', '\uffff'];
  all.push('é', 'ÿ', 'Ā', '\u7fff', '\u8000', 'ab\u7fff', 'ab\u8000', 'ab\ud7ff', 'abc\u8000', '日本語', '😀', 'a😀', 'ab😀', '\ufeffx');
  all.push("o'neill@example.org", '"', '\\', '{"a":1}', '../..', 'a b\tc\nd', '🏴‍☠️', 'مرحبا', 'Ω≈ç√∫', 'x'.repeat(300), 'é'.repeat(101));
  for (let i = 0; i < 400; i++) all.push(`team-${i}`);
  for (let i = 0; i < 300; i++) all.push(`developer-${i}@example.org`);
  const alphabets = [[0x20, 0x7e], [0x01, 0xff], [0x100, 0x24f], [0x4e00, 0x9fff], [0xac00, 0xd7a3], [0x1f300, 0x1f6ff], [0x00, 0xd7ff]];
  const random = numbers();
  const below = (limit) => random.next().value % limit;
  for (let i = 0; i < 1400; i++) {
    const [first, last] = alphabets[i % alphabets.length];
    let key = '';
    for (let length = 1 + below(13); length > 0; length--) {
      key += String.fromCodePoint(below(4) === 0 ? 0x61 + below(26) : first + below(last - first + 1));
    }
    all.push(key);
  }
  return all;
}

/** Four forms of keys, two of them beyond ASCII; the test makes the same ones. */
function millionth(i) {
  return [`developer-${i}`, `${i}@example.org`, `ü${i}`, `${i}開発者😀`][i % 4];
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Asks for the variant: a function from key to character. */
function asker(flag, shares) {
  const core = new FlagdCore(undefined, quiet);
  const variants = Object.fromEntries(VARIANTS.map((name) => [name, name]));
  const flags = { [flag]: { state: 'ENABLED', variants, defaultVariant: null, targeting: { fractional: shares } } };
  core.setConfigurations(JSON.stringify({ flags }));
  return (targetingKey) => {
    const { variant } = core.resolveStringEvaluation(flag, '-', { targetingKey }, quiet);
    return variant === undefined ? '-' : String(VARIANTS.indexOf(variant));
  };
}

function digest({ flag, shares }) {
  const ask = asker(flag, shares);
  let hash = 0xcbf29ce484222325n;
  const counts = {};
  for (let i = 0; i < 1000000; i++) {
    const character = ask(millionth(i));
    counts[character] = (counts[character] ?? 0) + 1;
    hash = ((hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return { flag, shares, counts, fnv1a64: hash.toString(16).padStart(16, '0') };
}

const targetingKeys = keys();
const answers = [];
for (const [index, shares] of SHARES.entries()) {
  const flag = FLAG_KEYS[index % FLAG_KEYS.length];
  answers.push({ flag, shares, answers: targetingKeys.map(asker(flag, shares)).join('') });
}
// Every key of a flag with even shares, so that no key of a flag is met with one weighting alone.
for (const flag of FLAG_KEYS) {
  const shares = [['a', 1], ['b', 1], ['c', 1]];
  answers.push({ flag, shares, answers: targetingKeys.map(asker(flag, shares)).join('') });
}

const lines = (items) => `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`;
process.stdout.write(`{
"package": ${JSON.stringify(`@openfeature/flagd-core ${version}`)},
"variants": ${JSON.stringify(VARIANTS)},
"keys": ${JSON.stringify(targetingKeys)},
"answers": ${lines(answers)},
"million": ${lines(MILLION.map(digest))}
}
`);
