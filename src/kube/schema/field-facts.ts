/** Facts of single fields that OpenAPI carries as extensions, after the markers in kubernetes/api's types.go (1.36). */

export interface ListFacts {
  /** `x-kubernetes-patch-merge-key`: what tells a list's elements apart in a strategic merge patch. */
  mergeKey?: string;
  /** `x-kubernetes-patch-strategy`. */
  strategy?: 'merge' | 'merge,retainKeys';
  listType?: 'map' | 'set' | 'atomic';
  mapKeys?: readonly string[];
}

const keyed: Readonly<Record<string, Readonly<Record<string, ListFacts>>>> = {
  Container: {
    env: { mergeKey: 'name', strategy: 'merge', listType: 'map', mapKeys: ['name'] },
    ports: {
      mergeKey: 'containerPort',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['containerPort', 'protocol'],
    },
    volumeDevices: {
      mergeKey: 'devicePath',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['devicePath'],
    },
    volumeMounts: {
      mergeKey: 'mountPath',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['mountPath'],
    },
  },
  ContainerRestartRuleOnExitCodes: { values: { listType: 'set' } },
  ContainerStatus: {
    allocatedResourcesStatus: {
      mergeKey: 'name',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['name'],
    },
    volumeMounts: {
      mergeKey: 'mountPath',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['mountPath'],
    },
  },
  NamespaceStatus: {
    conditions: { mergeKey: 'type', strategy: 'merge', listType: 'map', mapKeys: ['type'] },
  },
  NodeAllocatableResourceClaimStatus: { containers: { listType: 'set' } },
  NodeSpec: { podCIDRs: { strategy: 'merge', listType: 'set' } },
  NodeStatus: {
    addresses: { mergeKey: 'type', strategy: 'merge', listType: 'map', mapKeys: ['type'] },
    conditions: { mergeKey: 'type', strategy: 'merge', listType: 'map', mapKeys: ['type'] },
  },
  ObjectMeta: {
    finalizers: { strategy: 'merge', listType: 'set' },
    ownerReferences: { mergeKey: 'uid', strategy: 'merge', listType: 'map', mapKeys: ['uid'] },
  },
  PodSpec: {
    containers: { mergeKey: 'name', strategy: 'merge', listType: 'map', mapKeys: ['name'] },
    ephemeralContainers: {
      mergeKey: 'name',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['name'],
    },
    hostAliases: { mergeKey: 'ip', strategy: 'merge', listType: 'map', mapKeys: ['ip'] },
    imagePullSecrets: { mergeKey: 'name', strategy: 'merge', listType: 'map', mapKeys: ['name'] },
    initContainers: { mergeKey: 'name', strategy: 'merge', listType: 'map', mapKeys: ['name'] },
    resourceClaims: {
      mergeKey: 'name',
      strategy: 'merge,retainKeys',
      listType: 'map',
      mapKeys: ['name'],
    },
    schedulingGates: { mergeKey: 'name', strategy: 'merge', listType: 'map', mapKeys: ['name'] },
    topologySpreadConstraints: {
      mergeKey: 'topologyKey',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['topologyKey', 'whenUnsatisfiable'],
    },
    volumes: { mergeKey: 'name', strategy: 'merge,retainKeys', listType: 'map', mapKeys: ['name'] },
  },
  PodStatus: {
    conditions: { mergeKey: 'type', strategy: 'merge', listType: 'map', mapKeys: ['type'] },
    hostIPs: { mergeKey: 'ip', strategy: 'merge', listType: 'atomic' },
    nodeAllocatableResourceClaimStatuses: {
      mergeKey: 'resourceClaimName',
      strategy: 'merge',
      listType: 'map',
      mapKeys: ['resourceClaimName'],
    },
    podIPs: { mergeKey: 'ip', strategy: 'merge', listType: 'map', mapKeys: ['ip'] },
    resourceClaimStatuses: {
      mergeKey: 'name',
      strategy: 'merge,retainKeys',
      listType: 'map',
      mapKeys: ['name'],
    },
  },
  ResourceRequirements: { claims: { listType: 'map', mapKeys: ['name'] } },
  ResourceStatus: { resources: { listType: 'map', mapKeys: ['resourceID'] } },
};

