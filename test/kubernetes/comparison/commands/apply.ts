import type { CommandGroup } from '../command-group.ts';

export const applying: CommandGroup = {
  title: 'apply and create',
  files: {
    'pod.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: applied
  labels: {a: b}
spec:
  containers:
  - name: main
    image: busybox:1.36
    env:
    - {name: A, value: b}
`,
    'pod2.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: applied
  labels: {c: d}
  annotations: {x: z}
spec:
  containers:
  - name: main
    image: busybox:1.37
    env:
    - {name: A, value: b}
`,
    'immutable.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: applied
spec:
  containers:
  - name: main
    image: busybox:1.37
    env:
    - {name: A, value: changed}
`,
    'unknown.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: unknown
spec:
  nope: 1
  containers:
  - name: main
    image: busybox:1.36
    imag: x
`,
    'badtype.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: badtype
spec:
  containers:
  - name: main
    image: [1]
`,
    'duplicate.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: duplicate
data:
  a: b
  a: c
`,
    'invalid.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: Invalid_Name
  labels: {"bad label!": "x y"}
spec:
  restartPolicy: Sometimes
  containers:
  - name: main
  - name: main
    image: x
`,
    'broken.yaml': `apiVersion: v1
kind: Pod
  metadata: x
`,
    'nokind.yaml': `metadata: {name: x}
`,
    'many.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
data: {a: b}
---
apiVersion: v1
kind: Secret
metadata: {name: three}
stringData: {a: b}
`,
    'list.yaml': `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: l1, labels: {set: l}}, data: {a: b}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: l2, labels: {set: l}}, data: {a: b}}
`,
    'list1.yaml': `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: l1, labels: {set: l}}, data: {a: b}}
`,
    'deploy.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
`,
    'generate.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {generateName: gen-}
`,
    'dir/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: dir-a}
`,
    'dir/b.json': `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dir-b"}}
`,
    'env.txt': `# comment
A=1
B=two words

C
`,
  },
  isStable: false,
  lines: [
    'apply -f pod.yaml --dry-run=client',
    'apply -f pod.yaml --dry-run=server',
    'apply -f pod.yaml --dry-run=client -o yaml',
    'apply -f pod.yaml --dry-run=server -o yaml',
    'apply -f pod.yaml',
    'apply -f pod.yaml',
    'apply -f pod2.yaml',
    'apply -f pod2.yaml -o yaml',
    'apply -f pod2.yaml -o name',
    'apply -f pod2.yaml --dry-run=server',
    'apply -f immutable.yaml',
    'apply -f unknown.yaml',
    'apply -f unknown.yaml --validate=warn',
    'apply -f unknown.yaml --validate=ignore',
    'apply -f unknown.yaml --validate=nope',
    'apply -f badtype.yaml',
    'apply -f duplicate.yaml',
    'apply -f invalid.yaml',
    'apply -f broken.yaml',
    'apply -f nokind.yaml',
    'apply -f many.yaml',
    'apply -f many.yaml',
    'apply -f list.yaml',
    'apply -f list1.yaml --prune -l set=l --prune-allowlist=core/v1/ConfigMap',
    'apply -f list.yaml --prune',
    'apply -f deploy.yaml',
    'apply -f generate.yaml',
    'apply -f dir',
    'apply -f dir/',
    'apply -f nope.yaml',
    'apply -f - < pod.yaml',
    'apply',
    'apply -f pod.yaml -n other',
    'apply -f pod.yaml -n nonexistent',
    'apply -f pod.yaml extra',
    'apply view-last-applied pod applied',
    'apply view-last-applied pod/applied -o json',
    'apply view-last-applied pod web',
    'apply set-last-applied -f pod2.yaml',
    'apply set-last-applied -f pod.yaml --create-annotation',
    'apply -f pod.yaml --server-side',
    'apply -f pod2.yaml --force',
    'create -f pod.yaml',
    'create -f many.yaml',
    'create -f generate.yaml --dry-run=client',
    'create -f unknown.yaml',
    'create -f invalid.yaml',
    'create -f nope.yaml',
    'create',
    'create nope',
    'create ns made',
    'create ns made',
    'create ns Bad_Name',
    'create namespace made2 -o yaml',
    'create namespace made3 --dry-run=client -o yaml',
    'create namespace made3 --dry-run=server -o json',
    'create ns',
    'create ns a b',
    'create configmap lit --from-literal=a=b --from-literal=c=d',
    'create configmap lit --from-literal=a=b',
    'create cm lit2 --from-literal=bad',
    'create cm lit3 --from-file=pod.yaml --from-file=key=pod2.yaml -o yaml',
    'create cm lit4 --from-env-file=env.txt -o yaml',
    'create cm lit5 --from-file=dir -o yaml',
    'create cm lit6 --from-file=nope',
    'create cm lit7 --append-hash --from-literal=a=b -o name',
    'create cm Lit8',
    'create cm lit9 --from-literal=a=b --from-literal=a=c',
    'create secret generic sec --from-literal=a=b',
    'create secret generic sec2 --from-literal=a=b --type=Opaque -o yaml',
    'create secret generic sec3 --from-file=pod.yaml --dry-run=client -o json',
    'create secret tls sec4 --cert=pod.yaml --key=pod.yaml',
    'create secret docker-registry sec5 --docker-username=u --docker-password=p --docker-email=e -o yaml',
    'create secret docker-registry sec6',
    'create secret generic',
    'create deployment d --image=x',
    'create job j --image=x',
    'create serviceaccount sa',
    'create quota q',
    'create token t',
    'create cm x --from-literal=a=b --dry-run=nope',
    'create cm x --from-literal=a=b --dry-run',
    'create cm saved --from-literal=a=b --save-config -o yaml',
    'create --raw /api/v1/namespaces/default/configmaps -f many.yaml',
    'apply -f list1.yaml --prune -l set=l',
    'apply -f list1.yaml --prune --all --prune-allowlist=core/v1/ConfigMap',
    'apply -f list1.yaml --prune --all --prune-allowlist=nope',
    'apply -f list1.yaml --prune --all --prune-allowlist=core/v1/ConfigMap --dry-run=server',
    'create secret tls x --cert=nope --key=nope',
    'create secret tls x',
    'create secret docker-registry dr --docker-username=u --docker-password=p --dry-run=client -o yaml',
    'create secret docker-registry dr --from-file=pod.yaml',
  ],
};
