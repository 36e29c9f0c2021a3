import { critestImages } from './critest/images.ts';
import {
  busyboxConfig,
  httpConfig,
  type ImageRecipe,
  nginxConfig,
  nginxLayers,
  searchPath,
} from './image-recipe.ts';

/** pause as upstream's is: nobody, and nothing but itself. */
function pause(tag: string, ...repositories: string[]): ImageRecipe {
  return {
    names: Object.fromEntries(repositories.map((name) => [name, [tag]])),
    layers: ['pause'],
    title: `pause ${tag}`,
    config: { User: '65535:65535', Env: [searchPath], Entrypoint: ['/pause'], WorkingDir: '/' },
  };
}

export const images: readonly ImageRecipe[] = [
  pause('3.10', 'registry.k8s.io/pause'),
  pause('3.10.2', 'registry.k8s.io/pause'),
  // upstream's tests remove this one, so it must be another image than the sandboxes'
  pause('3.9', 'registry.k8s.io/pause', 'k8s.gcr.io/pause'),
  {
    names: { 'docker.io/library/busybox': ['1.36', '1.36.1', '1.37', 'latest', 'stable'] },
    layers: ['busybox'],
    title: 'busybox',
    config: busyboxConfig,
  },
  {
    names: { 'docker.io/library/nginx': ['1.22', '1.27', 'latest', 'stable'] },
    layers: nginxLayers,
    title: 'nginx',
    config: nginxConfig,
  },
  {
    names: { 'docker.io/library/redis': ['7', '7.0', 'latest'] },
    layers: ['busybox', 'libc', 'openssl', 'redis'],
    title: 'redis',
    config: {
      Env: [searchPath],
      // As the official image has it compiled in: the pod's network is the boundary.
      Cmd: ['redis-server', '--protected-mode', 'no'],
      WorkingDir: '/data',
      Volumes: { '/data': {} },
      ExposedPorts: { '6379/tcp': {} },
    },
  },
  {
    names: { 'docker.io/sandglass/http-server': ['1', 'latest'] },
    layers: ['busybox', 'http'],
    title: 'http-server',
    config: httpConfig,
  },
  {
    names: { 'docker.io/sandglass/toolbox': ['1', 'latest'] },
    layers: ['busybox', 'libc', 'openssl', 'toolbox'],
    title: 'toolbox',
    config: { Env: [searchPath, 'TERM=xterm'], Cmd: ['bash'], WorkingDir: '/root' },
  },
  ...critestImages,
];
