import { afterEach, beforeEach, expect, it } from 'vitest';
import { SandglassError, cancelledError } from '#base/errors.ts';
import type { AssetSource } from '#cluster/guest-assets.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import { shell } from './node.ts';

/** The built images, from a host that may be silent or gone when a file of the archive is asked for. */
class UnsteadyHost implements AssetSource {
  readonly #images = new DirectoryAssets(guestDirectory());
  state: 'up' | 'silent' | 'gone' = 'up';
  /** Of the archive's files, each fetch's name, and whether it was given up. */
  readonly fetches: { name: string; givenUp: Promise<void> }[] = [];
  #onFetch: () => void = () => undefined;

  manifest = () => this.#images.manifest();
  forget = () => this.#images.forget();
  fetch: AssetSource['fetch'] = (asset, onProgress, signal) => {
    if (!asset.path.startsWith('files/')) return this.#images.fetch(asset, onProgress, signal);
    const givenUp = new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve());
    });
    this.fetches.push({ name: asset.name, givenUp });
    this.#onFetch();
    if (this.state === 'gone') {
      const message = `Could not fetch ${asset.name}.`;
      return Promise.reject(new SandglassError('unavailable', message));
    }
    if (this.state === 'up') return this.#images.fetch(asset, onProgress, signal);
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(cancelledError(signal)));
    });
  };

  /** Resolves when the next file of the archive is asked for. */
  asked(): Promise<void> {
    return new Promise((resolve) => (this.#onFetch = resolve));
  }
}

let host: UnsteadyHost;
let node: LinuxNode;
let notices: string[];

beforeEach(async () => {
  host = new UnsteadyHost();
  node = nodeInProcess(host);
  notices = [];
  node.notices.listen(({ message }) => notices.push(message));
  await node.start('snapshot');
});
afterEach(() => {
  node.stop();
});

it('lets Ctrl+C end a command whose file never comes, and the fetch with it', async () => {
  host.state = 'silent';
  const terminal = await node.running.agent.spawn({
    argv: ['/bin/bash', '--norc', '-i'],
    terminal: { columns: 80, rows: 24 },
  });
  const asked = host.asked();
  await terminal.stdin?.write(new TextEncoder().encode('runc --version\r'));
  await asked;
  await terminal.stdin?.write(Uint8Array.of(3));
  await host.fetches[0]?.givenUp;
  await terminal.stdin?.write(new TextEncoder().encode('exit $?\r'));
  // 128 + SIGINT: what Ctrl+C did to the command.
  expect(await terminal.exited).toEqual({ code: 130 });
  expect(notices).toEqual([]);
  host.state = 'up';
  expect(await shell(node.running, 'runc --version')).toMatch(/^runc version/);
});

it('says which file of the archive could not be had, and a new try fetches it', async () => {
  host.state = 'gone';
  const failed = await shell(node.running, 'runc --version || echo "code $?"');
  expect(failed).toMatch(/Input\/output error[^]*code 126/);
  expect(new Set(notices)).toEqual(
    new Set([
      'Could not fetch /usr/sbin/runc. The command that needed the file failed; run it again to retry.',
    ]),
  );
  host.state = 'up';
  expect(await shell(node.running, 'runc --version')).toMatch(/^runc version/);
});
