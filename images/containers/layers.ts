import { allApplets } from '../rootfs/busybox.ts';
import { select } from '../rootfs/assemble.ts';
import type { TarEntry } from '../packages/tar.ts';
import { layerSelections, type PackagedLayer } from './packages.ts';
import { LayerTree } from './tree.ts';

/** What layers are made of. */
export interface LayerParts {
  readonly packages: ReadonlyMap<string, readonly TarEntry[]>;
  /** Compiled programs, by name. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  /** Files of our own, by their paths below `files/`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Of files of our own, in seconds since 1970. */
  readonly mtime: number;
}

type MakeLayer = (parts: LayerParts) => LayerTree;

const nginxUser = { uid: 101, gid: 101 };
const redisUser = { uid: 999, gid: 999 };

/** As in the official busybox image. */
const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;
const group = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
wheel:x:10:root
mail:x:8:
www-data:x:33:
operator:x:37:
users:x:100:
nogroup:x:65534:
`;

/** A busybox as the root of an image. */
function withApplets(layer: LayerTree, parts: LayerParts): LayerTree {
  // Hard links, as in the official image: whoever masks one of them masks that one only.
  const busybox = layer.tree.get('usr/bin/busybox');
  if (busybox?.type === 'file') {
    for (const applet of allApplets(busybox.data)) {
      if (applet !== 'busybox') layer.hardlink(`usr/bin/${applet}`, 'usr/bin/busybox');
    }
  }
  for (const path of [
    'dev',
    'etc',
    'home',
    'proc',
    'run',
    'sys',
    'usr/lib',
    'usr/sbin',
    'var/www',
  ]) {
    layer.folder(path);
  }
  return layer
    .folder('root', 0o700)
    .folder('tmp', 0o1777)
    .folder('var/tmp', 0o1777)
    .folder('var/spool/mail')
    .symlink('var/run', '../run')
    .file('usr/bin/ipcs', program(parts, 'ipcs'), 0o755)
    .file('usr/bin/pgrep', program(parts, 'pgrep'), 0o755)
    .file('etc/passwd', passwd)
    .file('etc/group', group)
    .file('etc/shadow', 'root:*:::::::\n', 0o640);
}

/** Every layer by its name; images are stacks of them. */
export const layers = {
  busybox: (parts) => withApplets(packaged('busybox', parts), parts),
  /** Its shell runs each applet as a program of its own, where the static one's runs them itself. */
  sharedBusybox: (parts) => withApplets(packaged('sharedBusybox', parts), parts),
  libc: (parts) =>
    packaged('libc', parts).file(
      'etc/nsswitch.conf',
      'passwd: files\ngroup: files\nhosts: files dns\n',
    ),
  openssl: (parts) => packaged('openssl', parts),
  nginx(parts) {
    const layer = packaged('nginx', parts)
      .folder('var/log/nginx')
      .symlink('var/log/nginx/access.log', '/dev/stdout')
      .symlink('var/log/nginx/error.log', '/dev/stderr')
      .folder('var/lib/nginx', 0o755, nginxUser)
      .folder('var/cache/nginx', 0o755, nginxUser)
      .file('etc/passwd', `${passwd}nginx:x:101:101:nginx user:/nonexistent:/bin/false\n`)
      .file('etc/group', `${group}nginx:x:101:\n`)
      .file('etc/nginx/nginx.conf', own(parts, 'nginx/nginx.conf'))
      .file('etc/nginx/conf.d/default.conf', own(parts, 'nginx/default.conf'));
    for (const page of ['index.html', '50x.html']) {
      layer.file(`usr/share/nginx/html/${page}`, own(parts, `nginx/${page}`));
    }
    return layer;
  },
  redis: (parts) =>
    packaged('redis', parts)
      .folder('data', 0o755, redisUser)
      .file('etc/passwd', `${passwd}redis:x:999:999::/home/redis:/bin/sh\n`)
      .file('etc/group', `${group}redis:x:999:\n`),
  toolbox: (parts) => packaged('toolbox', parts),
  pause: (parts) => bare(parts).file('pause', program(parts, 'pause'), 0o755),
  http: (parts) => bare(parts).file('srv/http/index.html', own(parts, 'http/index.html')),
  hostnet: (parts) =>
    bare(parts).file('etc/nginx/conf.d/default.conf', own(parts, 'critest/hostnet.conf')),
  nonewprivs: (parts) => bare(parts).file('nnp', program(parts, 'nnp'), 0o4755),
  predefinedGroup: (parts) =>
    bare(parts)
      .folder('home/default-user', 0o755, { uid: 1000, gid: 1000 })
      .file(
        'etc/passwd',
        `${passwd}default-user:x:1000:1000:Linux User,,,:/home/default-user:/bin/sh\n`,
      )
      .file(
        'etc/group',
        `${group}default-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n`,
      ),
} satisfies Readonly<Record<string, MakeLayer>>;

export type LayerName = keyof typeof layers;

/** A layer of one empty file, which makes an image differ from others. */
export function markerLayer(parts: LayerParts, path: string): LayerTree {
  return bare(parts).file(path, '');
}

function packaged(name: PackagedLayer, parts: LayerParts): LayerTree {
  const layer = bare(parts);
  for (const selection of layerSelections[name]) select(layer.tree, parts.packages, selection);
  return layer;
}

function bare({ mtime }: LayerParts): LayerTree {
  return new LayerTree(mtime);
}

function own({ files }: LayerParts, path: string): Uint8Array {
  return part(files, path);
}

function program({ programs }: LayerParts, name: string): Uint8Array {
  return part(programs, name);
}

function part(parts: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const found = parts.get(name);
  if (found) return found;
  throw new Error(`there is no ${name} to put into a layer`);
}
