import { describe, expect, it } from 'vitest';
import { clean, mergeMounts, usualMounts } from './mounts.ts';

const bind = (destination: string) => ({ destination, type: 'bind', source: '/x', options: [] });
const destinations = (...wanted: string[]) =>
  mergeMounts(usualMounts(false), wanted.map(bind)).map(({ destination }) => destination);

describe('mergeMounts', () => {
  it('puts outer mounts before what is mounted in them', () => {
    expect(destinations('/a/b/c', '/a', '/a/b').slice(-3)).toEqual(['/a', '/a/b', '/a/b/c']);
  });

  it('has an own /dev in place of the usual one and all in it', () => {
    expect(destinations('/dev/').filter((path) => path.startsWith('/dev'))).toEqual(['/dev/']);
    expect(destinations('/dev/pts').filter((path) => path === '/dev/pts')).toHaveLength(1);
  });

  it('mounts /sys for writing in a privileged container only', () => {
    const options = (privileged: boolean) =>
      usualMounts(privileged).find(({ destination }) => destination === '/sys')?.options;
    expect(options(false)).toContain('ro');
    expect(options(true)).toContain('rw');
  });
});

it('clean takes slashes away that say nothing', () => {
  expect(clean('//a//b/')).toBe('/a/b');
  expect(clean('/')).toBe('/');
});
