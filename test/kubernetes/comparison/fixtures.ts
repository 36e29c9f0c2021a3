/**
 * What both servers hold, created 100 days ago. `"T-9"` is a time nine days before now, `"UID-web"` the uid of what
 * was created under this name; ages thus read the same for half a day.
 */

const node = `
apiVersion: v1
kind: Node
metadata:
  name: node-1
  labels: {kubernetes.io/hostname: node-1, kubernetes.io/os: linux, kubernetes.io/arch: "386"}
  annotations: {volumes.kubernetes.io/controller-managed-attach-detach: "true"}
spec: {podCIDR: 10.244.0.0/24, podCIDRs: [10.244.0.0/24]}
status:
  capacity: {cpu: "1", memory: 252352Ki, pods: "110", ephemeral-storage: 1013872Ki}
  allocatable: {cpu: "1", memory: 252352Ki, pods: "110", ephemeral-storage: "934384435"}
  addresses: [{type: InternalIP, address: 192.168.86.100}, {type: Hostname, address: node-1}]
  conditions:
  - {type: MemoryPressure, status: "False", reason: KubeletHasSufficientMemory, message: kubelet has sufficient memory available, lastHeartbeatTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z"}
  - {type: Ready, status: "True", reason: KubeletReady, message: kubelet is posting ready status, lastHeartbeatTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z"}
  nodeInfo: {machineID: abc, systemUUID: def, bootID: ghi, kernelVersion: 6.1.0, osImage: Debian GNU/Linux 12 (bookworm), containerRuntimeVersion: sandglass://1.0, kubeletVersion: v1.36.0, kubeProxyVersion: "", operatingSystem: linux, architecture: "386"}
  daemonEndpoints: {kubeletEndpoint: {Port: 10250}}
  images:
  - {names: [docker.io/library/busybox:1.36], sizeBytes: 1234567}
`;

const web = `
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, tier: front}
  annotations: {note: "a note"}
spec:
  nodeName: node-1
  terminationGracePeriodSeconds: 5
  initContainers:
  - name: prepare
    image: busybox:1.36
    command: [sh, -c, "echo prepared"]
  containers:
  - name: main
    image: busybox:1.36
    command: [httpd, -f]
    args: ["-p", "80"]
    ports: [{name: http, containerPort: 80}]
    env:
    - {name: PLAIN, value: one}
    - {name: FROM_FIELD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: FROM_MAP, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
    - {name: FROM_SECRET, valueFrom: {secretKeyRef: {name: password, key: value, optional: true}}}
    - {name: FROM_RESOURCE, valueFrom: {resourceFieldRef: {containerName: main, resource: limits.memory, divisor: 1Mi}}}
    envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: password}, prefix: S_}]
    resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {memory: 32Mi}}
    livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 3}
    readinessProbe: {tcpSocket: {port: 80}}
    startupProbe: {exec: {command: [cat, /ready]}}
    volumeMounts: [{name: settings, mountPath: /settings, readOnly: true}, {name: scratch, mountPath: /scratch, subPath: a}]
  - name: side
    image: busybox:1.36
    command: [sleep, "1000"]
  volumes:
  - {name: settings, configMap: {name: settings}}
  - {name: password, secret: {secretName: password, optional: true}}
  - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - {name: host, hostPath: {path: /var, type: Directory}}
  - {name: info, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
  nodeSelector: {kubernetes.io/os: linux}
  tolerations: [{key: dedicated, operator: Equal, value: x, effect: NoSchedule}]
status:
  phase: Running
  startTime: "2026-01-01T00:00:00Z"
  hostIP: 192.168.86.100
  podIP: 10.244.0.5
  podIPs: [{ip: 10.244.0.5}]
  qosClass: Burstable
  conditions:
  - {type: Initialized, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
  - {type: Ready, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
  - {type: ContainersReady, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
  - {type: PodScheduled, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}
  initContainerStatuses:
  - {name: prepare, ready: true, restartCount: 0, image: docker.io/library/busybox:1.36, imageID: sha256:abc, containerID: "containerd://aaa", state: {terminated: {exitCode: 0, reason: Completed, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:01Z"}}}
  containerStatuses:
  - {name: main, ready: true, started: true, restartCount: 0, image: docker.io/library/busybox:1.36, imageID: sha256:abc, containerID: "containerd://bbb", state: {running: {startedAt: "2026-01-01T00:00:01Z"}}}
  - {name: side, ready: true, started: true, restartCount: 2, image: docker.io/library/busybox:1.36, imageID: sha256:abc, containerID: "containerd://ccc", state: {running: {startedAt: "2026-01-01T00:00:03Z"}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled, startedAt: "2026-01-01T00:00:01Z", finishedAt: "2026-01-01T00:00:02Z"}}}
`;

