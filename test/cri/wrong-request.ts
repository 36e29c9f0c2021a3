import type { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';

/** A call that must fail: what is wrong, the call, its code and message. */
export type Row = readonly [
  what: string,
  call: () => Promise<unknown>,
  code: Code,
  message: string | RegExp,
];

/** Declares a test of each row: the call is answered with this code, in these words. */
export function rejects(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    it.each(rows.map(([what, call, code, message]) => ({ what, call, code, message })))(
      '$what',
      async ({ call, code, message }) => {
        const error: unknown = await call().then(
          () => 'no error',
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ code });
        const { rawMessage } = error as { rawMessage: string };
        if (typeof message === 'string') expect(rawMessage).toBe(message);
        else expect(rawMessage).toMatch(message);
      },
    );
  });
}
