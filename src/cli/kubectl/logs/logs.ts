import { sleep } from '#base/clock.ts';
import { isNotFound, StatusError } from '#kube/status.ts';
import type { Pod } from '#kube/types.ts';
import { parseTime } from '#kube/time.ts';
import { quote } from '#kube/go-text.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { bool, duration, int, string } from '#cli/command/flags.ts';
import { failure, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { selectorFlag } from '#cli/kubectl/common-flags.ts';
import { completePods } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects } from '#cli/kubectl/objects/find-objects.ts';
import {
  chooseContainer,
  containerNames,
  containersOf,
} from '#cli/kubectl/streams/pod-containers.ts';
import { LogWriter, readLog, type LogQuery } from './read-log.ts';
import { throwFailures } from '#cli/command/errors.ts';

const flags = {
  ...selectorFlag,
  'all-containers': bool('Of every container of the pod.'),
  'all-pods': bool('Of every pod of the selection, each line with its source.'),
  container: string('Of this container.', { short: 'c' }),
  follow: bool('Go on with what is written from now on.', { short: 'f' }),
  'ignore-errors': bool('Go on with the others if one log cannot be read.'),
  'insecure-skip-tls-verify-backend': bool("Do not check the kubelet's certificate."),
  'limit-bytes': int('Stop after so many bytes; 0 is without limit.'),
  'max-log-requests': int('How many logs may be followed at once.', { initial: 5 }),
  'pod-running-timeout': duration('How long to wait for a pod to run.', { initial: 20_000 }),
  prefix: bool('Put the pod and container before each line.'),
  previous: bool('Of the instance of the container before this one.', { short: 'p' }),
  since: duration('Only what is newer, such as 5s, 2m or 3h.'),
  'since-time': string('Only what is newer than this time (RFC 3339).'),
  tail: int('Only the last lines; -1 is all, and 10 with a selector.', { initial: -1 }),
  timestamps: bool('Put the time before each line.'),
};

type LogsCall = Call<KubectlContext, typeof flags>;

const usage =
  "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

export const logsCommand = kubectlCommand({
  name: 'logs',
  use: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
  short: 'Print the logs for a container in a pod',
  examples: [
    ['What a pod with one container has written', 'kubectl logs web'],
    ['Of a container, as it is written', 'kubectl logs -f web -c server'],
    ['Of the instance that ended before', 'kubectl logs -p web'],
    ['The last 20 lines of each pod with a label', 'kubectl logs -l app=web --tail=20'],
  ],
  flags,
  complete: completePods,
  run: logs,
});

