import { readFile, writeFile, mkdir, symlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell } from './jail-specs.ts';
import { NativeJail, cannotJail } from './native-jail.ts';

/** Compiling all of the guest's programs first takes its time. */
const patience = 180_000;

const bind = (source: string, destination: string, ...options: string[]) => ({
  destination,
  source,
  type: 'bind',
  options: ['rbind', ...options],
});

describe.skipIf(cannotJail)(
  `a container’s files${cannotJail ? ` (skipped: ${cannotJail})` : ''}`,
  () => {
    let jail: NativeJail;
    beforeAll(async () => {
      jail = await NativeJail.start();
    }, patience);
    afterAll(async () => {
      await jail[Symbol.asyncDispose]();
      expect(jail.errors).toBe('');
    });

    const lines = async (...parameters: Parameters<NativeJail['says']>) => {
      const { status, out, err } = await jail.says(...parameters);
      expect({ status, err }).toEqual({ status: 0, err: '' });
      return out.trimEnd().split('\n');
    };

    it('mounts files and directories, writable and read-only', async () => {
      const folder = path.join(jail.root, '../volume');
      await mkdir(folder, { recursive: true });
      await writeFile(`${folder}/file`, 'text');
      const mounts = [
        bind(folder, '/data', 'rprivate', 'rw'),
        bind(folder, '/made/on/the/way', 'rprivate', 'ro'),
        bind(`${folder}/file`, '/etc/made-file', 'rprivate', 'ro', 'nosuid', 'nodev', 'noexec'),
        {
          destination: '/tmp',
          type: 'tmpfs',
          source: 'tmpfs',
          options: ['nosuid', 'size=1m', 'mode=1777'],
        },
        {
          destination: '/dev/mqueue',
          type: 'mqueue',
          source: 'mqueue',
          options: ['nosuid', 'noexec'],
        },
      ];
      const ask = `echo more >/data/new; cat /made/on/the/way/new /etc/made-file; echo
      (echo no >/made/on/the/way/new) 2>&1; (echo no >/etc/made-file) 2>&1; echo yes >/tmp/yes
      stat -c %a /tmp; grep -E ' (/etc/made-file|/tmp|/dev/mqueue) ' /proc/mounts | cut -d' ' -f2-4 | sort`;
      const said = await lines(ask, { mounts });
      expect(said.slice(0, 5)).toEqual([
        ...['more', 'text'],
        '/bin/sh: 2: cannot create /made/on/the/way/new: Read-only file system',
        '/bin/sh: 2: cannot create /etc/made-file: Read-only file system',
        '1777',
      ]);
      expect(said[5]).toMatch(/^\/dev\/mqueue mqueue rw,nosuid,noexec/);
      expect(said[6]).toMatch(/^\/etc\/made-file \w+ ro,nosuid,nodev,noexec/);
      expect(said[7]).toMatch(/^\/tmp tmpfs rw,nosuid,.*size=1024k/);
      expect(await readFile(`${folder}/new`, 'utf8')).toBe('more\n');
    });

    it('makes mounts below read-only only if that is said', async () => {
      const below = [
        { destination: '/data', type: 'tmpfs', source: 'tmpfs', options: [] },
        { destination: '/data/below', type: 'tmpfs', source: 'tmpfs', options: [] },
      ];
      // The agent's own view has such a tree: /proc with nothing below, /dev with what is.
      const ask = (option: string) =>
        lines('(touch /mnt/shm/x) 2>&1; (touch /mnt/x) 2>&1; echo', {
          mounts: [...below, bind('/dev', '/mnt', 'rprivate', option)],
        });
      const refused = 'Read-only file system';
      const plain = (await ask('ro')).filter((line) => line.includes(refused));
      const recursive = (await ask('rro')).filter((line) => line.includes(refused));
      expect([plain.length, recursive.length]).toEqual([1, 2]);
    });

    it('tells what it cannot mount, in words', async () => {
      const attempt = async (
        destination: string,
        type: string,
        source: string,
        ...options: string[]
      ) => {
        const mounts = [{ destination, type, source, options }];
        const { stage, error, number } = await jail.create({ mounts });
        expect(stage).toBe('failed');
        await jail.remove(number);
        return error;
      };
      expect(await attempt('/data', 'bind', '/nowhere', 'rbind')).toBe(
        'mounting "/nowhere" at "/data": no such file or directory',
      );
      expect(await attempt('/data', 'strangefs', 'none')).toBe(
        'mounting "none" at "/data": no such device',
      );
      expect(await attempt('/data', 'tmpfs', 'tmpfs', 'strange=1')).toContain(
        "Unknown parameter 'strange'",
      );
      expect(await attempt('/etc/passwd', 'bind', '/usr', 'bind')).toBe(
        'mounting "/usr" at "/etc/passwd": not a directory: only a directory can be mounted onto a directory',
      );
      expect(await attempt('/data', 'bind', '/usr', 'bind', 'idmap')).toBe(
        'mounting at "/data": the option idmap is not supported',
      );
      expect(await attempt('/proc/sys/kernel', 'bind', '/usr', 'bind')).toBe(
        '"/proc/sys/kernel" cannot be mounted because it is inside /proc',
      );
      expect(await attempt('/proc', 'bind', '/usr', 'bind')).toBe(
        '"/proc" cannot be mounted because it is not of type proc',
      );
      await symlink('/proc/sys', path.join(jail.root, 'sneaky'));
      expect(await attempt('/sneaky/kernel', 'bind', '/usr', 'bind')).toBe(
        '"/sneaky/kernel" cannot be mounted because it is inside /proc',
      );
    });

    it('never leaves its root by a symbolic link of an image', async () => {
      const outside = path.join(jail.root, '../outside');
      await mkdir(outside, { recursive: true });
      await symlink(outside, path.join(jail.root, 'trap'));
      await symlink('../../../../../../../../..', path.join(jail.root, 'up'));
      try {
        const mounts = [bind('/usr', '/trap/usr', 'ro'), bind('/usr', '/up/lifted', 'ro')];
        expect(await lines(`ls -d ${outside}/usr/bin /lifted/bin`, { mounts })).toEqual([
          ...['/lifted/bin', `${outside}/usr/bin`],
        ]);
        await expect(readFile(`${outside}/usr`)).rejects.toMatchObject({ code: 'ENOENT' });
      } finally {
        await rm(path.join(jail.root, 'trap'));
        await rm(path.join(jail.root, 'up'));
      }
    });

    it('hides masked paths and write-protects read-only ones', async () => {
      await writeFile(path.join(jail.root, 'data/secret'), 'secret');
      const linux = {
        MaskedPaths: ['/data/secret', '/proc/interrupts', '/usr/share', '/nowhere'],
        ReadonlyPaths: ['/etc', '/proc/sys', '/nowhere/else'],
      };
      const ask = `cat /data/secret; wc -c </proc/interrupts; ls -A /usr/share; (touch /usr/share/x) 2>&1
      (touch /etc/x) 2>&1; (echo 1 >/proc/sys/kernel/pid_max) 2>&1; touch /data/x && echo writable`;
      expect(await lines(ask, { linux })).toEqual([
        '0',
        "touch: cannot touch '/usr/share/x': Read-only file system",
        "touch: cannot touch '/etc/x': Read-only file system",
        '/bin/sh: 2: cannot create /proc/sys/kernel/pid_max: Read-only file system',
        'writable',
      ]);
    });

    it('has a root that cannot be written, where it asks for one', async () => {
      const Root = { Path: jail.root, Readonly: true };
      const ask = '(touch /x) 2>&1; touch /dev/x && echo only /dev';
      expect(await lines(ask, { spec: { Root } })).toEqual([
        "touch: cannot touch '/x': Read-only file system",
        'only /dev',
      ]);
    });

    it('shows its mounts to others and sees theirs as propagation says', async () => {
      const capabilities = ['CAP_SYS_ADMIN'];
      const open = (option: string, RootfsPropagation: string) =>
        jail.run({
          process: shell('sleep 1000', {
            Capabilities: {
              Bounding: capabilities,
              Effective: capabilities,
              Permitted: capabilities,
            },
          }),
          mounts: [bind(jail.shared, '/data', option)],
          linux: { RootfsPropagation },
        });
      const both = await open('rshared', 'rshared');
      const slave = await open('rslave', 'rslave');
      const alone = await open('rprivate', '');
      const mount = (number: number, name: string) =>
        jail.execSays(number, `mkdir -p /data/${name} && mount -t tmpfs ${name} /data/${name}`, {
          Capabilities: {
            Bounding: capabilities,
            Effective: capabilities,
            Permitted: capabilities,
          },
        });
      for (const [number, name] of [
        [both, 'of-both'],
        [slave, 'of-slave'],
        [alone, 'of-alone'],
      ] as const) {
        expect(await mount(number, name)).toEqual({ status: 0, out: '', err: '' });
      }
      const seen = async (number: number) =>
        (await jail.execSays(number, "grep -oE ' /data/of-[a-z]+' /proc/mounts | sort")).out.match(
          /of-\w+/g,
        );
      expect(await seen(both)).toEqual(['of-both']);
      expect(await seen(slave)).toEqual(['of-both', 'of-slave']);
      expect(await seen(alone)).toEqual(['of-alone']);
      await jail.execSays(both, 'umount /data/of-both', {
        Capabilities: { Bounding: capabilities, Effective: capabilities, Permitted: capabilities },
      });
      for (const number of [both, slave, alone]) await jail.remove(number);
      const { stage, error, number } = await jail.create({
        linux: { RootfsPropagation: 'sideways' },
      });
      expect([stage, error]).toEqual(['failed', 'the root\'s propagation "sideways" is unknown']);
      await jail.remove(number);
    });
  },
);
