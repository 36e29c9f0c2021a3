import { expect, it } from 'vitest';
import { pluginComplaint, pluginFailure } from './plugin-error.ts';

it.each([
  [{ code: 1 }, '{"code":7,"msg":"no address left"}', '', 'no address left'],
  [{ code: 1 }, '{"code":7,"msg":"no","details":"in 10.0.0.0/24"}', '', 'no; in 10.0.0.0/24'],
  [{ code: 2 }, '', 'panic:\n', String.raw`netplugin failed: "panic:\n"`],
  [{ code: 2 }, '', '', 'netplugin failed with no error message: exit status 2'],
  [{ signal: 'SIGKILL' }, '', '', 'netplugin failed with no error message: signal: killed'],
])('a plugin that ends with %o and %o says why', (exit, stdout, stderr, complaint) => {
  expect(pluginComplaint(exit, stdout, stderr)).toBe(complaint);
});

it('words that are no JSON are quoted', () => {
  expect(pluginComplaint({ code: 1 }, 'oh "no"', '')).toMatch(
    /^netplugin failed but error parsing its diagnostic message "oh \\"no\\"": ./,
  );
});

it('a failure tells which plugin was asked what', () => {
  expect(pluginFailure('DEL', 'bridge', 'no').message).toBe(
    'plugin type="bridge" failed (delete): no',
  );
});
