// Validates entities as a Backstage server does. Reads a JSON list of YAML texts from standard input and prints a JSON list with
// a list for each: for every document "valid", or why not.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as model from '@backstage/catalog-model';
import yaml from 'yaml';

// Node cannot resolve what this part of the package imports as a module.
const { mcpServerApiEntityValidator } = createRequire(import.meta.url)('@backstage/catalog-model/alpha');

const policy = model.EntityPolicies.allOf([
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
]);
const kinds = [
  model.apiEntityV1alpha1Validator,
  model.componentEntityV1alpha1Validator,
  model.resourceEntityV1alpha1Validator,
  model.groupEntityV1alpha1Validator,
  model.locationEntityV1alpha1Validator,
  model.userEntityV1alpha1Validator,
  model.systemEntityV1alpha1Validator,
  model.domainEntityV1alpha1Validator,
];

async function judge(document) {
  if (document.errors.length > 0) return `yaml: ${document.errors[0].message.split('\n')[0]}`;
  let entity;
  try {
    entity = document.toJSON();
  } catch (error) {
    return `yaml: ${error.message}`;
  }
  try {
    if (entity === null) return 'empty';
    if (typeof entity !== 'object' || Array.isArray(entity)) return 'not an object';
    const checked = await policy.enforce(entity);
    const own = entity.kind === 'API' && entity.spec?.type === 'mcp-server' ? [mcpServerApiEntityValidator] : kinds;
    for (const kind of own) {
      if (await kind.check(checked)) return 'valid';
    }
    return 'no kind takes it';
  } catch (error) {
    return String(error.message).split('\n')[0];
  }
}

const answers = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  answers.push(await Promise.all(yaml.parseAllDocuments(text).map(judge)));
}
console.log(JSON.stringify(answers));
