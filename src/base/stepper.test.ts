import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { SteppableClock } from './steppable-clock.ts';
import { type HoldPoint, Stepper } from './stepper.ts';

function setUp(...points: string[]) {
  const clock = new SteppableClock(new ManualClock());
  const stepper = new Stepper(clock);
  stepper.setBreakpoints(points);
  const passed: string[] = [];
  const call = (point: HoldPoint, signal?: AbortSignal, follows?: string) =>
    stepper.pass(point, undefined, { follows, signal }).then(() => passed.push(point));
  return { clock, stepper, passed, call };
}

describe('Stepper', () => {
  it('lets through what nobody chose', async () => {
    const { call, passed, clock } = setUp('cri/StopContainer');
    await call('cri/RunPodSandbox');
    expect(passed).toEqual(['cri/RunPodSandbox']);
    expect(clock.stopped).toBe(false);
  });

  it('holds at a chosen point, the clock standing, until it may proceed', async () => {
    const { call, passed, clock, stepper } = setUp('cri/*');
    const held = call('cri/RunPodSandbox');
    expect(stepper.held.map(({ point }) => point)).toEqual(['cri/RunPodSandbox']);
    expect(clock.stopped).toBe(true);
    expect(passed).toEqual([]);
    stepper.proceed();
    await held;
    expect(clock.stopped).toBe(false);
    expect(passed).toEqual(['cri/RunPodSandbox']);
  });

  it('keeps the clock standing while another call is held', async () => {
    const { call, clock, stepper } = setUp('cri/*');
    const first = call('cri/PullImage');
    const second = call('cri/ListContainers');
    stepper.proceed(stepper.held[1]?.id);
    await second;
    expect(clock.stopped).toBe(true);
    expect(stepper.held.map(({ point }) => point)).toEqual(['cri/PullImage']);
    stepper.proceed();
    await first;
    expect(clock.stopped).toBe(false);
  });

  it('steps to the next call of the same pod, whatever others do meanwhile', async () => {
    const { call, stepper, passed } = setUp('cri/RunPodSandbox');
    const first = call('cri/RunPodSandbox', undefined, 'pod-1');
    stepper.step();
    await first;
    await call('sync-loop/housekeeping', undefined, 'sync-loop');
    await call('cri/ListContainers');
    await call('cri/CreateContainer', undefined, 'pod-2');
    const second = call('cri/CreateContainer', undefined, 'pod-1');
    expect(passed).toHaveLength(4);
    expect(stepper.held.map(({ point }) => point)).toEqual(['cri/CreateContainer']);
    stepper.proceed();
    await second;
    await call('cri/StartContainer', undefined, 'pod-1');
    expect(stepper.held).toEqual([]);
  });

  it('steps to the next call at any point, once', async () => {
    const { call, stepper, passed } = setUp('sync-loop/config');
    const first = call('sync-loop/config');
    stepper.step();
    await first;
    const second = call('cri/RunPodSandbox');
    expect(stepper.held).toHaveLength(1);
    stepper.proceed();
    await second;
    await call('cri/CreateContainer');
    expect(passed).toEqual(['sync-loop/config', 'cri/RunPodSandbox', 'cri/CreateContainer']);
  });

  it('gives up a held call whose caller gives up', async () => {
    const { call, clock, stepper } = setUp('cri/ExecSync');
    const giveUp = new AbortController();
    const held = call('cri/ExecSync', giveUp.signal);
    giveUp.abort();
    await expect(held).rejects.toMatchObject({ code: 'cancelled' });
    expect(stepper.held).toEqual([]);
    expect(clock.stopped).toBe(false);
  });

  it('lets everything go at once', async () => {
    const { call, stepper, passed } = setUp('cri/*');
    const calls = [call('cri/Version'), call('cri/Status')];
    stepper.runOn();
    await Promise.all(calls);
    await call('cri/Version');
    expect(passed).toHaveLength(3);
  });
});
