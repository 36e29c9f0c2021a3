import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
// As it ships, without this project's patches: what the machine layer is compared with.
// eslint-disable-next-line no-restricted-imports
import { V86 } from 'v86';
import { guestDirectory } from '#host/guest-directory.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../', import.meta.url));

export interface StockImages {
  kernel: string;
  initramfs: string;
  bios: string;
  vgaBios: string;
}

export interface StockMachine {
  /** Milliseconds from power-on to the first shell prompt on the serial console. */
  promptMilliseconds: number;
  destroy(): Promise<void>;
}

/** Boots Debian's own kernel in unpatched v86 and waits for the prompt of a shell that is its init. */
export async function bootStock(images: StockImages): Promise<StockMachine> {
  const image = async (path: string) => bufferOf(await readFile(path));
  // Unpacked by the host as for the node.
  const unpacked = async (path: string) => bufferOf(gunzipSync(await readFile(path)));
  const [bios, vgaBios, bzimage, initrd] = await Promise.all([
    image(images.bios),
    image(images.vgaBios),
    image(images.kernel),
    unpacked(images.initramfs),
  ]);
  const begin = performance.now();
  const emulator = new V86({
    wasm_path: createRequire(import.meta.url).resolve('v86/build/v86.wasm'),
    bios,
    vga_bios: vgaBios,
    bzimage,
    initrd,
    // See images/guest/enter-root.c.
    cmdline: 'console=ttyS0 -- /bin/sh',
    memory_size: 256 << 20,
    vga_memory_size: 1 << 20,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    autostart: true,
  });
  await new Promise<void>((resolve) => {
    let tail = '';
    emulator.add_listener('serial0-output-byte', (byte: number) => {
      tail = (tail + String.fromCharCode(byte)).slice(-16);
      // busybox's ash as root prints "/ # ", dash and bash "# ".
      if (tail.endsWith('# ')) resolve();
    });
  });
  return {
    promptMilliseconds: performance.now() - begin,
    destroy: () => emulator.destroy(),
  };
}

function bufferOf(bytes: Buffer): { buffer: ArrayBuffer } {
  return { buffer: new Uint8Array(bytes).buffer };
}

/** The files to boot stock v86 with: Debian's own kernel is built for this comparison only. */
export async function stockImages(): Promise<StockImages> {
  const { stdout } = await run('npx', ['tsx', 'images/build.ts', 'stock-kernel'], {
    cwd: repository,
    maxBuffer: 1 << 24,
  });
  const output = stdout.trim().split('\n').at(-1) ?? '';
  const guest = guestDirectory();
  return {
    kernel: path.join(output, 'vmlinuz'),
    initramfs: path.join(guest, 'node-initramfs'),
    bios: path.join(guest, 'bios.bin'),
    vgaBios: path.join(guest, 'vga-bios.bin'),
  };
}

/** Milliseconds to the prompt of one boot; it takes long enough that one tells the tale. */
export async function stockPromptTime(): Promise<number> {
  const machine = await bootStock(await stockImages());
  await machine.destroy();
  return machine.promptMilliseconds;
}
