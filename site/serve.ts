/** serve.ts [--port N]: serves the built site on loopback until it is interrupted. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { asSandglassError } from '#base/errors.ts';
import { portFrom, serveSite } from './server.ts';

try {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '4173' } } });
  const directory = path.resolve(import.meta.dirname, '../dist');
  const { url } = await serveSite({ directory, port: portFrom(values.port) });
  console.log(`Sandglass is at ${url}\nCtrl-C ends it.`);
} catch (error) {
  console.error(asSandglassError(error).message);
  process.exit(1);
}
