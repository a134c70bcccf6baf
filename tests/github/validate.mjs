// Checks GraphQL against GitHub's published schema. Reads {"subset": SDL, "queries": [text]} from standard input and prints
// one line for each thing that is wrong: a part of the subset that GitHub's schema has not, or an error in a query.
import { readFileSync } from 'node:fs';
import { buildSchema, extendSchema, findBreakingChanges, parse, validate } from 'graphql';

const published = new URL('node_modules/@octokit/graphql-schema/schema.graphql', import.meta.url);
// The published text declares a field twice, which is its own error and not ours.
const assumed = { assumeValid: true, assumeValidSDL: true };
const newer = parse(readFileSync(new URL('newer.graphql', import.meta.url), 'utf8'));
const github = extendSchema(buildSchema(readFileSync(published, 'utf8'), assumed), newer, assumed);
const { subset, queries } = JSON.parse(readFileSync(0, 'utf8'));

// What would break by going from the subset to GitHub's schema is what GitHub does not have in that form.
for (const change of findBreakingChanges(buildSchema(subset), github)) {
  console.log(`subset: ${change.description}`);
}
for (const query of queries) {
  for (const error of validate(github, parse(query))) {
    console.log(`query: ${error.message}`);
  }
}
