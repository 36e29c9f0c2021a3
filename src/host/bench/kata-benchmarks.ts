import { readdir, readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { loadEmulatorWasm } from '#host/emulator-wasm.ts';
import type { Pod } from '#kube/types.ts';
import type { SiteServer } from '#site/server.ts';
import { Machine } from '#vm/machine.ts';
import { podProfile } from '#vm/profiles.ts';
import { type Benchmark, type Measurement, median, percentile } from './benchmark.ts';
import { withProfile, withServer } from './chromium-site.ts';
import { echoTimes } from './page-benchmarks.ts';
import { PageTerminal } from './page-terminal.ts';
import { idlePod } from './pods.ts';

const visits = { count: 2, pods: 3 };
const runs = 5;
/** Pods beside which keys are typed, and keys. */
const crowd = { plain: 10, machines: 3 };
const keystrokes = { warmUp: 50, measured: 200 };
const mebibyte = 1 << 20;
/** Bytes that are read, and that go from pod to pod. */
const payload = 16 * mebibyte;
/** A limit for which the smallest machine is enough, and that machine's memory, both in MiB. */
const smallest = { limit: 16, machine: 32 };
/** MB that a worker may take beside its machine. */
const besideMachine = 40;

/** Rows about pods that are virtual machines. */
export function kataBenchmarks(): Benchmark[] {
  return [
    {
      name: 'kata-cold',
      what: 'kubectl apply of a kata-qemu pod to Running, image present (Chromium)',
      unit: 'ms',
      target: 3500,
      better: 'lower',
      measure: () => withServer((server) => podStart(server, 'kata-qemu')),
    },
    {
      name: 'kata-template',
      what: 'the same of a kata-template pod (Chromium)',
      unit: 'ms',
      target: 2000,
      better: 'lower',
      measure: () => withServer((server) => podStart(server, 'kata-template')),
    },
    {
      name: 'kata-kernel',
      what: 'power-on of a pod’s machine until its agent can be called',
      unit: 'ms',
      target: 1300,
      better: 'lower',
      measure: kernelStart,
    },
    {
      name: 'kata-memory',
      what: 'what the smallest kata-template pod adds to the tab’s process (Chromium)',
      unit: 'bytes',
      target: smallest.machine * mebibyte + besideMachine * 1e6,
      better: 'lower',
      measure: () => withServer(memoryOfPod),
    },
    {
      name: 'kata-9p-read',
      what: '16 MiB read over 9P in a Kata pod (Chromium)',
      unit: 'MB/s',
      target: 20,
      better: 'higher',
      measure: () =>
        withPods((terminal) =>
          throughput(terminal, 'vm', 'dd if=/data of=/dev/null bs=128k', [
            `kubectl exec vm -- dd if=/dev/zero of=/data bs=1M count=${payload / mebibyte}`,
          ]),
        ),
    },
    {
      name: 'kata-9p-ls',
      what: 'ls -R of 1,000 files over 9P in a Kata pod (Chromium)',
      unit: 'ms',
      target: 4000,
      better: 'lower',
      measure: () => withPods(listFiles),
    },
    {
      name: 'kata-tcp',
      what: '16 MiB over TCP from a Kata pod to a runc pod (Chromium)',
      unit: 'MB/s',
      target: 5,
      better: 'higher',
      measure: () =>
        withPods((terminal) =>
          throughput(
            terminal,
            'vm',
            `sh -c "dd if=/dev/zero bs=64k count=${payload / (64 << 10)} | nc $(cat /tmp/address) 5000"`,
            [
              'kubectl exec plain -- sh -c "while nc -l -p 5000 > /dev/null; do :; done" > /dev/null 2>&1 &',
              "kubectl get pod plain -o jsonpath='{.status.podIP}' > /tmp/address",
            ],
          ),
        ),
    },
    {
      name: 'kata-echo',
      what: 'keystroke to echo beside ten runc pods and three Kata pods, p95 (Chromium)',
      unit: 'ms',
      target: 60,
      better: 'lower',
      measure: () => withServer(echoInCrowd),
    },
  ];
}

function kataPod(name: string, runtimeClassName: string | undefined, memory?: string): Pod {
  const pod = idlePod(name);
  const containers = (pod.spec?.containers ?? []).map((container) => ({
    ...container,
    ...(memory !== undefined && { resources: { limits: { memory } } }),
  }));
  return {
    ...pod,
    spec: { ...pod.spec, containers, ...(runtimeClassName !== undefined && { runtimeClassName }) },
  };
}

/** From Enter to Running, told by a watch. */
async function start(terminal: PageTerminal, pod: Pod): Promise<number> {
  const name = pod.metadata?.name ?? '';
  await terminal.run(`echo '${JSON.stringify(pod)}' > /tmp/${name}.yaml`);
  const running = `kubectl wait --for=jsonpath='{.status.phase}'=Running pod/${name} --timeout=170s`;
  return terminal.run(`kubectl apply -f /tmp/${name}.yaml && ${running}`);
}

/** The image is there; the first pod of a kind, whose kernel or template is fetched, does not count. */
async function podStart(server: SiteServer, runtimeClass: string): Promise<Measurement> {
  const samples: number[] = [];
  for (let visit = 0; visit < visits.count; visit++) {
    await withProfile(async (context) => {
      const terminal = await PageTerminal.openCluster(context, server);
      for (let i = 0; i <= visits.pods; i++) {
        const time = await start(terminal, kataPod(`vm-${i}`, runtimeClass));
        if (i > 0) samples.push(time);
        await terminal.run(`kubectl delete pod vm-${i}`);
      }
    });
  }
  return { value: median(samples), samples: samples.length };
}

/** A pod of a machine of its own, `vm`, beside one that has none, `plain`. */
function withPods(measure: (terminal: PageTerminal) => Promise<Measurement>): Promise<Measurement> {
  return withServer((server) =>
    withProfile(async (context) => {
      const terminal = await PageTerminal.openCluster(context, server);
      await start(terminal, kataPod('plain', undefined));
      await start(terminal, kataPod('vm', 'kata-template', '64Mi'));
      return measure(terminal);
    }),
  );
}

/** What a command takes in a pod, less what it takes to run any. */
async function timeInPod(terminal: PageTerminal, pod: string, command: string): Promise<number> {
  const nothing = await terminal.run(`kubectl exec ${pod} -- true`);
  const whole = await terminal.run(`kubectl exec ${pod} -- ${command} > /dev/null 2>&1`);
  return Math.max(1, whole - nothing);
}

async function throughput(
  terminal: PageTerminal,
  pod: string,
  command: string,
  preparations: readonly string[],
): Promise<Measurement> {
  for (const preparation of preparations) await terminal.run(preparation);
  const samples: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const milliseconds = await timeInPod(terminal, pod, command);
    if (i > 0) samples.push(payload / 1e6 / (milliseconds / 1000));
  }
  return { value: median(samples), samples: samples.length };
}

