import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError, throwIfCancelled } from '#base/errors.ts';
import type { Reader, Scene } from '#lessons/code.ts';
import type { Stage } from '#lessons/ports.ts';

/** Milliseconds in which what a solution waits for must come; on a slow machine images are pulled meanwhile. */
const limit = 300_000;

/** Milliseconds between two looks at the scene. */
const pace = 200;

const controlC = '\x03';

/** The editors of a lesson's manifests and scripts. */
export interface Editors {
  show(file: string, text: string): void;
  text(file: string): string;
}

export interface ReaderOptions {
  stage: Stage;
  editors: Editors;
  /** What a check would see. */
  scene: () => Scene;
  /** Whether a check of the step has passed. */
  hasPassed: (check: string) => boolean | Promise<boolean>;
  signal: AbortSignal;
}

/** The hands that run a solution on a stage, until the signal fires. */
export function readerOn({ stage, editors, scene, hasPassed, signal }: ReaderOptions): Reader {
  const { shell } = stage;
  const guarded = async <T>(action: () => Promise<T>): Promise<T> => {
    throwIfCancelled(signal);
    const result = await action();
    throwIfCancelled(signal);
    return result;
  };
  return {
    run: (command) => guarded(() => shell.run(command, signal)),
    begin: (command) => guarded(() => shell.begin(command, signal)),
    interrupt: () =>
      guarded(async () => {
        shell.type(controlC);
        await shell.atPrompt(signal);
      }),
    write: (file, text) =>
      guarded(async () => {
        editors.show(file, text);
        await stage.writeFile(file, text, signal);
      }),
    apply: (file) =>
      guarded(async () => {
        await stage.writeFile(file, editors.text(file), signal);
        return shell.run(`kubectl apply -f ${file}`, signal);
      }),
    breakOn: (...points) => guarded(() => stage.breakOn(points)),
    step: () => guarded(() => stage.step()),
    proceed: () => guarded(() => stage.proceed()),
    runOn: () => guarded(() => stage.runOn()),
    passed: (check) =>
      until(stage.clock, `the check ${check} passes`, () => hasPassed(check), signal),
    look: scene,
    until: (words, condition) => until(stage.clock, words, () => condition(scene()), signal),
  };
}

async function until(
  clock: Clock,
  words: string,
  condition: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.now() + limit;
  while (!(await condition())) {
    if (clock.now() > end) {
      throw new SandglassError(
        'deadline-exceeded',
        `This did not come within five minutes: ${words}.`,
      );
    }
    await sleep(clock, pace, signal);
  }
}
