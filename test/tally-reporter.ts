import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import { cannotFollowProcesses, cannotRunNatively } from './unit/guest/native-agent.ts';

export interface SkippedTests {
  file: string;
  reason: string;
  tests: number;
}

/** What a run of vitest came to. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: SkippedTests[];
}

const noReason = 'no reason given';

/** Writes the tally of a run to the file that SANDGLASS_TALLY names. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tally: Tally = { passed: 0, failed: 0, skipped: [] };
    for (const module of modules) count(module, tally);
    writeFileSync(process.env['SANDGLASS_TALLY'] ?? '', JSON.stringify(tally));
  }
}

function count(module: TestModule, tally: Tally): void {
  const file = module.relativeModuleId;
  const reasons = new Map<string, number>();
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') tally.passed++;
    else if (result.state === 'failed') tally.failed++;
    else {
      const note = result.state === 'skipped' ? result.note : undefined;
      const reason = note ?? reasonOf(file);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  for (const [reason, tests] of reasons) tally.skipped.push({ file, reason, tests });
}

/** describe.skipIf leaves no note; the agent's native tests have one reason for a file. */
function reasonOf(file: string): string {
  if (!file.startsWith('test/unit/guest/')) return noReason;
  const reason = file.endsWith('/process-events.test.ts')
    ? cannotFollowProcesses
    : cannotRunNatively;
  return reason ?? noReason;
}
