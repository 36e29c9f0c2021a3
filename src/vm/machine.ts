import type { Clock } from '#base/clock.ts';
import type { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { DataChannel } from './data-channel.ts';
import type { MachineEvent, MachineState } from './events.ts';
import { ExecutionMeter, type ExecutionFacts } from './execution-meter.ts';
import { isIdle, runsProgram } from './cpu-state.ts';
import { type BootImages, assertBootable } from './kernel-image.ts';
import type { MachineDevices } from './machine-devices.ts';
import type { MachineOptions, SnapshotOptions } from './machine-options.ts';
import { type MachineParts, makeParts } from './machine-parts.ts';
import type { Nic } from './nic.ts';
import { PanicWatch } from './panic-watch.ts';
import { CpuLoop } from './patches/cpu-loop.ts';
import { readTsc, writeTsc } from './patches/time-stamp-counter.ts';
import type { MachineProfile } from './profiles.ts';
import { QuietMoments } from './quiet-moment.ts';
import type { SerialConsole } from './serial-console.ts';
import { restoreState } from './restore-state.ts';
import { type SavedState, saveWhenQuiet } from './save-when-quiet.ts';
import {
  type Json,
  type SnapshotHeader,
  assertFits,
  decodeSnapshot,
  encodeSnapshot,
  shapeOf,
} from './snapshot-file.ts';
import type { EmulatorInternals } from './v86-internals.ts';

type FinalState = 'halted' | 'crashed';

/**
 * A Linux machine in v86. It runs in slices of a millisecond or more; everything here happens
 * between them, except what the guest does to a device, which is heard in the middle of one.
 *
 * Whoever makes a machine has until its next task (`await` and go on) to attach listeners before
 * the first instruction.
 */
export class Machine {
  readonly profile: MachineProfile;
  readonly events: Emitter<MachineEvent>;
  /** What this machine was restored from. */
  readonly restoredFrom: SnapshotHeader | undefined;
  readonly #clock: Clock;
  readonly #devices: MachineDevices;
  readonly #loop: CpuLoop;
  readonly #meter: ExecutionMeter;
  readonly #quietMoments = new QuietMoments();
  readonly #panicWatch: PanicWatch;
  #emulator: EmulatorInternals | undefined;
  #state: MachineState = 'starting';
  #end: { state: FinalState; event: MachineEvent } | undefined;
  /** The guest's TSC while it is paused. */
  #stoppedAt: bigint | undefined;

  /** Boots a kernel. Rejects with `invalid-argument` if the images cannot boot. */
  static async coldBoot(
    profile: MachineProfile,
    images: BootImages,
    options: MachineOptions,
  ): Promise<Machine> {
    assertBootable(images, profile.memoryBytes);
    const machine = new Machine(await makeParts(profile, options, { images }));
    machine.#start(options);
    return machine;
  }

  /**
   * Goes on from a snapshot. Rejects with `failed-precondition` if it is of another kind of
   * machine, with `data-loss` if it is damaged. The guest's wall clock, random pool, MAC, hostname
   * and machine-id are still the snapshot's; to set them is the agent's business.
   */
  static async restore(
    profile: MachineProfile,
    snapshot: Uint8Array,
    options: MachineOptions,
  ): Promise<Machine> {
    const { header, payload } = await decodeSnapshot(snapshot);
    assertFits(header, profile);
    const machine = new Machine(await makeParts(profile, options, { restoredFrom: header }));
    try {
      restoreState(machine.#emulatorOrThrow().v86, payload);
    } catch (error) {
      machine.dispose();
      throw error;
    }
    machine.console.send(header.typed);
    machine.#start(options);
    return machine;
  }

  private constructor(parts: MachineParts) {
    const { emulator, devices, clock } = parts;
    this.profile = parts.profile;
    this.restoredFrom = parts.restoredFrom;
    this.events = parts.events;
    this.#emulator = emulator;
    this.#devices = devices;
    this.#clock = clock;
    this.#panicWatch = new PanicWatch({
      clock,
      isAlive: () => {
        // Not the constructor's own, which whoever holds a disposed machine would keep.
        const { cpu } = this.#emulatorOrThrow().v86;
        return isIdle(cpu) || runsProgram(cpu);
      },
      onPanic: (panic) => {
        this.#endAfterSlice('crashed', { type: 'guest-panic', ...panic });
        this.#finishAsDue();
      },
    });
    this.console.listen((bytes) => {
      this.#panicWatch.feed(bytes);
    });
    emulator.bus.register('cpu-event-halt', () => {
      this.#endAfterSlice('halted', { type: 'cpu-halted' });
    });
    emulator.v86.cpu.reboot_internal = () => {
      this.#endAfterSlice('halted', { type: 'guest-reset' });
    };
    this.#meter = new ExecutionMeter(emulator.v86.cpu, clock.now());
    this.#loop = new CpuLoop(emulator.v86, {
      afterSlice: () => {
        this.#afterSlice();
      },
      onFailure: (thrown) => {
        // After a reset that does not come at once, Linux provokes a triple fault (arch/x86/kernel/reboot.c), which
        // v86 cannot serve: what ended the machine is what came first.
        if (this.#finishAsDue()) return;
        const error = new SandglassError('internal', 'The emulator failed.', { cause: thrown });
        this.#finish('crashed', { type: 'emulator-failed', error });
      },
    });
  }

  get state(): MachineState {
    return this.#state;
  }

  /** The serial console, ttyS0. */
  get console(): SerialConsole {
    return this.#devices.console;
  }

  /** Absent if the profile has none. */
  get nic(): Nic | undefined {
    return this.#devices.nic;
  }

  /** The 9P device's counters. */
  get ninep(): { requests: number; inFlight: number } {
    const { requests, inFlight } = this.#devices.ninep;
    return { requests, inFlight };
  }

  /** A data port, 1 to 3: `/dev/vportNp<port>` in the guest. */
  channel(port: number): DataChannel {
    return this.#devices.channels.channel(port);
  }

  facts(): ExecutionFacts {
    return { ...this.#meter.facts(), slices: this.#loop.slices };
  }

  /** Stops the CPU; resolves when it stands. The guest's own clock stands still too. */
  async pause(): Promise<void> {
    if (this.#state === 'paused') return;
    this.#require('running');
    this.#loop.stop();
    if (this.#loop.inSlice) await this.#quietMoments.next();
    if (this.#state !== 'running') return;
    const { cpu } = this.#emulatorOrThrow().v86;
    this.#stoppedAt = readTsc(cpu);
    this.#setState('paused');
  }

  resume(): void {
    if (this.#state === 'running') return;
    this.#require('paused');
    if (this.#stoppedAt !== undefined) writeTsc(this.#emulatorOrThrow().v86.cpu, this.#stoppedAt);
    this.#stoppedAt = undefined;
    this.#setState('running');
    this.#loop.start();
  }

  /**
   * Saves the machine at a moment when its CPU is idle and no 9P request and no byte of a channel
   * is under way; it goes on running. Rejects with `deadline-exceeded`, and what kept it, if none comes.
   */
  async snapshot(options: SnapshotOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const saved = await saveWhenQuiet(
      {
        clock: this.#clock,
        quietMoments: this.#quietMoments,
        state: () => this.#requireUp(),
        inSlice: () => this.#loop.inSlice,
        isIdle: () => isIdle(this.#emulatorOrThrow().v86.cpu),
        devicesBusyWith: () => this.#devices.busyWith,
        save: (extra) => this.#save(extra),
      },
      options,
    );
    return encodeSnapshot(saved.facts, saved.state);
  }

  /** Ends the machine and lets go of all its memory. Can be called in any state, from anywhere. */
  dispose(): void {
    if (this.#state === 'disposed') return;
    const reason = new SandglassError('unavailable', 'The machine was disposed.');
    this.#stop(reason);
    this.#devices.close(reason);
    this.#meter.close();
    if (this.#emulator) {
      // The devices hold on to the bus, the bus to us.
      this.#emulator.bus.listeners = {};
      this.#emulator.emulator_bus.listeners = {};
      this.#emulator = undefined;
    }
    this.#setState('disposed');
    this.events.clear();
  }

  #start(options: MachineOptions): void {
    if (options.paused === true) {
      this.#setState('paused');
    } else {
      this.#setState('running');
      this.#loop.start();
    }
  }

  #afterSlice(): void {
    this.#devices.afterSlice();
    this.#meter.update(this.#clock.now());
    this.#panicWatch.afterSlice();
    if (!this.#finishAsDue()) this.#quietMoments.afterSlice();
  }

  /** In the middle of a slice the CPU is below us on the stack; what ends it waits. */
  #endAfterSlice(state: FinalState, event: MachineEvent): void {
    this.#end ??= { state, event };
  }

  /** Ends the machine if something in its last slice was its end; tells whether it did. */
  #finishAsDue(): boolean {
    if (!this.#end) return false;
    this.#finish(this.#end.state, this.#end.event);
    return true;
  }

  #finish(state: FinalState, event: MachineEvent): void {
    if (this.#state !== 'running' && this.#state !== 'paused') return;
    this.console.flush();
    const reason = new SandglassError('unavailable', `The machine has ${state}.`);
    this.#stop(reason);
    this.#devices.channels.close(reason);
    this.#setState(state);
    this.events.emit(event);
  }

  #stop(reason: SandglassError): void {
    this.#panicWatch.close();
    this.#loop.close();
    this.#quietMoments.fail(reason);
  }

  #save(extra: Json): SavedState {
    const facts = {
      profile: this.profile.name,
      shape: shapeOf(this.profile),
      ...this.#devices.facts,
      takenAt: this.#clock.wallTime(),
      extra,
    };
    return { facts, state: new Uint8Array(this.#emulatorOrThrow().v86.save_state()) };
  }

  /** Throws unless it runs or is paused. */
  #requireUp(): 'running' | 'paused' {
    if (this.#state !== 'running' && this.#state !== 'paused') throw this.#refusal();
    return this.#state;
  }

  #emulatorOrThrow(): EmulatorInternals {
    if (!this.#emulator) throw this.#refusal();
    return this.#emulator;
  }

  #require(state: MachineState): void {
    if (this.#state !== state) throw this.#refusal();
  }

  #refusal(): SandglassError {
    return new SandglassError('failed-precondition', `The machine is ${this.#state}.`);
  }

  #setState(state: MachineState): void {
    const previous = this.#state;
    this.#state = state;
    this.events.emit({ type: 'state', state, previous });
  }
}
