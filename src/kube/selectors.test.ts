import { describe, expect, it } from 'vitest';
import {
  Selector,
  parseFieldSelector,
  parseLabelSelector,
  selectorFromLabels,
  selectorFromObject,
} from './selectors.ts';

const labels = { app: 'web', tier: 'front', count: '5', empty: '' };

describe('parseLabelSelector', () => {
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=db', false],
    ['app!=web', false],
    ['app!=db', true],
    ['other!=x', true],
    ['app', true],
    ['!app', false],
    ['!other', true],
    ['! other', true],
    ['app in (web,db)', true],
    ['app in (in,web)', true],
    ['app notin (web)', false],
    ['other notin (web)', true],
    ['other in (web)', false],
    ['empty=', true],
    ['empty in ()', true],
    ['empty in (,x)', true],
    ['app=web,tier=back', false],
    ['app=web,tier in (front),!gone', true],
    ['count>4', true],
    ['count<5', false],
    ['app>4', false],
  ])('%j matches: %j', (text, expected) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(expected);
  });

  it.each([
    ['app=web,', "found '', expected: identifier after ','"],
    [',app', "found ',', expected: !, identifier, or 'end of string'"],
    ['app web', "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['app in (a b)', "unable to parse requirement: found 'b', expected: ',' or ')'"],
    ['app=a b', "found 'b', expected: ',' or 'end of string'"],
    [
      'count>x',
      `values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    ['a/b/c=d', /^unable to parse requirement: <nil>: Invalid value: "a\/b\/c": a valid label key/],
    ['app=-x', /^values\[0\]\[app\]: Invalid value: "-x": a valid label must be an empty string/],
  ])('refuses %j', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message);
  });

  it('writes itself in order of keys', () => {
    expect(parseLabelSelector('z,b notin (y,x),!c,a==1').toString()).toBe('a=1,b notin (x,y),!c,z');
  });

  it('does not take what every JavaScript object has for a label', () => {
    expect(parseLabelSelector('constructor').matches({})).toBe(false);
  });
});

describe('selectors of objects', () => {
  it('select nothing when absent and everything when empty', () => {
    expect(selectorFromObject(undefined).matches(labels)).toBe(false);
    expect(selectorFromObject({}).matches(labels)).toBe(true);
    expect(Selector.everything.isEmpty).toBe(true);
    expect(Selector.nothing.isEmpty).toBe(false);
  });

  it('join labels and expressions', () => {
    const selector = selectorFromObject({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front'] },
        { key: 'gone', operator: 'DoesNotExist' },
      ],
    });
    expect(selector.matches(labels)).toBe(true);
    expect(selector.matches({ ...labels, gone: '1' })).toBe(false);
    expect(selectorFromLabels({ app: 'web' }).toString()).toBe('app=web');
  });
});

describe('parseFieldSelector', () => {
  it.each([
    ['spec.nodeName=node-1', true],
    ['spec.nodeName==node-1', true],
    ['spec.nodeName!=node-1', false],
    ['spec.nodeName=node-1,status.phase!=Failed', true],
    ['status.podIP=', true],
    ['name=a\\,b\\=c', true],
  ])('%s matches: %j', (text, expected) => {
    const fields = { 'spec.nodeName': 'node-1', 'status.phase': 'Running', name: 'a,b=c' };
    expect(parseFieldSelector(text).matches(fields)).toBe(expected);
  });

  it.each([
    ['spec.nodeName', "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'"],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
  ])('refuses %s', (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(message);
  });

  it('names the value a field must have', () => {
    const selector = parseFieldSelector('metadata.name=a,status.phase!=Failed');
    expect(selector.requiredValue('metadata.name')).toBe('a');
    expect(selector.requiredValue('status.phase')).toBeUndefined();
    expect(selector.toString()).toBe('metadata.name=a,status.phase!=Failed');
  });
});
