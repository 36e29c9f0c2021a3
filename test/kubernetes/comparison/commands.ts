/** Command lines that both kubectls are given, in this order; each group has servers of its own. */
export interface CommandGroup {
  title: string;
  /** In the folder where the commands run. */
  files: Readonly<Record<string, string>>;
  /** `< FILE` at the end is the standard input. */
  lines: readonly string[];
  /** Whether other versions of kubectl print the same. */
  isStable: boolean;
}

export const commandGroups: readonly CommandGroup[] = [
  {
    title: 'get',
    files: {},
    isStable: true,
    lines: [
      'get pods',
      'get pods -A',
      'get pods -o wide',
      'get pods -o name',
      'get pod web -o yaml',
      'get pod web -o json',
      'get pods -o yaml',
      'get pods -o json',
      'get pods -o jsonpath={.items[*].metadata.name}',
      `get pods -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}'`,
      'get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,IMG:.spec.containers[*].image',
      `get pods -o go-template='{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}'`,
      'get pods --show-labels',
      'get pods -L app,tier',
      'get pods -l app=web',
      `get pods -l 'app in (web,crash),tier!=front'`,
      'get pods --field-selector status.phase=Running',
      'get pods --field-selector spec.nodeName=node-1 -A',
      'get pods --sort-by=.metadata.name',
      'get pods --sort-by=.status.containerStatuses[0].restartCount',
      'get pods --sort-by=.nope',
      'get pods --no-headers',
      'get nodes',
      'get nodes -o wide',
      'get ns',
      'get cm,secret',
      'get all',
      'get all -A',
      'get events',
      'get events -A',
      'get events --sort-by=.lastTimestamp',
      'get events -o wide',
      'get leases -A',
      'get runtimeclass',
      'get cm settings -o yaml',
      'get secret password -o yaml',
      'get secret',
      'get pods nope',
      'get nope',
      'get pod/web cm/settings',
      'get pod web nope',
      'get pods -n nonexistent',
      'get pods -n other',
      'get --raw /version',
      'get --raw /nope',
      'get pods -o nope',
      `get pods -o jsonpath='{.items[0'`,
      `get pods -o go-template='{{.nope'`,
      'get pods -o custom-columns=NAME',
      `get pods -l 'a=='b='`,
      'get pods --field-selector nope=1',
      'get pods --field-selector nope',
      'get',
      'get pods web -A',
      'get pods web --selector app=web',
      'get po/web',
      'get pods,nodes -o wide',
      'get cm -o wide',
      `get pod web -o jsonpath='{.status.nope}'`,
      `get pod web -o jsonpath='{.spec.containers[?(@.name=="side")].image}'`,
      `get pods -o jsonpath-as-json='{.items[*].metadata.name}'`,
      'get pod web -o kyaml',
      'get pods --output-watch-events',
      'get pod web --show-labels -o yaml',
      'get pods --chunk-size=1',
      'get pods -A -o wide --show-labels',
      'get pods --show-kind',
      'get pods.v1',
      'get pods.v1.',
      'get leases.coordination.k8s.io -A',
      'get leases.v1.coordination.k8s.io -A',
      'get pod web --ignore-not-found',
      'get pod nope --ignore-not-found',
      'get pods --label-columns=app --no-headers',
      'get node node-1 -o yaml',
      'get pods --show-kind -o wide --no-headers',
      'get pods -o custom-columns-file=nope',
      'get pods -o jsonpath-file=nope',
      'get pods -o custom-columns=A:.metadata.name,B:.nope,C:.metadata.labels',
      'get pods -o custom-columns=A:.metadata.name --no-headers',
      `get pods -o go-template='{{len .items}} {{range $i, $e := .items}}{{$i}}={{$e.metadata.name}} {{end}}'`,
      `get pods -o go-template='{{range .items}}{{if eq .metadata.name "web"}}{{.spec.containers}}{{end}}{{end}}'`,
      `get pod web -o go-template='{{.metadata.nope.x}}'`,
      `get pod web -o go-template='{{printf "%s %d" .metadata.name 3 | printf "%q"}}'`,
      `get secret password -o go-template='{{.data.value | base64decode}}'`,
      `get pod web -o jsonpath='{.metadata.labels}'`,
      `get pod web -o jsonpath='{.spec.containers[*].name} {.spec.containers[-1:].name} {.status..name}'`,
      `get pod web -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}'`,
      `get pod web -o jsonpath='{.spec.containers[0].ports[0]}'`,
      `get pod web -o jsonpath='{range .spec.containers[*]}[{.name},{.image}]{end}'`,
      `get pod web -o jsonpath='{.metadata.annotations.note}{"\\n"}' --allow-missing-template-keys=false`,
      `get pod web --template='{{.metadata.name}}'`,
      'get pods -o yaml --show-managed-fields',
      'get events --for=pod/web',
      'get events --field-selector involvedObject.name=web',
      'get events --field-selector type=Warning -A',
      'get secrets --field-selector type=kubernetes.io/tls',
      'get ns --field-selector status.phase=Active -o name',
      'get pods -l app!=web',
      `get pods -l '!app'`,
      `get pods -l 'app'`,
      `get pods -l 'app notin (web)'`,
      `get pods -l 'x y'`,
      `get pods -l 'app in web'`,
      'get po,no -A -o name',
      'get pods --subresource=status',
      'get pod web --subresource=status -o yaml',
      'get pod web --subresource=nope',
      'get node node-1 --subresource=status',
      'get pods -w --sort-by=.metadata.name --request-timeout=3s',
      'get pods --request-timeout=nope',
      'get pods --output=yaml --output=name',
      'get pods --v=0',
      '--namespace other get pods',
      '-n other get pods',
      'get -n other pods done',
      'get pods --no-such',
      'get pods -Ao name',
      'get pods -An default -o name',
      'get pods,nope',
      'get pods nodes',
      'get pods/web nodes/node-1 -o name',
      'get pods/web/x',
      'get /web',
      'get pods/',
      'get cm/settings secret/password -o yaml',
      'get pod --ignore-not-found nope web',
      'get all -n nonexistent',
      'get pods -w --request-timeout=3s',
      'get pods -w -o name --request-timeout=3s',
      'get pod web -w --request-timeout=3s',
      'get pod web -w -o yaml --request-timeout=3s',
      'get pods -w -A --output-watch-events --request-timeout=3s',
      'get pods --watch-only --request-timeout=3s',
      'get cm -w -o wide --request-timeout=3s --no-headers',
      'get pods nope -w --request-timeout=3s',
      'get pods,cm -w --request-timeout=3s',
    ],
  },
  {
    title: 'describe',
    files: {},
    isStable: true,
    lines: [
      'describe pod web',
      'describe pod crash',
      'describe pod pending',
      'describe pod done -n other',
      'describe pods',
      'describe node node-1',
      'describe nodes',
      'describe cm settings',
      'describe secret password',
      'describe ns default',
      'describe runtimeclass heavy',
      'describe lease node-1 -n kube-node-lease',
      'describe events',
      'describe event web.1',
      'describe pod nope',
      'describe nope',
      'describe',
      'describe pod we',
      'describe pod -l app=web',
      'describe pod web --show-events=false',
      'describe cm',
      'describe -f nope.yaml',
      'describe pods -A',
      'describe pod web crash',
      'describe pod/web cm/settings',
      'describe node/node-1 --show-events=false',
      'describe secret',
      'describe ns',
      'describe sa',
      'describe pod web -o yaml',
      'describe pods -l app=nope',
      'describe ns other',
      'describe lease -A',
      'describe all',
    ],
  },
  {
    title: 'commands on pods that no kubelet runs',
    files: {},
    isStable: false,
    lines: [
      'logs web --since=1s --since-time=2026-01-01T00:00:00Z',
      'logs cm/settings',
      'logs web --since-time=nope',
      'logs web -c nope',
      'logs web --all-containers -c x',
      'logs web --tail=-2',
      'logs web --limit-bytes=-1',
      'logs node/node-1',
      'exec web -c nope -- true',
      'exec pod/web',
      'exec web -it',
      'exec cm/settings -- true',
      'attach web -c nope',
      'top pod web',
      'top node',
      'top pod -l app=web web',
      'top node x y',
      'wait --for=condition=Ready pod/web --timeout=1s',
      'wait --for=condition=Ready pods -l app=web --timeout=1s',
      `wait --for=jsonpath='{.status.phase}'=Running pod/web pod/crash --timeout=1s`,
      `wait --for=jsonpath='{.status.containerStatuses[0].ready}'=true pod/web --timeout=1s`,
      `wait --for=jsonpath='{.status.containerStatuses[0].ready}'=true pod/crash --timeout=1s`,
      `wait --for=jsonpath='{.nope' pod/web`,
      'drain node-1 --force --dry-run=client',
      'drain node-1 --force --delete-emptydir-data --dry-run=client',
      `drain node-1 --pod-selector='=='`,
      'drain',
      'drain node-1 --selector x=y',
      'uncordon node-1',
      'cordon node-1 -o yaml',
      'api-resources -o json',
      'port-forward pod/web nope',
      'port-forward pod/crash 80',
      'port-forward pod/web 8080:80:90',
      'port-forward svc/web 80',
      'cp web:/x',
      'cp /nope web:/x',
      'cp web:/x web2:/y',
      'attach cm/settings',
      'exec web -- true',
      'attach web',
      'logs web',
      'logs web --previous',
      'logs -l app=web',
      'port-forward web :80',
      'events -w --request-timeout=3s',
    ],
  },
  {
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
  },
  {
    title: 'KYAML',
    files: {
      'odd.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: odd
  labels: {"123": "yes", "true": "x", a.b/c: d, "no": "1"}
  annotations: {empty: "", spaces: "  a  b ", tab: "a\\tb", quote: "say \\"hi\\" \\\\ there", unicode: "größe 🎉", long: "aaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccccccccccccccccccccccccccccccccccccc ddddddddddddddddddddddd", nl: "a\\n", nls: "a\\n\\n b\\n  c\\nd", start: "\\nx", multi-long: "aaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\\ncccccccccccccccccccccccccccccccccccccccccccccccccccccc ddddddddddddddddddddddd"}
data: {"-x": "1", "a_b": "2", "_": "3", "x.y": "4", "0x1": "5", "1e3": "6", "~": "x", "null": "y", "Yes": "z", ".5": "q", "a-b": "w", "on": "1", "A": "2", "1-2": "3", "y": "1", "n": "2", "2001-01-01": "x"}
`,
    },
    isStable: false,
    lines: [
      'create -f odd.yaml -o kyaml --dry-run=client',
      'get cm settings -o kyaml',
      'get cm settings fixed -o kyaml',
      'get lease -A -o kyaml',
      'create ns x --dry-run=client -o kyaml',
      'version -o kyaml',
      'api-resources -o kyaml --api-group=node.k8s.io',
    ],
  },
  {
    title: 'patch, label and annotate',
    files: {
      'pod.yaml': `apiVersion: v1
kind: Pod
metadata: {name: filed}
spec: {containers: [{name: main, image: "busybox:1.36"}]}
`,
      'patch.yaml': `metadata:
  labels: {patched: "yes"}
`,
    },
    isStable: false,
    lines: [
      `patch cm settings -p '{"data":{"color":"red"}}'`,
      `patch cm settings -p '{"data":{"color":"red"}}'`,
      `patch cm settings --type merge -p '{"data":{"size":"big"}}'`,
      `patch cm settings --type json -p '[{"op":"add","path":"/data/more","value":"x"}]'`,
      `patch cm settings --type json -p '[{"op":"test","path":"/data/more","value":"y"}]'`,
      `patch cm settings --type json -p '[{"op":"remove","path":"/data/nope"}]'`,
      `patch cm settings --type nope -p '{}'`,
      `patch cm settings -p 'data: {yaml: "1"}' -o yaml`,
      `patch cm settings -p '{broken'`,
      'patch cm settings',
      `patch cm fixed -p '{"data":{"a":"c"}}'`,
      `patch cm nope -p '{}'`,
      `patch cm settings -p '{"nope":1}'`,
      `patch cm settings -p '{"data":[1]}'`,
      `patch pod web -p '{"spec":{"containers":[{"name":"main","image":"busybox:1.37"}]}}'`,
      `patch pod web -p '{"spec":{"containers":[{"name":"main","command":["x"]}]}}'`,
      'patch pod web --patch-file patch.yaml',
      `patch -f pod.yaml -p '{"metadata":{"labels":{"a":"b"}}}' --local -o yaml`,
      `patch pod web -p '{"metadata":{"labels":{"a":"b"}}}' --dry-run=server`,
      `patch pod web -p '{"metadata":{"labels":{"a":"b"}}}' --dry-run=client -o yaml`,
      `patch node node-1 -p '{"spec":{"unschedulable":true}}'`,
      `patch pod web --subresource=status -p '{"status":{"message":"hi"}}'`,
      'label pod web a=b',
      'label pod web a=b',
      'label pod web a=c',
      'label pod web a=c --overwrite',
      'label pod web a-',
      'label pod web a-',
      `label pod web 'bad key=x'`,
      `label pod web a='b c'`,
      'label pod web',
      'label pod web =x',
      'label pods --all z=1',
      'label pods -l app=web y=2',
      'label pods nope a=b',
      'label node node-1 disk=ssd -o yaml',
      'label pod web q=1 --dry-run=client',
      'label pod web q=1 --dry-run=server',
      'label pod web q=1 --resource-version=1',
      'label pod web q=1 q-',
      'label -f pod.yaml a=b --local -o yaml',
      'label pod web crash multi=1',
      'label cm settings a=b -o name',
      'annotate pod web a=b',
      'annotate pod web a=b',
      'annotate pod web a=c',
      'annotate pod web a=c --overwrite',
      'annotate pod web a-',
      'annotate pod web a-',
      'annotate pod web',
      'annotate pod web --list',
      `annotate pods --all why='some words'`,
      'annotate pod web x=1 --dry-run=client -o yaml',
      'annotate pod nope a=b',
    ],
  },
  {
    title: 'nodes',
    files: {},
    isStable: false,
    lines: [
      'cordon node-1',
      'cordon node-1',
      'cordon nope',
      'uncordon node-1',
      'uncordon node-1',
      'uncordon',
      'cordon --selector disk=ssd',
      'cordon node-1 --dry-run=client',
      'cordon node-1 --dry-run=server',
      'drain nope',
      'taint node node-1 dedicated=x:NoSchedule',
      'taint node node-1 dedicated=x:NoSchedule',
      'taint node node-1 dedicated=y:NoSchedule --overwrite',
      'taint nodes node-1 dedicated=y:NoExecute',
      'taint nodes node-1 dedicated:NoSchedule-',
      'taint nodes node-1 dedicated-',
      'taint nodes node-1 dedicated-',
      'taint nodes node-1 bad:Effect',
      'taint nodes node-1 =x:NoSchedule',
      'taint nodes nope a=b:NoSchedule',
      'taint nodes --all a=b:PreferNoSchedule',
      'taint nodes node-1',
      'taint pods web a=b:NoSchedule',
      'taint nodes node-1 a=b:NoSchedule --dry-run=client',
    ],
  },
  {
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
  },
  {
    title: 'run',
    files: {},
    isStable: false,
    lines: [
      'run r1 --image=busybox:1.36',
      'run r1 --image=busybox:1.36',
      'run r2 --image=busybox:1.36 --dry-run=client -o yaml',
      'run r2 --image=busybox:1.36 --dry-run=server -o yaml -- sleep 100',
      'run r3 --image=busybox:1.36 --command --dry-run=client -o yaml -- sleep 100',
      'run r4 --image=busybox:1.36 --env=A=b --env=C=d --labels=x=y,z=1 --port=80 --dry-run=client -o yaml',
      'run r5',
      'run --image=x',
      `run r6 --image='Bad Image'`,
      'run Bad_Name --image=busybox',
      'run r7 --image=busybox --restart=Nope',
      'run r7 --image=busybox --restart=OnFailure --dry-run=client -o json',
      `run r8 --image=busybox --overrides='{"spec":{"hostNetwork":true}}' --dry-run=client -o yaml`,
      `run r8 --image=busybox --overrides='{"spec":{"containers":[{"name":"r8","tty":true}]}}' --override-type=strategic --dry-run=client -o yaml`,
      'run r9 --image=busybox --rm',
      'run r9 --image=busybox --rm -it --dry-run=client',
      'run r9 --image=busybox --expose',
      'run r10 --image=busybox --privileged --dry-run=client -o yaml',
      'run r11 --image=busybox --image-pull-policy=Never --dry-run=client -o yaml',
      'run r12 --image=busybox --env=bad',
      'run r13 --image=busybox --labels=bad',
      'run r14 --image=busybox --annotations=a=b -n other --dry-run=client -o yaml',
    ],
  },
  {
    title: 'the rest',
    files: {
      'pod.yaml': `apiVersion: v1
kind: Pod
metadata: {name: filed}
spec: {containers: [{name: main, image: "busybox:1.36"}]}
`,
    },
    isStable: false,
    lines: [
      'events',
      'events -A',
      'events --for pod/web',
      'events --for=node/node-1',
      'events --types=Warning',
      'events --types=nope',
      'events --for=nope',
      'events -o yaml',
      'events --no-headers',
      'events -o nope',
      'wait --for=delete pod/nope --timeout=1s',
      'wait --for=condition=Ready pod/nope --timeout=1s',
      'wait --for=condition=Ready node/node-1 --timeout=1s',
      'wait --for=condition=MemoryPressure=false node/node-1',
      'wait --for=condition=Ready',
      'explain pod',
      'explain pods.spec.containers.image',
      'explain pod.spec --recursive',
      'explain pod.spec.containers.resources',
      'explain pod.nope',
      'explain nope',
      'explain',
      'explain pod cm',
      'explain pod --output=nope',
      'explain leases --api-version=coordination.k8s.io/v1',
      'explain pod --api-version=v2',
      'explain event',
      'explain events.events.k8s.io',
      'explain node.status.conditions',
      'explain runtimeclass.scheduling',
      'explain pod.metadata',
      'explain pod.status --recursive',
      'explain cm --recursive',
      'explain secret.data',
      'explain pod.spec.containers.livenessProbe.httpGet.port',
      'explain pod.spec.volumes.emptyDir.sizeLimit',
      'explain namespace',
      'api-resources',
      'api-resources -o wide',
      'api-resources -o name',
      'api-resources --namespaced=false',
      'api-resources --api-group=node.k8s.io',
      'api-resources --verbs=deletecollection',
      'api-resources --sort-by=kind',
      'api-resources --sort-by=nope',
      'api-resources --no-headers',
      'api-resources --categories=all',
      'api-resources extra',
      'api-resources -o json',
      'api-resources -o yaml',
      'api-versions',
      'api-versions x',
      'version -o nope',
      'version x',
      'config use-context nope',
      'top node',
      'top nope',
      'logs',
      'logs nope',
      'logs web -c nope',
      'logs web --since=nope',
      'logs web --tail=x',
      'logs web --since=1s --since-time=2026-01-01T00:00:00Z',
      'logs pod/web extra',
      'logs -l nope=nope',
      'logs cm/settings',
      'exec web',
      'exec web -- true',
      'exec nope -- true',
      'exec web -c nope -- true',
      'attach nope',
      'attach',
      'cp x y',
      'cp nope web:/tmp/x',
      'cp',
      'cp a:b c:d',
      'port-forward web',
      'port-forward nope 80',
      'port-forward web abc',
      'port-forward',
      'edit pod nope',
      'alpha',
      'nope',
      'nop',
      'gte pods',
      'get pods --nope',
      'get pods -z',
      'get pods -n',
      '--help-me',
      'get pods --output',
      'get -o',
      'version --nope',
    ],
  },
];

/** Where ours is another on purpose, and why. */
export const deviations: readonly (readonly [line: string, why: string])[] = [
  [
    'run r9 --image=busybox --expose --port=80 --dry-run=client -o yaml',
    'ours does not make the pod if there can be no service',
  ],
  ['explain pod --output=plaintext-openapiv2', 'the older text is not in ours'],
  ['version', 'it has a version of its own'],
  ['version -o json', 'it has a version of its own'],
  ['version --client', 'it has a version of its own'],
  ['version -o yaml', 'it has a version of its own'],
  ['cluster-info', 'upstream fails where there are no services'],
  ['cluster-info dump --namespaces=kube-public', 'it is not in ours'],
  ['auth whoami', 'this server knows no users'],
  ['auth can-i get pods', 'this server knows no users'],
  ['config view', 'the node has a configuration'],
  ['config current-context', 'the node has a configuration'],
  ['config get-contexts', 'the node has a configuration'],
  ['config set-context x --namespace=other', 'ours changes its one context only'],
  ['diff -f pod.yaml', 'it is not in ours'],
  ['replace -f pod.yaml', 'it is not in ours'],
  ['expose pod web', 'this server has no services'],
  ['scale deploy/x --replicas=1', 'this server has no deployments'],
  ['rollout status x', 'this server has no deployments'],
  ['set image pod/web main=x', 'it is not in ours'],
  ['debug web', 'this server has no ephemeral containers'],
  ['certificate approve x', 'this server has no certificates'],
  ['autoscale x', 'this server has no autoscalers'],
  ['kustomize x', 'it is not in ours'],
  ['plugin list', 'it is not in ours'],
  ['proxy --nope', 'it is not in ours'],
  ['options', 'the descriptions are its own'],
];
