import { expect, it } from 'vitest';
import { namedBy, userAgentOf } from './user-agent.ts';

it('is known of a request from which a browser has dropped User-Agent', () => {
  const headers = new Headers(namedBy('kubelet'));
  headers.delete('user-agent');
  expect(userAgentOf(headers)).toBe('kubelet');
});

it('is what a client from elsewhere says', () => {
  expect(userAgentOf(new Headers({ 'User-Agent': 'curl/8.0' }))).toBe('curl/8.0');
  expect(userAgentOf(new Headers())).toBe('');
});
