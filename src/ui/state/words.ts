import { asSandglassError } from '#base/errors.ts';
import type { ClusterStatus, MachineFacts, NodeStatus, ProcessEnd } from '#rpc/contracts.ts';

const megabyte = 1e6;
const gigabyte = 1_000_000_000;
const mebibyte = 1 << 20;

/** `640 kB`, `3.2 MB`: decimal, as browsers count downloads. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  if (bytes < megabyte) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < gigabyte) return `${(bytes / megabyte).toFixed(1)} MB`;
  return `${(bytes / gigabyte).toFixed(1)} GB`;
}

/** `3.2 of 6.6 MB`; without a total, what there is so far. */
export function progressInWords(done: number, total: number | undefined): string {
  if (!total) return bytesInWords(done);
  const whole = bytesInWords(total);
  const isSmall = total < megabyte || total >= gigabyte;
  const part = isSmall ? bytesInWords(done) : `${(done / megabyte).toFixed(1)} MB`;
  const unit = whole.slice(whole.indexOf(' '));
  return `${part.endsWith(unit) ? part.slice(0, -unit.length) : part} of ${whole}`;
}

/** `61 / 256 MB`: used and all of the machine's memory, in the units that `free` shows. */
export function memoryInWords(facts: MachineFacts): string {
  const used = facts.memoryTotalBytes - facts.memoryAvailableBytes;
  return `${Math.round(used / mebibyte)} / ${Math.round(facts.memoryTotalBytes / mebibyte)} MB`;
}

/** `Linux 6.1` of `Linux 6.1.192 i686`. */
export function shortKernel(kernel: string): string {
  return /^\S+ \d+\.\d+/.exec(kernel)?.[0] ?? kernel;
}

/** `64.2 million a second`; `at rest` where the count would be none. */
export function rateInWords(perSecond: number): string {
  if (perSecond < 500) return 'at rest';
  if (perSecond < megabyte) return `${Math.round(perSecond / 1000)} thousand a second`;
  return `${(perSecond / megabyte).toFixed(1)} million a second`;
}

/** `2 h 05 min`, `4 min 10 s`, `12 s`. */
export function durationInWords(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`;
  if (minutes > 0) return `${minutes} min ${whole % 60} s`;
  return `${whole} s`;
}

/** `21:56:07`, in UTC as the guest keeps it. */
export function timeOfDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 19);
}

/** `2026-03-01 21:56:07 UTC`. */
export function dateAndTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2026-03-01-2156`, as a part of a file's name. */
export function fileNameOfTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', '-').replace(':', '');
}

/** `1 pod`, `3 pods`, `no pods`. */
export function podsInWords(count: number): string {
  return `${count === 0 ? 'no' : count} ${count === 1 ? 'pod' : 'pods'}`;
}

export function endInWords(end: ProcessEnd): string {
  return end.kind === 'exited'
    ? `exited with code ${end.code}`
    : `killed by signal ${end.signal.replace(/^SIG/, '')}`;
}

/** What went wrong, as a sentence without the machinery. */
export function errorInWords(thrown: unknown): string {
  const { message } = asSandglassError(thrown);
  const text = message.trim() || 'Something went wrong that left no message.';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The machine's state in a word or two, for the header. */
export function statusInWords(status: NodeStatus): string {
  switch (status.kind) {
    case 'off':
      return 'off';
    case 'loading':
      return 'loading';
    case 'starting':
      return 'starting';
    case 'running':
      return 'running';
    case 'paused':
      return status.by === 'sleep' ? 'asleep' : 'paused';
    case 'halted':
      return 'switched off';
    case 'failed':
      return 'failed';
  }
}

/** Why there is nothing to see of the cluster; empty while it runs. */
export function clusterInWords(status: ClusterStatus): string {
  switch (status.kind) {
    case 'off':
      return 'The cluster starts with the machine.';
    case 'starting':
      return 'Starting API server, scheduler, kubelet and CRI shim …';
    case 'running':
      return '';
    case 'failed':
      return `The cluster could not be started: ${status.failure.message}`;
  }
}
