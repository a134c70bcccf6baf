// Reads all entities of a server with Backstage's own client. Arguments: the address and a token. Prints one reference a line.
import { CatalogClient } from '@backstage/catalog-client';
import { stringifyEntityRef } from '@backstage/catalog-model';

const [address, token] = process.argv.slice(2);
const client = new CatalogClient({ discoveryApi: { getBaseUrl: async plugin => `${address}/api/${plugin}` } });
let request = { limit: 3 };
while (request) {
  const page = await client.queryEntities(request, { token });
  page.items.forEach(entity => console.log(stringifyEntityRef(entity)));
  request = page.pageInfo.nextCursor ? { cursor: page.pageInfo.nextCursor, limit: 3 } : undefined;
}
