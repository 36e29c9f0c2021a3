import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MachineEvent } from '#vm/events.ts';
import type { BootImages } from '#vm/kernel-image.ts';
import { Machine } from '#vm/machine.ts';
import type { MachineOptions } from '#vm/machine-options.ts';
import { type MachineProfile, nodeProfile } from '#vm/profiles.ts';
import { loadImages, loadWasm } from './images.ts';

const sources = path.join(import.meta.dirname, 'guest');
const compiler = 'i686-linux-gnu-gcc';
const flags = ['-O2', '-march=pentium3', '-ffreestanding', '-fno-pie', '-fno-stack-protector'];
const linking = ['-static', '-nostdlib', '-no-pie', '-s', '-Wl,--build-id=none'];

/** An initramfs with guest/init.c as its only program, cached by its source. */
function testInitramfs(): Uint8Array {
  const hash = createHash('sha256').update(JSON.stringify([flags, linking]));
  for (const name of ['linux.h', 'init.c']) hash.update(readFileSync(path.join(sources, name)));
  const digest = hash.digest('hex').slice(0, 16);
  const cached = path.join(tmpdir(), `sandglass-test-guest-${digest}`);
  if (!existsSync(cached)) {
    const built = `${cached}.${process.pid}`;
    execFileSync(compiler, [...flags, ...linking, '-o', built, path.join(sources, 'init.c')]);
    renameSync(built, cached);
  }
  return newcArchive([
    { name: 'dev', mode: 0o040755, bytes: new Uint8Array() },
    // Without it the kernel has nowhere to print what init says before devtmpfs is mounted.
    { name: 'dev/console', mode: 0o020600, bytes: new Uint8Array(), device: [5, 1] },
    { name: 'init', mode: 0o100755, bytes: new Uint8Array(readFileSync(cached)) },
    { name: 'TRAILER!!!', mode: 0, bytes: new Uint8Array() },
  ]);
}

interface ArchiveEntry {
  name: string;
  mode: number;
  bytes: Uint8Array;
  device?: [major: number, minor: number];
}

/** cpio, "newc" format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst. */
function newcArchive(entries: ArchiveEntry[]): Uint8Array {
  const hex = (value: number) => value.toString(16).padStart(8, '0').toUpperCase();
  const padded = (bytes: Uint8Array) => [bytes, new Uint8Array(-bytes.length & 3)];
  const parts = entries.flatMap(({ name, mode, bytes, device = [0, 0] }, index) => {
    const fields = [index + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, ...device, name.length + 1, 0];
    const head = `070701${fields.map(hex).join('')}${name}\0`;
    return [...padded(new TextEncoder().encode(head)), ...padded(bytes)];
  });
  return new Uint8Array(Buffer.concat(parts));
}

export const testProfile: MachineProfile = { ...nodeProfile, name: 'test', memoryBytes: 128 << 20 };

/** A running test guest, and a way to talk to it. */
export class TestGuest {
  readonly machine: Machine;
  #output = '';
  #nextId = 1;
  readonly #waiting = new Set<() => void>();

  constructor(machine: Machine) {
    this.machine = machine;
    machine.console.listen((bytes) => {
      this.#output += Buffer.from(bytes).toString('latin1');
      for (const wake of [...this.#waiting]) wake();
    });
  }

  get output(): string {
    return this.#output;
  }

  /** The rest of the first line of output that starts with `prefix`. */
  async line(prefix: string): Promise<string> {
    const start = new RegExp(`^${prefix.replace(/[[\]]/g, '\\$&')}(.*)\\n`, 'm');
    for (;;) {
      const found = start.exec(this.#output);
      if (found) {
        this.#output = this.#output.replace(found[0], '');
        return (found[1] ?? '').trim();
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** Starts a command; the result reads its lines. */
  start(command: string): { line: () => Promise<string> } {
    const id = `${this.#nextId++}.${Math.random().toString(36).slice(2, 6)}`;
    this.machine.console.send(`${id} ${command}\n`);
    return { line: () => this.line(`[${id}] `) };
  }

  /** The first line of a command's answer. */
  run(command: string): Promise<string> {
    return this.start(command).line();
  }
}

type Options = Partial<MachineOptions>;

/** The kernel under test with the test guest as its initramfs. */
export async function testImages(): Promise<BootImages> {
  return { ...(await loadImages()), initramfs: testInitramfs() };
}

/** Boots the test guest and waits for its READY. */
export async function bootTestGuest(
  options: Options = {},
  profile: MachineProfile = testProfile,
): Promise<TestGuest> {
  const machine = await Machine.coldBoot(profile, await testImages(), {
    wasm: await loadWasm(),
    ...options,
  });
  const guest = new TestGuest(machine);
  await guest.line('READY');
  return guest;
}

export async function restoreTestGuest(
  snapshot: Uint8Array,
  options: Options = {},
  profile: MachineProfile = testProfile,
): Promise<TestGuest> {
  return new TestGuest(
    await Machine.restore(profile, snapshot, { wasm: await loadWasm(), ...options }),
  );
}

let saved: Promise<Uint8Array> | undefined;

/** A snapshot of a test guest that has just booted, made once a test file. */
export function bootedSnapshot(): Promise<Uint8Array> {
  saved ??= bootTestGuest().then(async ({ machine }) => {
    const snapshot = await machine.snapshot();
    machine.dispose();
    return snapshot;
  });
  return saved;
}

/** Resolves with the first event of that type. */
export function nextEvent<T extends MachineEvent['type']>(
  machine: Machine,
  type: T,
): Promise<Extract<MachineEvent, { type: T }>> {
  return new Promise((resolve) => {
    const unsubscribe = machine.events.listen((event) => {
      if (event.type !== type) return;
      unsubscribe();
      resolve(event as Extract<MachineEvent, { type: T }>);
    });
  });
}

/** The byte at a position of the streams that guest/init.c checks. */
export function patternBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    bytes[at] = at * 31 + (at >>> 8) * 7 + (at >>> 16) * 3;
  }
  return bytes;
}
