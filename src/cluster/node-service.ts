import type { Clock } from '#base/clock.ts';
import type { MachineFacts, NodeApi } from '#rpc/contracts.ts';
import { nameOfBuild } from './build.ts';
import { Checkpoints } from './checkpoint/checkpoints.ts';
import { clusterService } from './kubernetes/cluster-service.ts';
import type { NodeCluster } from './kubernetes/node-cluster.ts';
import { send } from './told.ts';
import type { LinuxNode } from './linux-node.ts';
import { surveyNode } from './node-survey.ts';
import { NodeTerminals } from './node-terminals.ts';
import { downloadFile, uploadFile } from './node-transfers.ts';
import { showConsole } from './show-console.ts';
import { sleepIfIdle } from './sleep-if-idle.ts';

/** What a worker offers to the page: the node as a plain object of calls. */
export function nodeService(node: LinuxNode, cluster: NodeCluster, clock: Clock): NodeApi {
  const terminals = new NodeTerminals(node);
  const checkpoints = new Checkpoints({ node, cluster, clock });
  return {
    ...clusterService(cluster, clock),
    watchStatus: (listener) => {
      send(listener, node.status);
      node.changes.listen((status) => {
        send(listener, status);
      });
      return Promise.resolve();
    },
    watchNotices: (listener) => {
      node.notices.listen((notice) => {
        send(listener, notice);
      });
      return Promise.resolve();
    },
    start: (source, options = {}) => node.start(source, options.memoryBytes),
    saveCheckpoint: (port) => checkpoints.save(port),
    openCheckpoint: (port) => checkpoints.open(port),
    build: async () => nameOfBuild(await node.build()),
    pause: () => node.pause('reader'),
    resume: () => node.resume(),
    sleepIfIdle: () => sleepIfIdle(node, clock),
    facts: () => factsOf(node),
    surveyNode: async () => surveyNode(node.running.agent),
    openTerminal: (size, port, command) => terminals.open(size, port, command),
    resizeTerminal: (terminal, size) => terminals.resize(terminal, size),
    terminalEnd: (terminal) => terminals.end(terminal),
    closeTerminal: (terminal) => terminals.close(terminal),
    runCommand: (command, port, errors) => terminals.run(command, port, errors),
    openConsole: async (port) => {
      showConsole(await node.machineToCome(), port);
    },
    uploadFile: (path, port, file) => uploadFile(node, path, port, file),
    downloadFile: (path, port) => downloadFile(node, path, port),
  };
}

async function factsOf(node: LinuxNode): Promise<MachineFacts> {
  const { machine, agent, source, startMilliseconds } = node.running;
  const { kernel, memory, uptime, wallTime } = await agent.system.facts();
  return {
    kernel: `Linux ${kernel.release} ${kernel.machine}`,
    memoryTotalBytes: memory.total,
    memoryAvailableBytes: memory.available,
    instructionsPerSecond: machine.facts().instructionsPerSecond,
    guestTime: wallTime,
    uptimeSeconds: uptime / 1000,
    startedFrom: source,
    startMilliseconds,
  };
}
