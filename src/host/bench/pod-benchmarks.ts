import type { SiteServer } from '#site/server.ts';
import { type Benchmark, type Measurement, median } from './benchmark.ts';
import { withProfile, withServer } from './chromium-site.ts';
import { PageTerminal } from './page-terminal.ts';
import { idlePod } from './pods.ts';

/** How often a command is run to warm up, and how often it is measured then. */
const commandRuns = { warmUp: 5, measured: 20 };
/** Visits of which each measures its first pod, and pods of a visit after that. */
const visits = { first: 5, measured: 3, pods: 5 };
const manyPods = { pods: 20, visits: 3 };
const streamed = { bytes: 10 << 20, runs: 5 };

/** Rows about pods, measured in headless Chromium by command lines typed into the page's terminal. */
export function podBenchmarks(): Benchmark[] {
  return [
    {
      name: 'pod-start',
      what: 'kubectl apply of a pod to Running, image present (Chromium)',
      unit: 'ms',
      target: 2500,
      better: 'lower',
      measure: () => withServer(podStart),
    },
    {
      name: 'pod-start-first',
      what: 'the same of the first pod of a visit, its image pulled (Chromium)',
      unit: 'ms',
      target: 5000,
      better: 'lower',
      measure: () => withServer(firstPodStart),
    },
    {
      name: 'pods-20',
      what: '20 pods applied at once, all Running (Chromium)',
      unit: 'ms',
      target: 50_000,
      better: 'lower',
      measure: () => withServer(startManyPods),
    },
    {
      name: 'kubectl-get',
      what: 'kubectl get pods (Chromium)',
      unit: 'ms',
      target: 80,
      better: 'lower',
      measure: () => withPod((terminal) => timeCommand(terminal, 'kubectl get pods')),
    },
    {
      name: 'kubectl-exec',
      what: 'kubectl exec POD -- true (Chromium)',
      unit: 'ms',
      target: 1000,
      better: 'lower',
      measure: () => withPod((terminal) => timeCommand(terminal, 'kubectl exec pod-1 -- true')),
    },
    {
      name: 'exec-stream',
      what: '10 MiB through kubectl exec -i POD -- cat, in and out (Chromium)',
      unit: 'MB/s',
      target: 3,
      better: 'higher',
      measure: () => withPod((terminal) => timeStream(terminal, 'cat', '< /tmp/ten > /tmp/back')),
    },
    {
      name: 'exec-stream-out',
      what: '10 MiB out of kubectl exec POD -- cat (Chromium)',
      unit: 'MB/s',
      target: 3,
      better: 'higher',
      measure: () => withPod((terminal) => timeStream(terminal, 'cat /ten', '> /tmp/back')),
    },
    {
      name: 'exec-stream-in',
      what: '10 MiB into kubectl exec -i POD (Chromium)',
      unit: 'MB/s',
      target: 3,
      better: 'higher',
      measure: () =>
        withPod((terminal) => timeStream(terminal, "sh -c 'cat > /back'", '< /tmp/ten')),
    },
  ];
}

function writeManifest(terminal: PageTerminal, name: string): Promise<number> {
  return terminal.run(`echo '${JSON.stringify(idlePod(name))}' > /tmp/${name}.yaml`);
}

/** From Enter to Running, told by a watch. */
async function timeToRunning(terminal: PageTerminal, file: string, pods: string): Promise<number> {
  const running = `kubectl wait --for=jsonpath='{.status.phase}'=Running ${pods} --timeout=170s`;
  return terminal.run(`kubectl apply -f ${file} && ${running}`);
}

async function startPod(terminal: PageTerminal, name: string): Promise<number> {
  await writeManifest(terminal, name);
  return timeToRunning(terminal, `/tmp/${name}.yaml`, `pod/${name}`);
}

/** Measures in a page whose node has one pod already. */
function withPod(measure: (terminal: PageTerminal) => Promise<Measurement>): Promise<Measurement> {
  return withServer((server) =>
    withProfile(async (context) => {
      const terminal = await PageTerminal.openCluster(context, server);
      await startPod(terminal, 'pod-1');
      return measure(terminal);
    }),
  );
}

/** A visit's first pod, whose image is pulled and for which everything is read for the first time, does not count. */
async function podStart(server: SiteServer): Promise<Measurement> {
  const samples: number[] = [];
  for (let visit = 0; visit < visits.measured; visit++) {
    await withProfile(async (context) => {
      const terminal = await PageTerminal.openCluster(context, server);
      for (let pod = 0; pod <= visits.pods; pod++) {
        const time = await startPod(terminal, `pod-${pod}`);
        if (pod > 0) samples.push(time);
        await terminal.run(`kubectl delete pod pod-${pod}`);
      }
    });
  }
  return { value: median(samples), samples: samples.length };
}

async function firstPodStart(server: SiteServer): Promise<Measurement> {
  const samples: number[] = [];
  for (let visit = 0; visit < visits.first; visit++) {
    await withProfile(async (context) => {
      const terminal = await PageTerminal.openCluster(context, server);
      samples.push(await startPod(terminal, 'pod-1'));
    });
  }
  return { value: median(samples), samples: samples.length };
}

/** The image is there; each pod must be Running and have been started once. */
async function startManyPods(server: SiteServer): Promise<Measurement> {
  const samples: number[] = [];
  const count = manyPods.pods;
  for (let visit = 0; visit < manyPods.visits; visit++) {
    await withProfile(async (context) => {
      const terminal = await PageTerminal.openCluster(context, server);
      await startPod(terminal, 'pod-0');
      await terminal.run('kubectl delete pod pod-0');
      const each = `sed "s/pod-0/pod-$i/" /tmp/pod-0.yaml; echo ---`;
      await terminal.run(`for i in $(seq ${count}); do ${each}; done > /tmp/pods.yaml`);
      samples.push(await timeToRunning(terminal, '/tmp/pods.yaml', 'pod --all'));
      const running = "kubectl get pods --no-headers | grep -c '1/1 *Running *0 '";
      await terminal.run(`test "$(${running})" = ${count}`);
    });
  }
  return { value: median(samples), samples: samples.length };
}

async function timeCommand(terminal: PageTerminal, command: string): Promise<Measurement> {
  const samples: number[] = [];
  for (let i = 0; i < commandRuns.warmUp; i++) await terminal.run(command);
  for (let i = 0; i < commandRuns.measured; i++) samples.push(await terminal.run(command));
  return { value: median(samples), samples: samples.length };
}

/** 10 MiB of random bytes, in the node's /tmp/ten and the container's /ten; what came through is compared once. */
async function timeStream(
  terminal: PageTerminal,
  command: string,
  redirections: string,
): Promise<Measurement> {
  const exec = `kubectl exec -i pod-1 -- ${command} ${redirections}`;
  const samples: number[] = [];
  await terminal.run(`head -c ${streamed.bytes} /dev/urandom > /tmp/ten`);
  await terminal.run("kubectl exec -i pod-1 -- sh -c 'cat > /ten; cp /ten /back' < /tmp/ten");
  await terminal.run('cp /tmp/ten /tmp/back');
  await terminal.run(exec);
  await terminal.run('cmp /tmp/ten /tmp/back && kubectl exec pod-1 -- cmp /ten /back');
  for (let i = 0; i < streamed.runs; i++) {
    const milliseconds = await terminal.run(exec);
    samples.push(streamed.bytes / 1e6 / (milliseconds / 1000));
  }
  return { value: median(samples), samples: samples.length };
}
