import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { BootImages } from '#vm/kernel-image.ts';
import { Machine } from '#vm/machine.ts';
import { podProfile } from '#vm/profiles.ts';
import { loadEmulatorWasm } from './emulator-wasm.ts';

/** The data port that the agent holds when it is ready to be called. */
const agentPort = 1;
/** Milliseconds that the guest may still compute before it is saved. */
const restDeadline = 60_000;

/** Boots the machine of a pod from power-on and saves it, uncompressed, as soon as its agent has come up and is at rest. */
export async function takePodTemplate(
  images: BootImages,
  memoryBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const end = new AbortController();
  const machine = await Machine.coldBoot(podProfile('pc', memoryBytes), images, {
    wasm: await loadEmulatorWasm(),
    clock: systemClock,
  });
  machine.events.listen((event) => {
    if (event.type === 'guest-panic' || event.type === 'emulator-failed') {
      end.abort(new SandglassError('aborted', `The machine did not come up: ${event.type}.`));
    }
  });
  try {
    const until = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
    await untilAborted(machine.channel(agentPort).whenOpen(), until);
    return await machine.snapshot({ deadline: restDeadline, signal: until });
  } catch (error) {
    if (signal?.aborted !== true) process.stderr.write(machine.console.scrollback().slice(-2000));
    throw error;
  } finally {
    machine.dispose();
  }
}
