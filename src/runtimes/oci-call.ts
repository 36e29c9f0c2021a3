import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { runtimeMessage } from './shim-connection.ts';

export interface OciCalls {
  agent: AgentClient;
  clock: Clock;
  trace: TraceBus;
}

/**
 * Runs what an OCI runtime was asked, and records it whether it went well or not.
 * @param linksOf what a success is about, if that is more than `links`
 */
export async function recordOciCall<T>(
  { clock, trace }: OciCalls,
  argv: readonly string[],
  links: TraceLinks,
  call: () => Promise<T>,
  linksOf: (result: T) => TraceLinks = () => links,
): Promise<T> {
  const begin = clock.now();
  const tell = (
    about: TraceLinks,
    outcome: { exitCode?: number; error?: { code: string; message: string } },
  ) => trace.emit({ kind: 'oci', argv, milliseconds: clock.now() - begin, ...outcome, ...about });
  try {
    const result = await call();
    tell(linksOf(result), { exitCode: 0 });
    return result;
  } catch (thrown) {
    const error = asSandglassError(thrown);
    tell(links, { error: { code: error.code, message: error.message } });
    throw error;
  }
}

export interface RunOptions {
  env?: Readonly<Record<string, string>>;
  /** A directory of cgroup2 to run in. */
  cgroup?: string;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program on the node; one that does not end with 0 rejects with what it said.
 * Its processes belong to what `links` name.
 */
export async function runOnNode(
  { agent, trace }: Pick<OciCalls, 'agent' | 'trace'>,
  argv: readonly string[],
  links: TraceLinks,
  options: RunOptions = {},
): Promise<string> {
  const { env, cgroup, signal } = options;
  const { exit, stdout, stderr } = await agent.run(
    { argv, ...(env && { env }), ...(cgroup !== undefined && { cgroup }) },
    {
      onStart: (pid) => trace.processes.announce(pid, links),
      ...(signal && { signal }),
    },
  );
  if (exit.code === 0) return new TextDecoder().decode(stdout);
  const said = runtimeMessage(new TextDecoder().decode(stderr));
  throw new SandglassError('unknown', said === '' ? `${argv[0] ?? ''} failed` : said);
}
