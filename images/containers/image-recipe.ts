import type { ImageDefaults } from '#oci/image-format.ts';
import type { LayerName } from './layers.ts';

/** An image to be built, and the names it is offered under. */
export interface ImageRecipe {
  /** Tags by repository. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Lowest first. */
  readonly layers: readonly LayerName[];
  /** An empty file of this name in a layer of its own. */
  readonly marker?: string;
  /** What the label says it is; images that are the same otherwise differ in it. */
  readonly title: string;
  readonly config: ImageDefaults;
  /** Digests, by repository, in whose place it is given (src/oci/registry-index.ts). */
  readonly standsInFor?: Readonly<Record<string, string>>;
}

export const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const busyboxConfig: ImageDefaults = { Env: [searchPath], Cmd: ['sh'] };

export const nginxLayers: readonly LayerName[] = ['busybox', 'libc', 'openssl', 'nginx'];

export const nginxConfig: ImageDefaults = {
  Env: [searchPath],
  Cmd: ['nginx', '-g', 'daemon off;'],
  ExposedPorts: { '80/tcp': {} },
  StopSignal: 'SIGQUIT',
};

export const httpConfig: ImageDefaults = {
  Env: [searchPath],
  // It says nothing of itself at its start, where Apache's does.
  Cmd: [
    'sh',
    '-c',
    'echo "httpd: serving /srv/http on port 80"; exec httpd -f -v -p 80 -h /srv/http',
  ],
  ExposedPorts: { '80/tcp': {} },
};
