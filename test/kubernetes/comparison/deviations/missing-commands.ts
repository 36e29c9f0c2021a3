import type { Deviation } from './deviation.ts';

/** What is not in ours, and what it says of that. */
export const missingCommands: readonly Deviation[] = [
  {
    line: 'auth whoami',
    why: 'this server knows no users',
    ours: {
      code: 1,
      out: '',
      err: 'error: "auth" is not supported by this kubectl: this server knows no users\n',
    },
  },
  {
    line: 'auth can-i get pods',
    why: 'this server knows no users',
    ours: {
      code: 1,
      out: '',
      err: 'error: "auth" is not supported by this kubectl: this server knows no users\n',
    },
  },
  {
    line: 'diff -f pod.yaml',
    why: 'it is not in ours',
    ours: {
      code: 1,
      out: '',
      err: 'error: "diff" is not supported by this kubectl: use "kubectl apply --dry-run=server -o yaml"\n',
    },
  },
  {
    line: 'replace -f pod.yaml',
    why: 'it is not in ours',
    ours: {
      code: 1,
      out: '',
      err: 'error: "replace" is not supported by this kubectl: use "kubectl apply" or "kubectl delete" and "kubectl create"\n',
    },
  },
  {
    line: 'expose pod web',
    why: 'this server has no services',
    ours: {
      code: 1,
      out: '',
      err: 'error: "expose" is not supported by this kubectl: this server has no services\n',
    },
  },
  {
    line: 'scale deploy/x --replicas=1',
    why: 'this server has no deployments',
    ours: {
      code: 1,
      out: '',
      err: 'error: "scale" is not supported by this kubectl: this server has no deployments\n',
    },
  },
  {
    line: 'rollout status x',
    why: 'this server has no deployments',
    ours: {
      code: 1,
      out: '',
      err: 'error: "rollout" is not supported by this kubectl: this server has no deployments\n',
    },
  },
  {
    line: 'set image pod/web main=x',
    why: 'it is not in ours',
    ours: {
      code: 1,
      out: '',
      err: 'error: "set" is not supported by this kubectl: use "kubectl patch" or "kubectl edit"\n',
    },
  },
  {
    line: 'debug web',
    why: 'this server has no ephemeral containers',
    ours: {
      code: 1,
      out: '',
      err: 'error: "debug" is not supported by this kubectl: this server has no ephemeral containers\n',
    },
  },
  {
    line: 'certificate approve x',
    why: 'this server has no certificates',
    ours: {
      code: 1,
      out: '',
      err: 'error: "certificate" is not supported by this kubectl: this server has no certificate signing requests\n',
    },
  },
  {
    line: 'autoscale x',
    why: 'this server has no autoscalers',
    ours: {
      code: 1,
      out: '',
      err: 'error: "autoscale" is not supported by this kubectl: this server has no autoscalers\n',
    },
  },
  {
    line: 'kustomize x',
    why: 'it is not in ours',
    ours: {
      code: 1,
      out: '',
      err: 'error: "kustomize" is not supported by this kubectl: there is no kustomize in it\n',
    },
  },
  {
    line: 'plugin list',
    why: 'it is not in ours',
    ours: {
      code: 1,
      out: '',
      err: 'error: "plugin" is not supported by this kubectl: it runs in the page, where there are no plugins\n',
    },
  },
  {
    line: 'proxy --nope',
    why: 'it is not in ours',
    ours: {
      code: 1,
      out: '',
      err: 'error: "proxy" is not supported by this kubectl: the node\'s processes reach the API server directly\n',
    },
  },
];
