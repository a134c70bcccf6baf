// What benches/flags.py compares with: npm's @openfeature/flagd-core behind Node's own HTTP server, by OFREP.
//
//   node peer.mjs FILE

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { FlagdCore } from '@openfeature/flagd-core';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const core = new FlagdCore(undefined, quiet);
core.setConfigurations(readFileSync(process.argv[2], 'utf8'));
const prefix = '/ofrep/v1/evaluate/flags/';

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const key = decodeURIComponent(request.url.slice(prefix.length));
    const { context } = JSON.parse(Buffer.concat(parts).toString());
    const answer = core.resolveStringEvaluation(key, '', context, quiet);
    const body = JSON.stringify({
      key,
      value: answer.variant === undefined ? undefined : answer.value,
      variant: answer.variant ?? '',
      reason: answer.reason,
      metadata: answer.flagMetadata,
    });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.error(`serving http://127.0.0.1:${server.address().port} (flagd-core)`));
