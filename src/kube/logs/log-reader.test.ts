import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { type LogOptions, readLogs } from './log-reader.ts';

const directory = '/var/log/pods/p/main';
const log = `${directory}/0.log`;
const utf8 = new TextEncoder();

interface File {
  inode: bigint;
  data: Uint8Array;
}

/** A container that writes its log, which somebody rotates. */
class Container {
  readonly files = new Map<string, File>();
  running = true;
  /** What happens when the reader has nothing to read, one after the other; then the container ends. */
  readonly steps: (() => void)[] = [];
  /** What happens right before the next read, once. */
  beforeRead: (() => void) | undefined;
  #nextInode = 1n;

  write(...words: string[]): void {
    this.writeTo(log, ...words);
  }

  writeTo(path: string, ...words: string[]): void {
    const file = this.files.get(path) ?? { inode: this.#nextInode++, data: new Uint8Array() };
    const lines = words.map((word) => `2026-01-01T00:00:00Z stdout F ${word}\n`).join('');
    const data = new Uint8Array([...file.data, ...utf8.encode(lines)]);
    this.files.set(path, { ...file, data });
  }

  rotate(time: string): void {
    const file = this.#file(log);
    this.files.delete(log);
    this.files.set(`${log}.${time}`, file);
  }

  compress(time: string): void {
    this.files.delete(`${log}.${time}`);
    this.files.set(`${log}.${time}.gz`, { inode: this.#nextInode++, data: new Uint8Array([31]) });
  }

  async follow(options: Partial<LogOptions> = {}): Promise<string[]> {
    const waitForChange = () => attempt(() => this.#step());
    const node = { files: this.#files, waitForChange };
    const all = { timestamps: false, follow: true, ...options };
    const { signal } = new AbortController();
    const isRunning = () => Promise.resolve(this.running);
    let text = '';
    for await (const { bytes } of readLogs(node, log, all, isRunning, new ManualClock(), signal)) {
      text += new TextDecoder().decode(bytes);
    }
    return text.split('\n').filter(Boolean);
  }

  #step(): void {
    const step = this.steps.shift();
    if (step) step();
    else this.running = false;
  }

  readonly #files = {
    read: (path: string, { offset, length }: { offset: number; length: number }) => {
      const { beforeRead } = this;
      this.beforeRead = undefined;
      beforeRead?.();
      return attempt(() => this.#file(path).data.slice(offset, offset + length));
    },
    stat: (path: string) =>
      attempt(() => {
        const { inode, data } = this.#file(path);
        return { inode, size: data.length };
      }),
    list: (path: string) =>
      attempt(() =>
        [...this.files].map(([file, { inode }]) => ({ name: file.slice(path.length + 1), inode })),
      ),
  };

  #file(path: string): File {
    const file = this.files.get(path);
    if (!file) throw new SandglassError('not-found', `no ${path}`);
    return file;
  }
}

function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

let container: Container;
beforeEach(() => {
  container = new Container();
  container.write('a', 'b');
});

describe('a log that is followed', () => {
  it('goes on with what is written, until the container ends', async () => {
    container.steps.push(() => container.write('c'));
    expect(await container.follow()).toEqual(['a', 'b', 'c']);
  });

  it('shows what was written to the old file before it was rotated', async () => {
    container.steps.push(() => {
      container.write('c', 'd');
      container.rotate('20260101-000001');
      container.write('e');
    });
    expect(await container.follow()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('shows a file that came and was rotated between two looks', async () => {
    container.steps.push(() => {
      container.write('c');
      container.rotate('20260101-000001');
      container.write('d');
      container.rotate('20260101-000002');
      container.write('e');
    });
    expect(await container.follow()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('does not take the new file for the old one if it has grown longer already', async () => {
    container.steps.push(() => {
      container.beforeRead = () => {
        container.write('c');
        container.rotate('20260101-000001');
        container.write('d', 'e', 'f', 'g');
      };
    });
    expect(await container.follow()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('goes on with the new file if the old one has gone', async () => {
    container.steps.push(() => {
      container.files.delete(log);
      container.write('c');
    });
    expect(await container.follow()).toEqual(['a', 'b', 'c']);
  });

  it.each([{}, { tailLines: 1 }])('waits for a log that is being rotated: %j', async (options) => {
    container.rotate('20260101-000001');
    container.steps.push(() => container.write('c'));
    container.steps.push(() => container.write('d'));
    expect(await container.follow(options)).toEqual(['c', 'd']);
  });

  it('shows once what goes to the old file until the new one is there', async () => {
    container.steps.push(() => {
      container.write('c');
      container.rotate('20260101-000001');
    });
    container.steps.push(() => container.writeTo(`${log}.20260101-000001`, 'd'));
    container.steps.push(() => container.write('e'));
    expect(await container.follow()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('ends with a container that has ended while its log was rotated', async () => {
    container.steps.push(() => {
      container.write('c');
      container.rotate('20260101-000001');
      container.running = false;
    });
    expect(await container.follow()).toEqual(['a', 'b', 'c']);
  });

  it('goes on with the next file if the rotated one is compressed before it is read', async () => {
    container.steps.push(() => {
      container.write('c');
      container.rotate('20260101-000001');
      container.write('d');
      container.rotate('20260101-000002');
      container.write('e');
      container.beforeRead = () => {
        container.beforeRead = () => container.compress('20260101-000001');
      };
    });
    expect(await container.follow()).toEqual(['a', 'b', 'd', 'e']);
  });

  it('begins with the last lines', async () => {
    container.steps.push(() => container.write('c'));
    expect(await container.follow({ tailLines: 1 })).toEqual(['b', 'c']);
  });
});

it('of a container that has ended is an error if it is not there', async () => {
  container.rotate('20260101-000001');
  container.running = false;
  await expect(container.follow()).rejects.toThrow('no /var/log/pods/p/main/0.log');
});

it('ends at the end where it is not followed', async () => {
  expect(await container.follow({ follow: false })).toEqual(['a', 'b']);
});
