import type { NodeSurvey } from '#rpc/contracts.ts';

interface Taken {
  survey: NodeSurvey;
  /** Milliseconds, of a clock that only goes forward. */
  time: number;
}

/** What control groups use, by the last two surveys of one machine. */
export class UseOverTime {
  #now: Taken | undefined;
  #before: Taken | undefined;

  take(survey: NodeSurvey, time: number): void {
    this.#before = this.#now;
    this.#now = { survey, time };
  }

  /** The share of the CPU that a control group took in between, 0 to 1; nothing before there are two. */
  shareOf(path: string): number | undefined {
    const [now, before] = [timeOf(this.#now, path), timeOf(this.#before, path)];
    const passed = (this.#now?.time ?? 0) - (this.#before?.time ?? Infinity);
    if (now === undefined || before === undefined || passed <= 0) return undefined;
    return Math.min(1, Math.max(0, now - before) / passed);
  }
}

function timeOf(taken: Taken | undefined, path: string): number | undefined {
  return taken?.survey.cgroups.find((group) => group.path === path)?.cpuMilliseconds;
}
