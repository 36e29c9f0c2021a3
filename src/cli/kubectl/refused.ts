import { failure } from '#cli/command/errors.ts';
import { kubectlCommand, type KubectlCommand } from './kubectl-command.ts';

/** Upstream's commands that have nothing to work on here, and why. */
const reasons: Readonly<Record<string, string>> = {
  auth: 'this server knows no users',
  autoscale: 'this server has no autoscalers',
  certificate: 'this server has no certificate signing requests',
  debug: 'this server has no ephemeral containers',
  diff: 'use "kubectl apply --dry-run=server -o yaml"',
  expose: 'this server has no services',
  kustomize: 'there is no kustomize in it',
  plugin: 'it runs in the page, where there are no plugins',
  proxy: "the node's processes reach the API server directly",
  replace: 'use "kubectl apply" or "kubectl delete" and "kubectl create"',
  rollout: 'this server has no deployments',
  scale: 'this server has no deployments',
  set: 'use "kubectl patch" or "kubectl edit"',
};

export const refusedCommands: readonly KubectlCommand[] = Object.entries(reasons).map(
  ([name, reason]) =>
    kubectlCommand({
      name,
      short: `Not supported here: ${reason}`,
      hidden: true,
      anyArguments: true,
      run: () => {
        throw failure(`"${name}" is not supported by this kubectl: ${reason}`);
      },
    }),
);
