import { describe, expect, it } from 'vitest';
import { allCapabilities, defaultCapabilities, resolveCapabilities } from './capabilities.ts';

const of = (addCapabilities: string[], dropCapabilities: string[], privileged = false) =>
  resolveCapabilities({ addCapabilities, dropCapabilities }, privileged).bounding.toSorted();

describe('resolveCapabilities', () => {
  it('knows as many as Linux 6.1', () => {
    expect(new Set(allCapabilities).size).toBe(41);
    expect(defaultCapabilities.every((name) => allCapabilities.includes(name))).toBe(true);
  });

  it('adds and drops single ones', () => {
    expect(of(['net_admin'], ['CHOWN'])).toEqual(
      [...defaultCapabilities.filter((name) => name !== 'CAP_CHOWN'), 'CAP_NET_ADMIN'].toSorted(),
    );
  });

  it('drops all before it adds one, and drops one of all', () => {
    expect(of(['KILL'], ['ALL'])).toEqual(['CAP_KILL']);
    expect(of(['ALL'], ['KILL'])).toEqual(
      allCapabilities.filter((name) => name !== 'CAP_KILL').toSorted(),
    );
  });

  it('gives a privileged container all, whatever it drops', () => {
    expect(of([], ['ALL'], true)).toEqual(allCapabilities.toSorted());
  });
});
