import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';

export interface InterfaceStats {
  name: string;
  rxBytes: bigint;
  rxPackets: bigint;
  rxErrors: bigint;
  rxDropped: bigint;
  txBytes: bigint;
  txPackets: bigint;
  txErrors: bigint;
  txDropped: bigint;
}

/** The interfaces that a process sees, but lo; none if it has gone. */
export async function networkStats(agent: AgentClient, pid: number): Promise<InterfaceStats[]> {
  try {
    return parseNetworkStats(await agent.files.readText(`/proc/${pid}/net/dev`));
  } catch (error) {
    if (error instanceof SandglassError && error.code === 'not-found') return [];
    throw error;
  }
}

/** proc_pid_net(5): two lines of headings, then eight numbers received and eight sent. */
export function parseNetworkStats(text: string): InterfaceStats[] {
  return text
    .split('\n')
    .slice(2)
    .filter((line) => line.includes(':'))
    .map((line) => {
      const [name = '', values = ''] = line.split(':');
      const number = values.trim().split(/\s+/).map(BigInt);
      const at = (index: number) => number[index] ?? 0n;
      return {
        name: name.trim(),
        rxBytes: at(0),
        rxPackets: at(1),
        rxErrors: at(2),
        rxDropped: at(3),
        txBytes: at(8),
        txPackets: at(9),
        txErrors: at(10),
        txDropped: at(11),
      };
    })
    .filter(({ name }) => name !== 'lo');
}
