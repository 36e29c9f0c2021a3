import { describe, expect, it } from 'vitest';
import { familiarText, isDigest, parseReference, referenceText } from './reference.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('parseReference', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['sandglass/toolbox', 'docker.io/sandglass/toolbox:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['index.docker.io/library/busybox:1', 'docker.io/library/busybox:1'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
    ['localhost/thing', 'localhost/thing:latest'],
    ['localhost:5000/a/b:c', 'localhost:5000/a/b:c'],
    ['[::1]:5000/a', '[::1]:5000/a:latest'],
    [`busybox@${digest}`, `docker.io/library/busybox@${digest}`],
    [`busybox:1.36@${digest}`, `docker.io/library/busybox@${digest}`],
  ])('%s is %s', (text, normalised) => {
    expect(referenceText(parseReference(text))).toBe(normalised);
  });

  it.each([
    ['', 'invalid reference format'],
    ['busy box', 'invalid reference format'],
    ['busybox:', 'invalid reference format'],
    ['busybox:-x', 'invalid reference format'],
    ['https://example.org/x', 'invalid reference format'],
    ['BusyBox', 'invalid reference format: repository name (library/BusyBox) must be lowercase'],
    ['a.b/C/d:1', 'invalid reference format: repository name (C/d) must be lowercase'],
    ['busybox@sha256:abcd', 'invalid reference format'],
    [`busybox@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
    [`busybox@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
    [
      'a'.repeat(64),
      `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`,
    ],
    [`example.org/${'a'.repeat(256)}`, 'repository name must not be more than 255 characters'],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseReference(text)).toThrow(message);
  });

  it('takes a host name in capitals for a host', () => {
    expect(parseReference('Uppercase/busybox')).toEqual({
      name: 'Uppercase/busybox',
      tag: 'latest',
    });
  });
});

it.each([
  ['busybox', 'busybox:latest'],
  ['docker.io/library/busybox:1.36', 'busybox:1.36'],
  ['sandglass/toolbox:1', 'sandglass/toolbox:1'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['localhost/library/busybox:1', 'localhost/library/busybox:1'],
])('familiarText shows %s as %s', (text, familiar) => {
  expect(familiarText(parseReference(text))).toBe(familiar);
});

it('isDigest takes whole digests only', () => {
  expect(isDigest(digest)).toBe(true);
  expect(isDigest(digest.slice(0, -1))).toBe(false);
  expect(isDigest(`sha256:${'AB'.repeat(32)}`)).toBe(false);
  expect(isDigest('busybox')).toBe(false);
});
