import { expect, test } from 'vitest';
import { failureInOutput, plainFailure } from './failure.ts';

test("a lost network is said in the reader's words", () => {
  for (const said of [
    "Err:1 deb bookworm InRelease\n  Temporary failure resolving 'deb'",
    'E: Failed to fetch x  Could not connect to proxy:3128 (10.0.0.1). - connect (111: Connection refused)',
    'Cannot initiate the connection to x:80 (2a04::644). - connect (101: Network is unreachable)',
  ]) {
    const failure = failureInOutput(said, '/cache');
    expect(failure?.code).toBe('unavailable');
    expect(failure?.message).toBe(
      "Debian's packages cannot be reached. Check the network (and apt's sources and proxy) and " +
        'run the same command again; what was downloaded is kept.',
    );
  }
});

test('a full disk is told by a command or by Node, and names the folder', () => {
  const said = 'cc1: fatal error: closing x.o: No space left on device';
  const byNode = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  for (const failure of [failureInOutput(said, '/cache'), plainFailure(byNode, '/cache')]) {
    expect(failure?.code).toBe('resource-exhausted');
    expect(failure?.message).toContain('/cache');
  }
});

test('what a failing compiler says is nobody elses fault', () => {
  expect(failureInOutput("agent.c:3: error: expected ';'", '/cache')).toBeUndefined();
});
