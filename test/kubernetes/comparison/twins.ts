import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { systemClock, type Clock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import { createApiServer, type ApiServer } from '#apiserver/api-server.ts';
import { createKubectl } from '#cli/kubectl/kubectl.ts';
import { HttpListener } from '#host/http-listener.ts';
import { KubeClient } from '#kube/client/client.ts';
import { resourceByKind } from '#kube/resources.ts';
import type { KubeObject } from '#kube/types.ts';
import { Shell } from '../../unit/cli/cli-session.ts';
import { manifests } from './fixtures.ts';

const day = 86_400_000;

/** The reader's clock, but for a while at which it stands still. */
class StandingClock implements Clock {
  standsAt: number | undefined;

  now(): number {
    return systemClock.now();
  }

  wallTime(): number {
    return this.standsAt ?? systemClock.wallTime();
  }

  schedule(milliseconds: number, callback: () => void): () => void {
    return systemClock.schedule(milliseconds, callback);
  }
}

interface Server {
  api: ApiServer;
  /** Of what was there from the beginning, by name. */
  uids: ReadonlyMap<string, string>;
}

async function startServer(now: number): Promise<Server> {
  const clock = new StandingClock();
  clock.standsAt = now - 100.5 * day;
  const api = createApiServer({ clock, trace: new TraceBus(clock), kubelet: () => undefined });
  const client = new KubeClient({ fetch: api.fetch, userAgent: 'fixtures' });
  const uids = new Map<string, string>();
  for (const manifest of manifests) {
    const object = parse(filledIn(manifest, now, uids)) as KubeObject & { status?: unknown };
    const { apiVersion = '', kind = '', metadata = {} } = object;
    const resource = resourceByKind(apiVersion, kind);
    if (!resource) throw new Error(`${kind} is not served.`);
    if (resource.namespaced) metadata.namespace ??= 'default';
    const created = await client.create(resource, object);
    uids.set(created.metadata?.name ?? '', created.metadata?.uid ?? '');
    if (object.status === undefined) continue;
    await client.updateStatus(resource, { ...created, status: object.status } as KubeObject);
  }
  clock.standsAt = undefined;
  return { api, uids };
}

function filledIn(manifest: string, now: number, uids: ReadonlyMap<string, string>): string {
  const decimals = manifest.includes('eventTime') ? '.000000Z' : 'Z';
  return manifest
    .replaceAll(/"T-(\d+)"/g, (_, days) => {
      const time = new Date(now - (Number(days) + 0.52) * day).toISOString();
      return JSON.stringify(time.replace(/\.\d+Z$/, decimals));
    })
    .replaceAll(/"UID-(\w+)"/g, (_, name: string) => JSON.stringify(uids.get(name)));
}

export interface Said {
  code: number;
  out: string;
  err: string;
}

/** Two servers with the same objects: one for the real kubectl, one for ours. */
export class Twins {
  readonly #program: string;
  readonly #folder: string;
  readonly #real: Server;
  readonly #ours: Server;
  readonly #listener: HttpListener;
  readonly #url: string;
  readonly #shell: Shell;
  readonly #files: Readonly<Record<string, string>>;

  static async start(program: string, files: Readonly<Record<string, string>>): Promise<Twins> {
    const now = Date.now();
    const [real, ours] = [await startServer(now), await startServer(now)];
    const listener = new HttpListener(real.api);
    const url = `http://127.0.0.1:${await listener.listen(0)}`;
    const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-twins-'));
    const kubectl = createKubectl({ api: ours.api, clock: systemClock, serverUrl: url });
    const shell = new Shell({ kubectl });
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
      await shell.files.write(name, text);
    }
    return new Twins(program, folder, { real, ours, listener, url, shell, files });
  }

  private constructor(
    program: string,
    folder: string,
    parts: {
      real: Server;
      ours: Server;
      listener: HttpListener;
      url: string;
      shell: Shell;
      files: Readonly<Record<string, string>>;
    },
  ) {
    this.#program = program;
    this.#folder = folder;
    this.#real = parts.real;
    this.#ours = parts.ours;
    this.#listener = parts.listener;
    this.#url = parts.url;
    this.#shell = parts.shell;
    this.#files = parts.files;
  }

  /** What each says, times and ids taken out. */
  async run(line: string): Promise<{ real: Said; ours: Said }> {
    const [, command = line, file] = /^(.*?)(?: < (\S+))?$/.exec(line) ?? [];
    const stdin = file === undefined ? '' : (this.#files[file] ?? '');
    const argv = words(command);
    const [real, ours] = await Promise.all([
      this.#runReal(argv, stdin),
      this.#shell.callWords(['kubectl', ...argv], { stdin }),
    ]);
    return { real: normalised(real, this.#real.uids), ours: normalised(ours, this.#ours.uids) };
  }

  /** All objects of each server, without times, ids and the number of writes that it took. */
  states(): { real: string; ours: string } {
    return { real: stateOf(this.#real), ours: stateOf(this.#ours) };
  }

  async close(): Promise<void> {
    this.#listener.close();
    this.#real.api.close();
    this.#ours.api.close();
    await rm(this.#folder, { recursive: true });
  }

  #runReal(argv: readonly string[], stdin: string): Promise<Said> {
    const env = {
      PATH: process.env['PATH'],
      HOME: this.#folder,
      KUBECONFIG: '/dev/null',
      KUBERNETES_MASTER: this.#url,
    };
    return new Promise((resolve) => {
      const options = { cwd: this.#folder, env, maxBuffer: 64 << 20 };
      const child = execFile(this.#program, argv, options, (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err });
      });
      // One that does not read its input ends before it is written.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(stdin);
    });
  }
}

/** As a shell splits them: quotes keep words together. */
function words(line: string): string[] {
  const found = line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  return found.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

function normalised({ code, out, err }: Said, uids: ReadonlyMap<string, string>): Said {
  return { code, out: withoutIds(out, uids), err: withoutIds(err, uids) };
}

function withoutIds(text: string, uids: ReadonlyMap<string, string>): string {
  let known = text;
  for (const [name, uid] of uids) known = known.replaceAll(uid, `<uid of ${name}>`);
  return (
    known
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
      .replaceAll(/(resourceVersion"?): ?"\d+"/g, '$1: <version>')
      // The head of a line of klog: date, time, process and line of the source.
      .replaceAll(/^([IWEF])\d{4} [\d:.]+ +\d+ ([\w.]+):\d+\]/gm, '$1 $2]')
      // Of namespaces that the server makes by itself, or that the commands make: seconds are luck.
      .replaceAll(/ +\d+s$/gm, ' <seconds>')
  );
}

function stateOf({ api, uids }: Server): string {
  const { collections } = api.store.snapshot();
  const text = JSON.stringify(collections, (_, value: unknown) => sorted(value), 1);
  return withoutIds(text, uids);
}

/** With the members of objects in one order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