const crash = `
apiVersion: v1
kind: Pod
metadata: {name: crash, labels: {app: crash}}
spec:
  nodeName: node-1
  hostNetwork: true
  containers:
  - {name: main, image: "busybox:1.36", command: ["false"]}
status:
  phase: Running
  startTime: "2026-01-01T00:00:00Z"
  hostIP: 192.168.86.100
  podIP: 192.168.86.100
  podIPs: [{ip: 192.168.86.100}]
  conditions:
  - {type: Ready, status: "False", reason: ContainersNotReady, message: "containers with unready status: [main]", lastTransitionTime: "2026-01-01T00:00:00Z"}
  containerStatuses:
  - {name: main, ready: false, started: false, restartCount: 7, image: docker.io/library/busybox:1.36, imageID: sha256:abc, containerID: "containerd://ddd", state: {waiting: {reason: CrashLoopBackOff, message: "back-off 5m0s restarting failed container=main"}}, lastState: {terminated: {exitCode: 1, reason: Error, message: "it failed", startedAt: "2026-01-01T00:00:01Z", finishedAt: "2026-01-01T00:00:02Z"}}}
`;

const pending = `
apiVersion: v1
kind: Pod
metadata: {name: pending, labels: {app: web}}
spec:
  containers:
  - {name: main, image: "busybox:1.36", resources: {requests: {cpu: "5"}}}
status:
  phase: Pending
  conditions:
  - {type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient cpu.", lastTransitionTime: "2026-01-01T00:00:00Z"}
`;

const done = `
apiVersion: v1
kind: Pod
metadata: {name: done, namespace: other, labels: {job: x}}
spec:
  nodeName: node-1
  restartPolicy: Never
  containers:
  - {name: main, image: "busybox:1.36", command: ["true"]}
status:
  phase: Succeeded
  startTime: "2026-01-01T00:00:00Z"
  containerStatuses:
  - {name: main, ready: false, restartCount: 0, image: docker.io/library/busybox:1.36, imageID: sha256:abc, containerID: "containerd://eee", state: {terminated: {exitCode: 0, reason: Completed, startedAt: "2026-01-01T00:00:01Z", finishedAt: "2026-01-01T00:00:02Z"}}}
`;

const rest = [
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {color: blue, "file.txt": "one\\ntwo\\n"}, binaryData: {bin: AAEC}}`,
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: fixed}, immutable: true, data: {a: b}}`,
  `{apiVersion: v1, kind: Secret, metadata: {name: password}, stringData: {value: secret, user: admin}}`,
  `{apiVersion: v1, kind: Secret, metadata: {name: tls}, type: kubernetes.io/tls, stringData: {tls.crt: x, tls.key: y}}`,
  `{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: node-1, namespace: kube-node-lease}, spec: {holderIdentity: node-1, leaseDurationSeconds: 40, renewTime: "2026-01-01T00:00:00.000000Z"}}`,
  `{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: crun}, handler: crun}`,
  `{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: heavy}, handler: heavy, overhead: {podFixed: {memory: 10Mi}}, scheduling: {nodeSelector: {a: b}}}`,
  `{apiVersion: v1, kind: Event, metadata: {name: web.1, namespace: default}, involvedObject: {kind: Pod, name: web, namespace: default, apiVersion: v1, uid: "UID-web"}, reason: Scheduled, message: "Successfully assigned default/web to node-1", type: Normal, source: {component: default-scheduler}, firstTimestamp: "T-9", lastTimestamp: "T-9", count: 1}`,
  `{apiVersion: v1, kind: Event, metadata: {name: web.2, namespace: default}, involvedObject: {kind: Pod, name: web, namespace: default, apiVersion: v1, uid: "UID-web", fieldPath: "spec.containers{main}"}, reason: Unhealthy, message: "Readiness probe failed: dial tcp", type: Warning, source: {component: kubelet, host: node-1}, firstTimestamp: "T-9", lastTimestamp: "T-8", count: 4}`,
  `{apiVersion: v1, kind: Event, metadata: {name: crash.1, namespace: default}, involvedObject: {kind: Pod, name: crash, namespace: default, apiVersion: v1, uid: "UID-crash", fieldPath: "spec.containers{main}"}, reason: BackOff, message: "Back-off restarting failed container", type: Warning, source: {component: kubelet, host: node-1}, firstTimestamp: "T-7", lastTimestamp: "T-6", count: 12}`,
  `{apiVersion: v1, kind: Event, metadata: {name: node-1.1, namespace: default}, involvedObject: {kind: Node, name: node-1, uid: node-1}, reason: Starting, message: "Starting kubelet.", type: Normal, source: {component: kubelet, host: node-1}, firstTimestamp: "T-5", lastTimestamp: "T-5", count: 1}`,
  `{apiVersion: v1, kind: Event, metadata: {name: done.1, namespace: other}, involvedObject: {kind: Pod, name: done, namespace: other, apiVersion: v1, uid: "UID-done", fieldPath: "spec.containers{main}"}, reason: Pulled, message: "Container image already present", type: Normal, reportingComponent: kubelet, reportingInstance: node-1, action: Pulling, eventTime: "T-4", series: {count: 3, lastObservedTime: "T-3"}}`,
];

export const manifests = [
  node,
  '{apiVersion: v1, kind: Namespace, metadata: {name: other}}',
  ...rest.slice(0, 4),
  web,
  crash,
  pending,
  done,
  ...rest.slice(4),
];