async function listFiles(terminal: PageTerminal): Promise<Measurement> {
  const make = 'mkdir /many; cd /many; for i in $(seq 1000); do : > file-$i; done';
  await terminal.run(`kubectl exec vm -- sh -c '${make}'`);
  const samples: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const milliseconds = await timeInPod(terminal, 'vm', 'ls -R /many');
    if (i > 0) samples.push(milliseconds);
  }
  return { value: median(samples), samples: samples.length };
}

async function kernelStart(): Promise<Measurement> {
  const read = (name: string) => readFile(`${guestDirectory()}/${name}`);
  const [kernel, packed, bios, vgaBios] = await Promise.all(
    ['kata-kernel', 'kata-initramfs', 'bios.bin', 'vga-bios.bin'].map(read),
  );
  if (!kernel || !packed || !bios || !vgaBios) throw new SandglassError('internal', 'No images.');
  const images = { kernel, initramfs: gunzipSync(packed), firmware: { bios, vgaBios } };
  const wasm = await loadEmulatorWasm();
  const samples: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begin = performance.now();
    const profile = podProfile('pc', 64 * mebibyte);
    const machine = await Machine.coldBoot(profile, images, { wasm, clock: systemClock });
    await machine.channel(1).whenOpen();
    samples.push(performance.now() - begin);
    machine.dispose();
  }
  return { value: median(samples), samples: samples.length };
}

/** Of all processes of the browser's pages: a tab's workers are threads of one. */
async function residentBytes(): Promise<number> {
  let sum = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, memory] = await Promise.all(
      ['cmdline', 'smaps_rollup'].map((name) =>
        readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => ''),
      ),
    );
    if (!command?.includes('--type=renderer')) continue;
    sum += Number(/^Pss: +(\d+) kB/m.exec(memory ?? '')?.[1] ?? 0) * 1024;
  }
  return sum;
}

/** Fails unless all run afterwards as they did before. */
function echoInCrowd(server: SiteServer): Promise<Measurement> {
  return withProfile(async (context) => {
    const terminal = await PageTerminal.openCluster(context, server);
    for (let i = 0; i < crowd.plain; i++) await start(terminal, kataPod(`plain-${i}`, undefined));
    for (let i = 0; i < crowd.machines; i++) {
      await start(terminal, kataPod(`vm-${i}`, 'kata-template', `${smallest.limit}Mi`));
    }
    const samples = await echoTimes(terminal.page, keystrokes.warmUp + keystrokes.measured);
    await terminal.page.keyboard.press('Control+u');
    const running = crowd.plain + crowd.machines;
    await terminal.run(`[ $(kubectl get pods | grep -c '1/1 *Running *0 ') = ${running} ]`);
    const measured = samples.slice(keystrokes.warmUp);
    return { value: percentile(measured, 0.95), samples: measured.length };
  });
}

/** Fails unless the tab has the memory back a while after the pod was deleted. */
async function memoryOfPod(server: SiteServer): Promise<Measurement> {
  return withProfile(async (context) => {
    const terminal = await PageTerminal.openCluster(context, server);
    const pod = kataPod('vm', 'kata-template', `${smallest.limit}Mi`);
    // The first brings the template's code and what is compiled of it.
    await start(terminal, pod);
    await terminal.run('kubectl delete pod vm');
    const samples: number[] = [];
    for (let i = 0; i < runs; i++) {
      const before = await residentBytes();
      await start(terminal, pod);
      samples.push((await residentBytes()) - before);
      await terminal.run('kubectl delete pod vm');
      await memoryComesBack(before + (besideMachine / 2) * 1e6);
    }
    return { value: median(samples), samples: samples.length };
  });
}

async function memoryComesBack(limit: number): Promise<void> {
  for (let looks = 0; looks < 60; looks++) {
    if ((await residentBytes()) <= limit) return;
    await new Promise((resolve) => {
      systemClock.schedule(500, () => {
        resolve(undefined);
      });
    });
  }
  throw new SandglassError('resource-exhausted', 'The tab has not given the memory back.');
}
