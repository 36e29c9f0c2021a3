import type { TraceRecord } from '#base/trace-records.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
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
      const missing = ['server', 'ticker'].find((name) => !isRunning(web, name));
      return missing === undefined || { reason: 'starting', values: { name: missing } };
    },
    forged: async ({ run }) => {
      const logs = '/var/log/pods/default_web_*/ticker/*.log';
      const { stdout } = await run(`grep -hv ' stdout [FP] tick [0-9]*$' ${logs}`);
      if (/^\S+ (stdout|stderr) [FP] ./m.test(stdout)) return true;
      if (stdout.trim() !== '') return 'unreadable';
      const { code } = await run(`ls ${logs}`);
      return code === 0 ? 'only-ticks' : 'none';
    },
  },
  'a-call-that-waits': {
    answered: (scene) => {
      const all = answers(scene, 'ExecSync').map(({ error, response }) => ({
        error,
        // A field that is 0 is left out of protobuf's JSON.
        code: (response as { exitCode?: number } | undefined)?.exitCode ?? 0,
      }));
      if (all.some(({ error, code }) => !error && code === 0)) return true;
      const last = all.at(-1);
      if (!last) return 'none';
      if (last.error) return { reason: 'refused', values: { message: last.error.message } };
      return { reason: 'failed', values: { code: String(last.code) } };
    },
  },
  'an-address': {
    asked: (scene) => {
      const all = answers(scene, 'Exec');
      if (all.some(({ error }) => !error)) return true;
      const message = all.at(-1)?.error?.message;
      return message === undefined ? 'none' : { reason: 'refused', values: { message } };
    },
    opened: (scene) => opened(scene, '/exec/').length > 0 || 'none',
  },
  'frame-by-frame': {
    in: (scene) => hasChannel(scene, 'client', 0) || 'none',
    ended: (scene) => hasChannel(scene, 'client', 255) || 'none',
    out: (scene) => hasChannel(scene, 'server', 1) || 'none',
    status: (scene) => hasChannel(scene, 'server', 3) || 'none',
  },
  'the-redirect-and-the-proxy': {
    forwarded: (scene) => answers(scene, 'PortForward').some(({ error }) => !error) || 'none',
    data: (scene) =>
      frames(scene, '/portforward/').some(
        ({ from, text }) => from === 'server' && text.includes('HTTP/1.'),
      ) || 'none',
  },
} satisfies LessonChecks;
