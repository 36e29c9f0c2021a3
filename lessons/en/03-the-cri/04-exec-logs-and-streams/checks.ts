import type { LessonChecks, Scene } from '#lessons/code.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import { isRunning, podNamed } from '#lessons/scene.ts';

type Frame = Extract<TraceRecord, { kind: 'stream'; event: 'frame' }>;
type Open = Extract<TraceRecord, { kind: 'stream'; event: 'open' }>;

/** What the calls of a method about the pod `web` were answered. */
function answers({ trace }: Scene, method: string) {
  return trace.flatMap((record) =>
    record.kind === 'cri-return' && record.method === method && record.pod?.name === 'web'
      ? [record]
      : [],
  );
}

function opened({ trace }: Scene, path: string): Open[] {
  return trace.filter(
    (record): record is Open =>
      record.kind === 'stream' && record.event === 'open' && record.path.includes(path),
  );
}

function frames(scene: Scene, path: string): Frame[] {
  const ids = opened(scene, path).map(({ id }) => id);
  return scene.trace.filter(
    (record): record is Frame =>
      record.kind === 'stream' && record.event === 'frame' && ids.includes(record.parent ?? 0),
  );
}

const hasChannel = (scene: Scene, from: Frame['from'], channel: number) =>
  frames(scene, '/exec/').some(
    (frame) => frame.from === from && frame.channel === channel && frame.length > 1,
  );

export default {
  'logs-are-a-file': {
    running: (scene) => {
      const web = podNamed(scene, 'web');
      if (!web) return 'no-pod';
      return (isRunning(web, 'server') && isRunning(web, 'ticker')) || undefined;
    },
    forged: async ({ run }) => {
      const log = '/var/log/pods/default_web_*/ticker/0.log';
      const { stdout } = await run(`grep -v ' stdout [FP] tick [0-9]*$' ${log}`);
      return /^\S+ (stdout|stderr) [FP] ./m.test(stdout) || 'only-ticks';
    },
  },
  'a-call-that-waits': {
    answered: (scene) => {
      const all = answers(scene, 'ExecSync');
      const codes = all.map(
        ({ response }) => (response as { exitCode?: number } | undefined)?.exitCode ?? 0,
      );
      if (all.some(({ error }, index) => !error && codes[index] === 0)) return true;
      return all.length === 0
        ? 'none'
        : { reason: 'failed', values: { code: String(codes.at(-1)) } };
    },
  },
  'an-address': {
    asked: (scene) => answers(scene, 'Exec').some(({ error }) => !error) || 'none',
    opened: (scene) => opened(scene, '/exec/').length > 0 || undefined,
  },
  'frame-by-frame': {
    in: (scene) => hasChannel(scene, 'client', 0) || 'none',
    ended: (scene) => hasChannel(scene, 'client', 255) || undefined,
    out: (scene) => hasChannel(scene, 'server', 1) || undefined,
    status: (scene) => hasChannel(scene, 'server', 3) || undefined,
  },
  'the-redirect-and-the-proxy': {
    forwarded: (scene) => answers(scene, 'PortForward').some(({ error }) => !error) || 'none',
    data: (scene) =>
      frames(scene, '/portforward/').some(
        ({ from, text }) => from === 'server' && text.includes('HTTP/1.'),
      ) || undefined,
  },
} satisfies LessonChecks;
