/** Maps whose keys are their writer's, not the API's. */
const maps: ReadonlySet<string> = new Set(['labels', 'annotations', 'sysctls', 'unified']);

/** Of api.proto, where a message of crictl's files has one: their numbers stand there (runtime/v1). */
const enums: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  network: { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 },
  pid: { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 },
  ipc: { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 },
  protocol: { TCP: 0, UDP: 1, SCTP: 2 },
  propagation: {
    PROPAGATION_PRIVATE: 0,
    PROPAGATION_HOST_TO_CONTAINER: 1,
    PROPAGATION_BIDIRECTIONAL: 2,
  },
  profileType: { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 },
};

/** 64 bits wide, which protobuf's JSON writes as a text. */
const wide: ReadonlySet<string> = new Set([
  'cpuPeriod',
  'cpuQuota',
  'cpuShares',
  'memoryLimitInBytes',
  'memorySwapLimitInBytes',
  'oomScoreAdj',
  'supplementalGroups',
  'limit',
]);

/** The account in a security context; a label or an annotation of this name is not one. */
const wideValues: ReadonlySet<string> = new Set(['runAsUser', 'runAsGroup']);

/**
 * A message of the CRI as crictl reads it from a file: with the proto's own names and numbers, as Go's encoding/json has
 * the generated types, in place of protobuf's JSON.
 */
export function crictlConfig(message: unknown): string {
  return JSON.stringify(plain(message, ''), undefined, 2);
}

function plain(value: unknown, field: string): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, field));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => {
        if (maps.has(key)) return [snake(key), part as unknown];
        if (key === 'value' && wideValues.has(field)) return [key, Number(part)];
        return [snake(key), plain(part, key)];
      }),
    );
  }
  if (typeof value !== 'string') return value;
  if (wide.has(field) && /^-?\d+$/.test(value)) return Number(value);
  return enums[field]?.[value] ?? value;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
