import { describe, expect, it } from 'vitest';
import type { ProcessEvent, ProcessEvents } from '#guest/process-events.ts';
import { useAgent } from './agent-test.ts';
import { cannotFollowProcesses } from './native-agent.ts';

/** Collects events until one fits. The whole machine's processes are in them. */
async function collectUntil(
  events: ProcessEvents,
  last: (event: ProcessEvent) => boolean,
): Promise<ProcessEvent[]> {
  const all: ProcessEvent[] = [];
  for (let batch = await events.next(); batch; batch = await events.next()) {
    all.push(...batch);
    if (batch.some(last)) return all;
  }
  throw new Error('The events ended.');
}

describe.skipIf(cannotFollowProcesses)('process events', () => {
  const guest = useAgent();

  it('tell of a process from its fork to its exit', async () => {
    const sockets = async () =>
      Number(await guest.sh(`ls -l /proc/${guest.agent.pid}/fd | grep -c socket:`));
    const before = await sockets();
    const events = await guest.agent.processEvents();
    const started = await guest.agent.spawn({ argv: ['sh', '-c', 'exit 7'], uid: 12, gid: 34 });
    const { pid } = started;
    const all = await collectUntil(
      events,
      (event) => event.type === 'exit' && event.process === pid,
    );
    const own = all.filter((event) => event.type !== 'lost' && event.process === pid);
    expect(own.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['fork', 'uid', 'gid', 'exec', 'exit']),
    );
    expect(own.find(({ type }) => type === 'fork')).toMatchObject({ parent: guest.agent.pid });
    expect(own.find(({ type }) => type === 'uid')).toMatchObject({ real: 12, effective: 12 });
    const names = own.map((event) => (event.type === 'exec' ? event.name : ''));
    // Empty if it had ended before the agent looked.
    expect(['sh', '']).toContain(names.find((name) => name !== '') ?? '');
    expect(own.at(-1)).toMatchObject({ type: 'exit', code: 7, coreDumped: false });
    const killed = await guest.agent.spawn({ argv: ['sleep', '1000'] });
    killed.signal('SIGKILL');
    const rest = await collectUntil(
      events,
      (event) => event.type === 'exit' && event.process === killed.pid,
    );
    expect(rest).toContainEqual(expect.objectContaining({ type: 'exit', signal: 'SIGKILL' }));
    events.close();
    expect(await events.next()).toBeUndefined();
    expect(await sockets()).toBe(before);
  });

  it('can be given up before they begin', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(guest.agent.processEvents(stop.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

describe.skipIf(cannotFollowProcesses)('process events for a slow reader', () => {
  // Room for 93 records.
  const guest = useAgent({}, { window: 4096 });

  it('are counted where they are not kept', async () => {
    const events = await guest.agent.processEvents();
    await guest.sh('for i in $(seq 100); do /bin/true; done');
    const marker = await guest.agent.spawn({ argv: ['true'] });
    await marker.exited;
    const lost = (event: ProcessEvent) => event.type === 'lost';
    const all = await collectUntil(events, lost);
    const kept = all.filter((event) => event.type !== 'lost').length;
    const count = all.reduce((sum, event) => sum + (event.type === 'lost' ? event.count : 0), 0);
    // Each of them forks, executes and exits.
    expect(kept + count).toBeGreaterThanOrEqual(300);
    expect(kept).toBeLessThan(100);
    events.close();
  });
});

describe.skipIf(cannotFollowProcesses)('process events in another network namespace', () => {
  const guest = useAgent({ unshare: ['--net'] });

  it('are refused in words', async () => {
    await expect(guest.agent.processEvents()).rejects.toThrow(
      /^Cannot watch the processes of the node: .+ \(E[A-Z]+\)\.$/,
    );
  });
});
