import { describe, expect, it } from 'vitest';
import { Quantity, parseQuantity, quantityOf } from './quantity.ts';

describe('parseQuantity', () => {
  it.each([
    ['0', '0'],
    ['100m', '100m'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1.5', '1500m'],
    ['1500', '1500'],
    ['12000', '12k'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['1023Ki', '1023Ki'],
    ['100Ki', '100Ki'],
    ['1024', '1024'],
    ['1Ki', '1Ki'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['12E6', '12e6'],
    ['1E', '1E'],
    ['100n', '100n'],
    ['0.1n', '1n'],
    ['-1.5', '-1500m'],
    ['+5', '5'],
    ['00012', '12'],
    ['8Ei', '9223372036854775807'],
    ['1.', '1'],
  ])('writes %s as %s', (text, canonical) => {
    expect(parseQuantity(text).toString()).toBe(canonical);
  });

  it.each([
    ['', /must match the regular expression/],
    ['1 Gi', /must match the regular expression/],
    ['abc', /must match the regular expression/],
    ['1.2.3', /must match the regular expression/],
    ['1Kb', /must match the regular expression/],
    ['1KiB', /must match the regular expression/],
    ['1mm', /unable to parse quantity's suffix/],
    ['1i', /unable to parse quantity's suffix/],
  ])('refuses %j', (text, message) => {
    expect(() => parseQuantity(text)).toThrow(message);
  });
});

describe('Quantity', () => {
  it('rounds what it is asked in up', () => {
    expect(parseQuantity('1100m').value()).toBe(2);
    expect(parseQuantity('100u').milliValue()).toBe(1);
    expect(parseQuantity('-1100m').value()).toBe(-2);
    expect(parseQuantity('64Mi').value()).toBe(67_108_864);
  });

  it('compares across formats', () => {
    expect(parseQuantity('1Gi').compare(parseQuantity('1G'))).toBe(1);
    expect(parseQuantity('1000m').compare(parseQuantity('1'))).toBe(0);
  });

  it('adds and subtracts, keeping the format', () => {
    expect(parseQuantity('1Gi').add(parseQuantity('1024')).toString()).toBe('1048577Ki');
    expect(Quantity.zero.add(parseQuantity('64Mi')).toString()).toBe('64Mi');
    expect(parseQuantity('1').subtract(parseQuantity('250m')).toString()).toBe('750m');
  });

  it('reads resource lists', () => {
    expect(quantityOf({ cpu: '2' }, 'cpu').milliValue()).toBe(2000);
    expect(quantityOf(undefined, 'cpu').isZero()).toBe(true);
  });
});
