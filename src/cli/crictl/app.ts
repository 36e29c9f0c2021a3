import type { App } from '#cli/urfave/command.ts';
import { completionCommand } from './completion-command.ts';
import { configCommand } from './config/config-command.ts';
import { createCommand, runCommand } from './containers/create.ts';
import { inspectCommand } from './containers/inspect.ts';
import { psCommand } from './containers/ps.ts';
import { rmCommand } from './containers/rm.ts';
import {
  checkpointCommand,
  startCommand,
  stopCommand,
  updateCommand,
} from './containers/start-stop.ts';
import type { CrictlContext } from './context.ts';
import { type GlobalFlags, globalFlags } from './global-flags.ts';
import { imagefsinfoCommand } from './images/imagefsinfo.ts';
import { imagesCommand } from './images/images.ts';
import { inspectiCommand } from './images/inspecti.ts';
import { pullCommand } from './images/pull.ts';
import { rmiCommand } from './images/rmi.ts';
import { logsCommand } from './logs/logs.ts';
import { inspectpCommand } from './pods/inspectp.ts';
import { podsCommand } from './pods/pods.ts';
import { runpCommand } from './pods/runp.ts';
import { rmpCommand, stoppCommand } from './pods/stop-remove.ts';
import { eventsCommand } from './runtime/events.ts';
import { infoCommand } from './runtime/info.ts';
import { metricdescsCommand, metricspCommand } from './runtime/metrics.ts';
import { runtimeConfigCommand, updateRuntimeConfigCommand } from './runtime/runtime-config.ts';
import { statsCommand } from './runtime/stats.ts';
import { statspCommand } from './runtime/statsp.ts';
import { versionCommand } from './runtime/version.ts';
import { attachCommand } from './streams/attach.ts';
import { execCommand } from './streams/exec.ts';
import { portForwardCommand } from './streams/port-forward.ts';

/** crictl with its commands in the order of help. */
export const app: App<CrictlContext, GlobalFlags> = {
  name: 'crictl',
  usage: 'client for CRI',
  version: '1.36.0',
  globals: globalFlags,
  commands: [
    attachCommand,
    checkpointCommand,
    completionCommand(() => app),
    configCommand,
    createCommand,
    eventsCommand,
    execCommand,
    imagefsinfoCommand,
    imagesCommand,
    infoCommand,
    inspectCommand,
    inspectiCommand,
    inspectpCommand,
    logsCommand,
    metricdescsCommand,
    metricspCommand,
    podsCommand,
    portForwardCommand,
    psCommand,
    pullCommand,
    rmCommand,
    rmiCommand,
    rmpCommand,
    runCommand,
    runpCommand,
    runtimeConfigCommand,
    startCommand,
    statsCommand,
    statspCommand,
    stopCommand,
    stoppCommand,
    updateCommand,
    updateRuntimeConfigCommand,
    versionCommand,
  ],
};
