import { SandglassError } from '#base/errors.ts';

/** Applets that make no sense here: other init systems, package managers, hardware. */
const unwanted = new Set([
  ...['[[', 'acpid', 'adjtimex', 'blkdiscard', 'blockdev', 'bootchartd', 'brctl', 'busybox'],
  ...[
    'chvt',
    'deallocvt',
    'depmod',
    'devmem',
    'dpkg',
    'dpkg-deb',
    'dumpkmap',
    'fdisk',
    'fgconsole',
  ],
  ...['freeramdisk', 'fsfreeze', 'fstrim', 'getty', 'httpd', 'hwclock', 'i2cdetect'],
  ...['i2cdump', 'i2cget', 'i2cset', 'init', 'insmod', 'kbd_mode', 'klogd', 'linuxrc', 'loadfont'],
  ...['loadkmap', 'login', 'lsmod', 'lsscsi', 'mim', 'mke2fs', 'mkfs.ext2', 'mkfs.vfat', 'mkdosfs'],
  ...['mkswap', 'modinfo', 'modprobe', 'mt', 'nandwrite', 'nanddump', 'openvt', 'partprobe'],
  ...['rdate', 'rmmod', 'rpm', 'rpm2cpio', 'setfont', 'setkeycodes'],
  ...[
    'ssl_client',
    'svc',
    'svok',
    'swapoff',
    'swapon',
    'sulogin',
    'syslogd',
    'ubirename',
    'ubirmvol',
  ],
  ...['udhcpc', 'udhcpc6', 'udhcpd', 'uevent', 'vlock', 'watchdog'],
]);

/**
 * The applets compiled into a busybox, from its table of names: strings one after another, sorted,
 * an empty one at the end. Asking the program itself would mean to run it on the build machine.
 */
export function allApplets(program: Uint8Array): string[] {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  const start = bytes.indexOf('\0[\0[[\0', 0, 'latin1') + 1;
  const end = bytes.indexOf('\0\0', start, 'latin1');
  const names = bytes.subarray(start, end).toString('latin1').split('\0');
  if (start === 0 || end < 0 || !names.includes('ls') || names.some((n) => !/^[\w.[-]+$/.test(n))) {
    throw new SandglassError('internal', "busybox's table of applets is not where it used to be.");
  }
  return names;
}

/** Those that the node has a use for. */
export function busyboxApplets(program: Uint8Array): string[] {
  return allApplets(program).filter((name) => !unwanted.has(name));
}
