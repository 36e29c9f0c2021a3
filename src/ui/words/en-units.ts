/** Numbers, sizes, rates and lengths of time: what suits which amount is settled before (state/words.ts). */
export const units = {
  bytes: (count: number) => (count === 1 ? '1 byte' : `${count} bytes`),
  /** Where there is little room. */
  bytesBriefly: (count: number) => `${count} B`,
  kilobytes: (count: number) => `${count} kB`,
  megabytes: (count: number) => `${count.toFixed(1)} MB`,
  gigabytes: (count: number) => `${count.toFixed(1)} GB`,
  mebibytes: (count: number) => `${count.toFixed(1)} MiB`,
  /** How much of a whole is done, both in the same unit. */
  done: {
    bytes: (done: number, whole: number) => `${done} of ${whole} bytes`,
    kilobytes: (done: number, whole: number) => `${done} of ${whole} kB`,
    megabytes: (done: number, whole: number) => `${done.toFixed(1)} of ${whole.toFixed(1)} MB`,
    gigabytes: (done: number, whole: number) => `${done.toFixed(1)} of ${whole.toFixed(1)} GB`,
    /** In different units, which are in the words. */
    other: (done: string, whole: string) => `${done} of ${whole}`,
  },
  /** In mebibytes, which `free -m` calls megabytes too. */
  memory: (used: number, whole: number) => `${used} / ${whole} MB`,
  /** @param share from 0 to 1 */
  percent: (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`,
  pixels: (count: number) => `${count} px`,
  atRest: 'at rest',
  thousandASecond: (count: number) => `${count} thousand a second`,
  millionASecond: (count: number) => `${count.toFixed(1)} million a second`,
  /** What an event took, in one unit. */
  took: {
    milliseconds: (count: number) => `${count.toFixed(count < 10 ? 1 : 0)} ms`,
    seconds: (count: number) => `${count.toFixed(1)} s`,
    minutes: (count: number) => `${count} min`,
    hours: (count: number) => `${count.toFixed(1)} h`,
  },
  /** How long something has lasted, in whole units. */
  lasted: {
    seconds: (seconds: number) => `${seconds} s`,
    minutes: (minutes: number, seconds: number) => `${minutes} min ${seconds} s`,
    hours: (hours: number, minutes: number) => `${hours} h ${String(minutes).padStart(2, '0')} min`,
  },
  /** @param time such as `2026-03-01 21:56:07` */
  inUtc: (time: string) => `${time} UTC`,
  pods: (count: number) => (count === 1 ? '1 pod' : `${count === 0 ? 'no' : count} pods`),
} as const;
