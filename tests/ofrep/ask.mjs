// What npm's packages answer. On stdin is a question, on stdout comes a list of answers:
//
//   node ask.mjs server|web|flagd < {"url": …, "headers": {…}, "file": …, "asks": [[flag, default, targeting key], …]}
//   [{"value": …, "variant": … or null, "reason": …, "errorCode": … or null}, …]
//
// `server` asks the url for one flag at a time, `web` for all flags of a context, `flagd` reads the file.

import { readFileSync } from 'node:fs';

const question = JSON.parse(readFileSync(0, 'utf8'));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const plain = ({ value, variant, reason, errorCode }) => ({
  value,
  variant: variant || null,
  reason,
  errorCode: errorCode ?? null,
});

/** The method that asks for values of the type of the default. */
const ofType = (fallback, end) => `${typeof fallback === 'boolean' ? 'Boolean' : 'String'}${end}`;

async function server() {
  const { OpenFeature } = await import('@openfeature/server-sdk');
  const { OFREPProvider } = await import('@openfeature/ofrep-provider');
  OpenFeature.setLogger(quiet);
  const headers = Object.entries(question.headers);
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: question.url, headers }));
  const client = OpenFeature.getClient();
  const answers = [];
  for (const [flag, fallback, targetingKey] of question.asks) {
    answers.push(plain(await client[`get${ofType(fallback, 'Details')}`](flag, fallback, { targetingKey })));
  }
  return answers;
}

async function web() {
  const { OpenFeature } = await import('@openfeature/web-sdk');
  const { OFREPWebProvider } = await import('@openfeature/ofrep-web-provider');
  OpenFeature.setLogger(quiet);
  // There is no page here, nor a place for what it would keep.
  const provider = new OFREPWebProvider({
    baseUrl: question.url,
    headers: Object.entries(question.headers),
    cacheMode: 'disabled',
    disableVisibilityRefresh: true,
  });
  let last = question.asks[0]?.[2];
  await OpenFeature.setContext({ targetingKey: last });
  // Without a token it cannot begin, and says so with every answer.
  await OpenFeature.setProviderAndWait(provider).catch(() => {});
  const client = OpenFeature.getClient();
  const answers = [];
  for (const [flag, fallback, targetingKey] of question.asks) {
    if (targetingKey !== last) await OpenFeature.setContext({ targetingKey });
    last = targetingKey;
    answers.push(plain(client[`get${ofType(fallback, 'Details')}`](flag, fallback)));
  }
  return answers;
}

async function flagd() {
  const { FlagdCore } = await import('@openfeature/flagd-core');
  const core = new FlagdCore(undefined, quiet);
  core.setConfigurations(JSON.stringify(question.file));
  return question.asks.map(([flag, fallback, targetingKey]) => {
    const context = targetingKey === null ? {} : { targetingKey };
    const answer = core[`resolve${ofType(fallback, 'Evaluation')}`](flag, fallback, context, quiet);
    return plain({ ...answer, value: answer.value ?? fallback });
  });
}

const answers = await { server, web, flagd }[process.argv[2]]();
process.stdout.write(JSON.stringify(answers));
process.exit(0);
