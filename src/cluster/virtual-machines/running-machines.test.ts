import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { ManualClock } from '#base/clock.ts';
import type { SandglassError } from '#base/errors.ts';
import { Deferred } from '#base/deferred.ts';
import type { VmmArguments, VmmWatcher } from '#runtimes/kata/vmm-host.ts';
import type { VirtualMachine } from '#runtimes/ports.ts';
import { RunningMachines } from './running-machines.ts';

const about: VmmArguments = { id: 's1', machine: 'kata-fc', memoryBytes: 64 << 20, mac: '' };
const pod = { namespace: 'default', name: 'vm', uid: 'u' };
const emulator = { heapBytes: 90e6, instructions: 1e9, framesDropped: 0, ninepRequests: 7 };
const ids = '11\t12\t13\t14\t15\t16\t17';
const text = [
  'kernel\t6.1.192\tboot\t64000\t40000',
  `process\t1\t0\tS\t64\t25\t9000\t1\t${ids}\t/\tkata-agent\t/init`,
  `process\t90\t1\tR\t64\t25\t9000\t90\t${ids}\t/\tsurvey\tsurvey`,
  'end\n',
].join('\n');

function answer(program = text): Uint8Array {
  const bytes = new TextEncoder().encode(program);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return Buffer.concat([length, bytes]);
}

function started() {
  const [toGuest, fromGuest] = [new ByteQueue({ capacity: 99 }), new ByteQueue({ capacity: 1e5 })];
  const machine: VirtualMachine = {
    ended: new Deferred<SandglassError>().promise,
    reply: () => undefined,
    send: () => undefined,
    open: () => Promise.resolve({ incoming: fromGuest, outgoing: toGuest, close: () => undefined }),
    facts: () => Promise.resolve(emulator),
    dispose: () => undefined,
  };
  const told: string[] = [];
  const watcher: VmmWatcher = {
    started: ({ id }) => told.push(`started ${id}`),
    vsock: () => undefined,
    frame: () => undefined,
    ninep: () => undefined,
    ended: (id) => told.push(`ended ${id}`),
  };
  const clock = new ManualClock();
  const machines = new RunningMachines(clock, new Map([['s1', { sandboxId: 's1', pod }]]));
  const watching = machines.watching(watcher);
  watching.started(about, machine);
  return { machines, watching, clock, told, toGuest, fromGuest };
}

describe('the machines of pods', () => {
  it('are asked what there is in them, for whose they are, and their emulator', async () => {
    const { machines, fromGuest, toGuest } = started();
    const asked = machines.surveys();
    expect(await toGuest.read()).toHaveLength(1);
    const bytes = answer();
    await fromGuest.write(bytes.slice(0, 3));
    await fromGuest.write(bytes.slice(3, 40));
    await fromGuest.write(bytes.slice(40));
    const [survey] = await asked;
    expect(survey).toMatchObject({
      ...{ sandboxId: 's1', pod, handler: 'kata-fc', memoryBytes: 64 << 20, emulator },
      survey: { kernel: { release: '6.1.192', bootId: 'boot', memoryTotalBytes: 65_536_000 } },
    });
    // Not the program that told it.
    expect(survey?.survey?.processes.map(({ name }) => name)).toEqual(['kata-agent']);
  });

  it('are asked once for all who ask at the same time, and anew after that', async () => {
    const { machines, fromGuest, toGuest } = started();
    const both = Promise.all([machines.surveys(), machines.surveys()]);
    expect(await toGuest.read()).toHaveLength(1);
    await fromGuest.write(answer());
    expect((await both).map(([first]) => first?.failure)).toEqual([undefined, undefined]);
    const again = machines.surveys();
    expect(await toGuest.read()).toHaveLength(1);
    await fromGuest.write(answer('end\n'));
    expect((await again)[0]?.survey?.processes).toEqual([]);
  });

  it('that do not answer are waited for no longer than five seconds, and heard later', async () => {
    const { machines, fromGuest, toGuest, clock } = started();
    const asked = machines.surveys();
    await toGuest.read();
    clock.advance(5_000);
    expect((await asked)[0]).toMatchObject({ failure: { code: 'deadline-exceeded' }, emulator });
    const later = machines.surveys();
    await fromGuest.write(answer());
    expect((await later)[0]?.survey?.kernel.release).toBe('6.1.192');
  });

  it('that tell half of it are said to have told nothing', async () => {
    const { machines, fromGuest } = started();
    const asked = machines.surveys();
    await fromGuest.write(answer('kernel\t6.1'));
    expect((await asked)[0]).toMatchObject({ failure: { code: 'data-loss' } });
  });

  it('that would tell more than there can be are not listened to', async () => {
    const { machines, fromGuest } = started();
    const asked = machines.surveys();
    await fromGuest.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    expect((await asked)[0]).toMatchObject({ failure: { code: 'data-loss' } });
  });

  it('that have ended are asked no more, and keep nobody waiting', async () => {
    const { machines, watching, told } = started();
    const asked = machines.surveys();
    watching.ended('s1');
    expect((await asked)[0]).toMatchObject({ failure: { code: 'unavailable' } });
    expect(await machines.surveys()).toEqual([]);
    expect(told).toEqual(['started s1', 'ended s1']);
  });
});
