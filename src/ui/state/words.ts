import { asSandglassError } from '#base/errors.ts';
import type { ClusterStatus, MachineFacts, NodeStatus, ProcessEnd } from '#rpc/contracts.ts';
import { words } from '#ui/words/words.ts';

const kilobyte = 1000;
const megabyte = 1e6;
const gigabyte = 1e9;
const mebibyte = 1 << 20;

type ByteUnit = 'bytes' | 'kilobytes' | 'megabytes' | 'gigabytes';

/** `640 kB`, `3.2 MB`: decimal, as browsers count downloads. */
export function bytesInWords(bytes: number): string {
  const unit = byteUnit(bytes);
  return words.units[unit](inUnit(bytes, unit));
}

/** `3.2 of 6.6 MB`; without a total, what there is so far. */
export function progressInWords(done: number, total: number | undefined): string {
  if (!total) return bytesInWords(done);
  const unit = byteUnit(total);
  // Megabytes count from 0.0: they may come fast.
  if (unit !== 'megabytes' && byteUnit(done) !== unit)
    return words.units.done.other(bytesInWords(done), bytesInWords(total));
  return words.units.done[unit](inUnit(done, unit), inUnit(total, unit));
}

function byteUnit(bytes: number): ByteUnit {
  if (bytes < kilobyte) return 'bytes';
  if (bytes < megabyte) return 'kilobytes';
  return bytes < gigabyte ? 'megabytes' : 'gigabytes';
}

function inUnit(bytes: number, unit: ByteUnit): number {
  switch (unit) {
    case 'bytes':
      return bytes;
    case 'kilobytes':
      return Math.round(bytes / kilobyte);
    case 'megabytes':
      return bytes / megabyte;
    case 'gigabytes':
      return bytes / gigabyte;
  }
}

/** `61 / 256 MB`: used and all of the machine's memory, in the units that `free` shows. */
export function memoryInWords({ memoryTotalBytes, memoryAvailableBytes }: MachineFacts): string {
  const used = memoryTotalBytes - memoryAvailableBytes;
  return words.units.memory(Math.round(used / mebibyte), Math.round(memoryTotalBytes / mebibyte));
}

/** `61.2 MiB`. */
export function mebibytesInWords(bytes: number): string {
  return words.units.mebibytes(bytes / mebibyte);
}

/** `Linux 6.1` of `Linux 6.1.192 i686`. */
export function shortKernel(kernel: string): string {
  return /^\S+ \d+\.\d+/.exec(kernel)?.[0] ?? kernel;
}

/** `64.2 million a second`; `at rest` where the count would be none. */
export function rateInWords(perSecond: number): string {
  const { units } = words;
  if (perSecond < 500) return units.atRest;
  if (perSecond < 1e6) return units.thousandASecond(Math.round(perSecond / 1000));
  return units.millionASecond(perSecond / 1e6);
}

/** `2 h 05 min`, `4 min 10 s`, `12 s`. */
export function durationInWords(seconds: number): string {
  const { lasted } = words.units;
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return lasted.hours(hours, minutes);
  return minutes > 0 ? lasted.minutes(minutes, whole % 60) : lasted.seconds(whole);
}

/** `21:56:07`, in UTC as the guest keeps it. */
export function timeOfDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 19);
}

/** `2026-03-01 21:56:07 UTC`. */
export function dateAndTime(milliseconds: number): string {
  return words.units.inUtc(new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' '));
}

/** `2026-03-01-2156`, as a part of a file's name. */
export function fileNameOfTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', '-').replace(':', '');
}

/** `1 pod`, `3 pods`, `no pods`. */
export function podsInWords(count: number): string {
  return words.units.pods(count);
}

export function endInWords(end: ProcessEnd): string {
  return end.kind === 'exited'
    ? words.terminal.exited(end.code)
    : words.terminal.killed(end.signal.replace(/^SIG/, ''));
}

/** What went wrong, as a sentence without the machinery. */
export function errorInWords(thrown: unknown): string {
  const { message } = asSandglassError(thrown);
  const text = message.trim() || words.site.noMessage;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The machine's state in a word or two, for the header. */
export function statusInWords(status: NodeStatus): string {
  const isAsleep = status.kind === 'paused' && status.by === 'sleep';
  return words.machine.status[isAsleep ? 'asleep' : status.kind];
}

/** Why there is nothing to see of the cluster; empty while it runs. */
export function clusterInWords(status: ClusterStatus): string {
  switch (status.kind) {
    case 'off':
    case 'starting':
      return words.cluster[status.kind];
    case 'running':
      return '';
    case 'failed':
      return words.cluster.failed(status.failure.message);
  }
}
