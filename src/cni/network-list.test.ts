import { beforeEach, describe, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { NetworkConfigurationReader, parseNetworkFile } from './network-list.ts';

const directory = '/etc/cni/net.d';

describe('a file', () => {
  it('is a list, or one plugin', () => {
    const plugins = [{ type: 'bridge' }, { type: 'portmap' }];
    const list = { cniVersion: '1.0.0', name: 'net', plugins };
    expect(parseNetworkFile(JSON.stringify(list), '/x.conflist')).toEqual(list);
    const plugin = { cniVersion: '1.0.0', name: 'net', type: 'bridge', bridge: 'cni0' };
    expect(parseNetworkFile(JSON.stringify(plugin), '/x.conf')).toEqual({
      cniVersion: '1.0.0',
      name: 'net',
      plugins: [plugin],
    });
  });

  it.each([
    [
      '/x.conflist',
      '{',
      /^failed to load CNI config list file \/x\.conflist: error parsing configuration list: .+: invalid cni config$/,
    ],
    [
      '/x.conf',
      '{',
      /^failed to load CNI config file \/x\.conf: error parsing configuration: .+: invalid cni config$/,
    ],
    ['/x.conflist', '[]', 'it is no object'],
    ['/x.conflist', '{"plugins":[{"type":"x"}]}', 'error parsing configuration list: no name: '],
    ['/x.conflist', '{"name":1}', 'invalid name type number'],
    ['/x.conflist', '{"name":"n"}', "no 'plugins' key"],
    ['/x.conflist', '{"name":"n","plugins":{}}', "invalid 'plugins' type object"],
    ['/x.conflist', '{"name":"n","plugins":[]}', 'no plugins in list'],
    [
      '/x.conflist',
      '{"name":"n","plugins":[{}]}',
      "failed to parse plugin config 0: missing 'type'",
    ],
    // A list in the file of a plugin.
    [
      '/x.conf',
      '{"name":"n","plugins":[{"type":"x"}]}',
      'network type not found in /x.conf: invalid cni config',
    ],
  ])('%s that holds %s is refused', (path, text, problem) => {
    expect(() => parseNetworkFile(text, path)).toThrow(problem);
  });
});

describe('the configuration', () => {
  let files: Map<string, { text: string; modified: number }>;
  let reads: string[];
  let reader: NetworkConfigurationReader;
  let time = 0;
  const put = (name: string, text: string) => files.set(name, { text, modified: ++time });
  const network = (name: string) => JSON.stringify({ name, plugins: [{ type: 'bridge' }] });

  beforeEach(() => {
    files = new Map();
    reads = [];
    const agent = {
      files: {
        list: () => {
          if (files.size === 0) return Promise.reject(new SandglassError('not-found', 'none'));
          return Promise.resolve(
            [...files]
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, { text, modified }]) => ({
                name,
                modified,
                size: text.length,
                inode: 1n,
              })),
          );
        },
        readText: (path: string) => {
          reads.push(path);
          return Promise.resolve(files.get(path.slice(directory.length + 1))?.text ?? '');
        },
      },
    };
    reader = new NetworkConfigurationReader(agent as unknown as AgentClient);
  });

  it('is the first file by name, whatever its kind', async () => {
    put('20-later.conflist', network('later'));
    put('README', 'no configuration');
    put('10-first.json', JSON.stringify({ name: 'first', type: 'bridge' }));
    expect((await reader.current()).list?.name).toBe('first');
  });

  it('is read again when it has changed, and only then', async () => {
    put('10-net.conflist', network('a'));
    expect((await reader.current()).list?.name).toBe('a');
    await reader.current();
    expect(reads).toHaveLength(1);
    put('10-net.conflist', network('b'));
    expect((await reader.current()).list?.name).toBe('b');
    put('05-net.conflist', network('c'));
    expect((await reader.current()).list?.name).toBe('c');
  });

  it('says what is wrong with it, until it is mended', async () => {
    expect(await reader.current()).toEqual({
      problem:
        'cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config',
    });
    put('10-net.conflist', '{"name":"a"');
    expect((await reader.current()).problem).toMatch(
      /^cni config load failed: failed to load CNI config list file \/etc\/cni\/net\.d\/10-net\.conflist: .*: invalid cni config: failed to load cni config$/,
    );
    put('10-net.conflist', network('a'));
    expect((await reader.current()).list?.name).toBe('a');
  });
});
