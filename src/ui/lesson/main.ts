import '#ui/site/first.ts';
import { arrival } from '#ui/site/arrival.ts';
import { readPageData } from '#ui/site/page-data.ts';
import { startNode } from '#ui/site/start-node.ts';
import { showStepFirst, stepAtFirst } from './first-step.ts';

const data = readPageData();
if (data.kind !== 'lesson') throw new Error('This page has no lesson.');
const step = stepAtFirst(data);
showStepFirst(data, step);

// The machine loads while the rest of the page's code does.
const machine = startNode();
const parts = import('./machine-parts.ts').then(({ machineParts }) => machineParts);
// Who shows them tells what fails.
parts.catch(() => undefined);
await arrival(data.broken, async () => {
  const [{ openLesson }, { loadCode }] = await Promise.all([
    import('./start.ts'),
    import('./lesson-code.ts'),
  ]);
  await openLesson({ data, step, machine, parts, loadCode });
});