async function logs(call: LogsCall): Promise<void> {
  check(call);
  const pods = await podsOf(call);
  if (call.flags['since-time'] !== '' && call.flags.since !== 0) {
    throw failure('at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  const sources = await sourcesOf(call, pods);
  const { follow } = call.flags;
  const most = call.flags['max-log-requests'];
  if (follow && sources.length > most) {
    throw failure(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
    );
  }
  const writer = new LogWriter(call.context.out);
  if (follow) await Promise.all(sources.map((source) => readOne(call, source, writer)));
  else for (const source of sources) await readOne(call, source, writer);
}

function check({ flags: given, args, path, isGiven }: LogsCall): void {
  const { selector, container, tail } = given;
  if (args.length > 2 || (args.length === 0 && selector === '')) throw usageError(path, usage);
  if (args.length === 1 && selector !== '') {
    throw usageError(path, 'only a selector (-l) or a POD name is allowed');
  }
  const sinceTime = given['since-time'];
  if (sinceTime !== '' && parseTime(sinceTime) === undefined) {
    throw failure(
      `parsing time ${quote(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse ${quote(sinceTime)} as "2006"`,
    );
  }
  const named = args[1] ?? container;
  if (given['all-containers'] && named !== '') {
    throw failure(`--all-containers=true should not be specified with container name ${named}`);
  }
  if (isGiven('container') && args.length === 2) {
    throw failure('only one of -c or an inline [CONTAINER] arg is allowed');
  }
  if (given['limit-bytes'] < 0) throw failure('--limit-bytes must be greater than 0');
  if (given.since < 0) throw failure('--since must be greater than 0');
  if (tail < -1) throw failure('--tail must be greater than or equal to -1');
  if (given['pod-running-timeout'] <= 0) {
    throw failure('--pod-running-timeout must be higher than zero');
  }
}

interface LogSource {
  pod: Pod;
  container: string;
}

async function sourcesOf(call: LogsCall, pods: readonly Pod[]): Promise<LogSource[]> {
  const { context, flags: given, args } = call;
  const sources: LogSource[] = [];
  for (const pod of pods) {
    if (given['all-containers']) {
      const { spec } = pod;
      const ordered = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
      sources.push(...ordered.map(({ name }) => ({ pod, container: name })));
      continue;
    }
    const asked = args[1] ?? given.container;
    const podName = pod.metadata?.name ?? '';
    const names = containersOf(pod).map(({ name }) => name);
    if (asked !== '' && !names.includes(asked)) {
      throw failure(
        `container ${asked} is not valid for pod ${podName} out of: ${containerNames(pod)}`,
      );
    }
    const { name } = await chooseContainer(context, pod, asked, given['all-pods']);
    sources.push({ pod, container: name });
  }
  return sources;
}

async function podsOf({ context, flags: given, args }: LogsCall): Promise<Pod[]> {
  const [name] = args;
  const found = await findObjects(context, {
    ...(name === undefined ? { args: ['pods'] } : { args: [name], defaultType: 'pods' }),
    labelSelector: given.selector,
    flatten: true,
  });
  const [only] = found.errors;
  const { name: namespace } = await context.namespace();
  if (isNotFound(only)) {
    throw failure(
      `error from server (NotFound): ${asSandglassError(only).message} in namespace ${quote(namespace)}`,
    );
  }
  throwFailures(found.errors);
  if (found.infos.length === 0) {
    await context.err.line(`No resources found in ${namespace} namespace.`);
  }
  return found.infos.map(({ object, resource }) => {
    if (resource.kind !== 'Pod') {
      throw failure(
        `cannot get the logs from *v1.${resource.kind}: selector for *v1.${resource.kind} not implemented`,
      );
    }
    return object as unknown as Pod;
  });
}

function queryOf({ flags: given, isGiven }: LogsCall, container: string): LogQuery {
  const sinceTime = given['since-time'];
  const tail = given.selector !== '' && !isGiven('tail') ? 10 : given.tail;
  return {
    container,
    follow: given.follow || undefined,
    previous: given.previous || undefined,
    timestamps: given.timestamps || undefined,
    sinceTime: sinceTime || undefined,
    sinceSeconds: given.since === 0 ? undefined : Math.round(given.since / 1000),
    tailLines: tail === -1 ? undefined : tail,
    limitBytes: given['limit-bytes'] || undefined,
  };
}

/** One log; a container that does not run yet is waited for when following (logs.go, consumeWithRetry). */
async function readOne(call: LogsCall, source: LogSource, writer: LogWriter): Promise<void> {
  const { context, flags: given } = call;
  const { name = '', namespace = '' } = source.pod.metadata ?? {};
  const hasPrefix = given.prefix || given['all-pods'];
  const prefix = hasPrefix ? `[pod/${name}/${source.container}] ` : '';
  const query = queryOf(call, source.container);
  const started = context.clock.now();
  for (;;) {
    try {
      await readLog(context, { namespace, name, query }, writer.from(prefix));
      return;
    } catch (error) {
      if (context.signal.aborted) throw error;
      const { message } = asSandglassError(error);
      if (given['ignore-errors']) {
        await context.out.line(`error: ${message}`);
        return;
      }
      if (!given.follow || !(error instanceof StatusError)) throw error;
      await context.err.line(message);
      if (context.clock.now() - started >= given['pod-running-timeout']) {
        throw new SandglassError('deadline-exceeded', 'context deadline exceeded');
      }
      await sleep(context.clock, 1000, context.signal);
    }
  }
}