const atomicLists: Readonly<Record<string, readonly string[]>> = {
  APIGroup: ['serverAddressByClientCIDRs', 'versions'],
  APIGroupList: ['groups'],
  APIResource: ['categories', 'shortNames'],
  APIResourceList: ['resources'],
  APIVersions: ['serverAddressByClientCIDRs', 'versions'],
  Capabilities: ['add', 'drop'],
  CephFSVolumeSource: ['monitors'],
  ConfigMapProjection: ['items'],
  ConfigMapVolumeSource: ['items'],
  Container: ['args', 'command', 'envFrom', 'resizePolicy', 'restartPolicyRules'],
  ContainerImage: ['names'],
  DeleteOptions: ['dryRun'],
  DownwardAPIProjection: ['items'],
  DownwardAPIVolumeSource: ['items'],
  ExecAction: ['command'],
  FCVolumeSource: ['targetWWNs', 'wwids'],
  HTTPGetAction: ['httpHeaders'],
  HostAlias: ['hostnames'],
  ISCSIVolumeSource: ['portals'],
  LabelSelector: ['matchExpressions'],
  LabelSelectorRequirement: ['values'],
  LinuxContainerUser: ['supplementalGroups'],
  NamespaceSpec: ['finalizers'],
  NodeAffinity: ['preferredDuringSchedulingIgnoredDuringExecution'],
  NodeSelector: ['nodeSelectorTerms'],
  NodeSelectorRequirement: ['values'],
  NodeSelectorTerm: ['matchExpressions', 'matchFields'],
  NodeSpec: ['taints'],
  NodeStatus: ['declaredFeatures', 'images', 'runtimeHandlers', 'volumesAttached', 'volumesInUse'],
  ObjectMeta: ['managedFields'],
  PersistentVolumeClaimSpec: ['accessModes'],
  PodAffinity: [
    'preferredDuringSchedulingIgnoredDuringExecution',
    'requiredDuringSchedulingIgnoredDuringExecution',
  ],
  PodAffinityTerm: ['matchLabelKeys', 'mismatchLabelKeys', 'namespaces'],
  PodAntiAffinity: [
    'preferredDuringSchedulingIgnoredDuringExecution',
    'requiredDuringSchedulingIgnoredDuringExecution',
  ],
  PodDNSConfig: ['nameservers', 'options', 'searches'],
  PodExtendedResourceClaimStatus: ['requestMappings'],
  PodSecurityContext: ['supplementalGroups', 'sysctls'],
  PodSpec: ['readinessGates', 'tolerations'],
  PodStatus: ['containerStatuses', 'ephemeralContainerStatuses', 'initContainerStatuses'],
  ProjectedVolumeSource: ['sources'],
  RBDVolumeSource: ['monitors'],
  Scheduling: ['tolerations'],
  SecretProjection: ['items'],
  SecretVolumeSource: ['items'],
  StatusDetails: ['causes'],
  Table: ['columnDefinitions', 'rows'],
  TableRow: ['cells', 'conditions'],
  TopologySpreadConstraint: ['matchLabelKeys'],
};

const enums: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  AppArmorProfile: { type: ['Localhost', 'RuntimeDefault', 'Unconfined'] },
  AzureDiskVolumeSource: {
    cachingMode: ['None', 'ReadOnly', 'ReadWrite'],
    kind: ['Dedicated', 'Managed', 'Shared'],
  },
  Container: {
    imagePullPolicy: ['Always', 'IfNotPresent', 'Never'],
    terminationMessagePolicy: ['FallbackToLogsOnError', 'File'],
  },
  ContainerPort: { protocol: ['SCTP', 'TCP', 'UDP'] },
  HTTPGetAction: { scheme: ['HTTP', 'HTTPS'] },
  HostPathVolumeSource: {
    type: [
      '',
      'BlockDevice',
      'CharDevice',
      'Directory',
      'DirectoryOrCreate',
      'File',
      'FileOrCreate',
      'Socket',
    ],
  },
  ImageVolumeSource: { pullPolicy: ['Always', 'IfNotPresent', 'Never'] },
  NamespaceStatus: { phase: ['Active', 'Terminating'] },
  NodeSelectorRequirement: { operator: ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn'] },
  NodeStatus: { phase: ['Pending', 'Running', 'Terminated'] },
  PersistentVolumeClaimSpec: {
    accessModes: ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'],
    volumeMode: ['Block', 'Filesystem'],
  },
  PodSecurityContext: {
    fsGroupChangePolicy: ['Always', 'OnRootMismatch'],
    supplementalGroupsPolicy: ['Merge', 'Strict'],
  },
  PodSpec: {
    dnsPolicy: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
    preemptionPolicy: ['Never', 'PreemptLowerPriority'],
    restartPolicy: ['Always', 'Never', 'OnFailure'],
  },
  PodStatus: {
    phase: ['Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'],
    qosClass: ['BestEffort', 'Burstable', 'Guaranteed'],
  },
  SeccompProfile: { type: ['Localhost', 'RuntimeDefault', 'Unconfined'] },
  SecurityContext: { procMount: ['Default', 'Unmasked'] },
  Taint: { effect: ['NoExecute', 'NoSchedule', 'PreferNoSchedule'] },
  Toleration: {
    effect: ['NoExecute', 'NoSchedule', 'PreferNoSchedule'],
    operator: ['Equal', 'Exists', 'Gt', 'Lt'],
  },
  TopologySpreadConstraint: {
    nodeAffinityPolicy: ['Honor', 'Ignore'],
    nodeTaintsPolicy: ['Honor', 'Ignore'],
    whenUnsatisfiable: ['DoNotSchedule', 'ScheduleAnyway'],
  },
  VolumeMount: { mountPropagation: ['Bidirectional', 'HostToContainer', 'None'] },
};

/** An ephemeral container embeds a container's fields. */
function owner(definition: string): string {
  return definition === 'EphemeralContainer' ? 'Container' : definition;
}

export function listFactsOf(definition: string, field: string): ListFacts | undefined {
  const name = owner(definition);
  if (atomicLists[name]?.includes(field)) return { listType: 'atomic' };
  return keyed[name]?.[field];
}

/** The values that a field may have, where OpenAPI lists them. */
export function enumOf(definition: string, field: string): readonly string[] | undefined {
  return enums[owner(definition)]?.[field];
}

/** Maps that a server-side apply replaces as a whole. */
export function isAtomicMap(definition: string, field: string): boolean {
  return field === 'nodeSelector' && (definition === 'PodSpec' || definition === 'Scheduling');
}
