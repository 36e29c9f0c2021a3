import type { CommandGroup } from '../command-group.ts';

export const deleting: CommandGroup = {
  title: 'delete',
  files: {
    'cms.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {set: s}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two, labels: {set: s}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: three, labels: {set: s}}
`,
  },
  isStable: false,
  lines: [
    'create -f cms.yaml',
    'delete cm one',
    'delete cm one',
    'delete cm one --ignore-not-found',
    'delete cm nope nope2',
    'delete cm two --dry-run=client',
    'delete cm two --dry-run=server',
    'delete cm two -o name',
    'delete cm -l set=s',
    'delete cm -l set=none',
    'delete cm',
    'delete cm --all -l a=b',
    'delete cm/three secret/tls',
    'delete pod crash --force',
    'delete pod crash --grace-period=0',
    'delete pod done -n other --now',
    'delete pod pending --wait=false',
    'delete pods --all -n kube-system',
    'delete -f cms.yaml',
    'delete -f cms.yaml --ignore-not-found',
    'delete nope x',
    'delete',
    'delete pod web --cascade=nope',
    'delete pod web --cascade=orphan --wait=false --grace-period=0 --force',
    'delete ns other --wait=false',
    'delete ns other --wait=false',
    'delete ns default',
    'delete node node-1 --dry-run=client',
    'delete pod/web cm',
    'delete pods --field-selector=status.phase=Failed',
    'delete --raw /api/v1/namespaces/default/configmaps/settings',
    'delete cm settings -A',
    'delete pods -A --all --wait=false',
  ],
};
