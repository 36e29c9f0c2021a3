import {
  busyboxConfig,
  httpConfig,
  type ImageRecipe,
  nginxConfig,
  nginxLayers,
} from '../image-recipe.ts';

/**
 * Images of this machine's architecture under the names that upstream's critest asks for
 * (cri-tools, pkg/validate/consts.go, pkg/framework/util.go and images/).
 */
const staging = 'gcr.io/k8s-staging-cri-tools';
const e2e = 'registry.k8s.io/e2e-test-images';

function testImage(name: string, marker: string, ...tags: string[]): ImageRecipe {
  return {
    names: { [`${staging}/${name}`]: tags },
    layers: ['busybox'],
    marker,
    title: `${name} ${marker}`,
    config: busyboxConfig,
  };
}

function userImage(name: string, user: string): ImageRecipe {
  const title = `test-image-user-${name}`;
  return {
    names: { [`${staging}/${title}`]: ['latest'] },
    layers: ['busybox'],
    title,
    config: { ...busyboxConfig, User: user },
  };
}

export const critestImages: readonly ImageRecipe[] = [
  ...['test-image-1', 'test-image-2', 'test-image-3', 'test-image-latest'].map((name) =>
    testImage(name, name, 'latest'),
  ),
  testImage('test-image-tags', 'same-image', '1', '2', '3'),
  testImage('test-image-tag', 'test', 'test'),
  testImage('test-image-tag', 'all', 'all'),
  {
    ...testImage('test-image-digest', 'test-image-digest', 'latest'),
    // consts.go, testLinuxImageWithDigest: an index without an image for 386
    standsInFor: {
      [`${staging}/test-image-digest`]:
        'sha256:9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf',
    },
  },
  userImage('uid', '1002'),
  userImage('username', 'www-data'),
  userImage('uid-group', '1003:1004'),
  userImage('username-group', 'www-data:1004'),
  {
    names: { [`${staging}/test-image-predefined-group`]: ['latest'] },
    layers: ['busybox', 'predefinedGroup'],
    title: 'test-image-predefined-group',
    config: { ...busyboxConfig, User: '1000' },
  },
  {
    names: { [`${staging}/hostnet-nginx-386`]: ['latest'] },
    layers: [...nginxLayers, 'hostnet'],
    title: 'hostnet-nginx',
    config: nginxConfig,
  },
  {
    names: { [`${e2e}/busybox`]: ['1.29-2', '1.29-4', '1.36.1-1'] },
    // A spec masks /bin/ls and expects the shell to be refused it.
    layers: ['sharedBusybox', 'libc'],
    title: 'e2e busybox',
    config: busyboxConfig,
  },
  {
    names: { [`${e2e}/nginx`]: ['1.14-2', '1.14-4'] },
    layers: nginxLayers,
    title: 'e2e nginx',
    config: nginxConfig,
  },
  {
    names: { [`${e2e}/httpd`]: ['2.4.39-4'] },
    layers: ['busybox', 'http'],
    title: 'e2e httpd',
    config: httpConfig,
  },
  {
    names: { [`${e2e}/nonewprivs`]: ['1.3'] },
    layers: ['busybox', 'nonewprivs'],
    title: 'nonewprivs',
    config: { ...busyboxConfig, Entrypoint: ['/nnp'], Cmd: [] },
  },
];
