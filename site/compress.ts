/**
 * compress.ts DIRECTORY: writes .br and .gz copies beside the site's text and wasm, for static
 * hosts that serve them (nginx's gzip_static, sirv); hosts that compress by themselves ignore them.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const compressible = /\.(html|js|css|svg|json|wasm|txt)$/;
/** Smaller files fit one packet either way. */
const leastBytes = 1400;

const brotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);

async function compress(file: string): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length < leastBytes) return;
  const quality = { [zlib.constants.BROTLI_PARAM_QUALITY]: 10 };
  await writeFile(`${file}.br`, await brotli(bytes, { params: quality }));
  await writeFile(`${file}.gz`, await gzip(bytes, { level: 9 }));
}

const directory = process.argv[2];
if (!directory) throw new Error('Usage: compress.ts DIRECTORY');
const entries = await readdir(directory, { recursive: true, withFileTypes: true });
for (const entry of entries) {
  // The archive's files are named by digest and read once: not worth their compression.
  if (entry.isFile() && compressible.test(entry.name))
    await compress(path.join(entry.parentPath, entry.name));
}
