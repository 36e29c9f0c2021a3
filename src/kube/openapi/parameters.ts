import type { Verb } from '#kube/resources.ts';

export interface Parameter {
  name: string;
  in: 'query' | 'path';
  description: string;
  type: 'string' | 'integer' | 'boolean';
  isRequired?: boolean;
}

function query(name: string, type: Parameter['type'], description: string): Parameter {
  return { name, in: 'query', description, type };
}

export const namePath: Parameter = {
  name: 'name',
  in: 'path',
  description: 'name of the object',
  type: 'string',
  isRequired: true,
};

export const namespacePath: Parameter = {
  name: 'namespace',
  in: 'path',
  description: 'namespace of the object, such as a team or a project',
  type: 'string',
  isRequired: true,
};

export const pretty = query('pretty', 'string', "If 'true', then the output is pretty printed.");

const dryRun = query(
  'dryRun',
  'string',
  "When present, nothing is persisted; 'All' runs every stage of the request but the last.",
);
const fieldManager = query('fieldManager', 'string', 'Who makes the change.');
const fieldValidation = query(
  'fieldValidation',
  'string',
  "How unknown and duplicate fields are met: 'Ignore', 'Warn' (the default) or 'Strict'.",
);
const force = query('force', 'boolean', 'Of apply requests, which this server does not take.');

const listParameters: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'Asks a watch for events of type BOOKMARK.'),
  query('continue', 'string', 'Where the last page of the list ended.'),
  query('fieldSelector', 'string', 'Restricts the answer by the fields of the objects.'),
  query('labelSelector', 'string', 'Restricts the answer by the labels of the objects.'),
  query('limit', 'integer', 'The most objects that one answer is to hold.'),
  query('resourceVersion', 'string', 'Which versions the request may be served from.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is applied to a list.'),
  query('sendInitialEvents', 'boolean', 'Begins a watch with the objects that there are.'),
  query('timeoutSeconds', 'integer', 'Ends a list or a watch, however busy.'),
  query('watch', 'boolean', 'Watches for changes instead of listing.'),
];

const deleteParameters: readonly Parameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'How long the object may take to end; zero is at once.'),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', 'What becomes of what the object owns.'),
];

/** By what a request does. */
export const verbParameters: Readonly<Record<Verb, readonly Parameter[]>> = {
  create: [dryRun, fieldManager, fieldValidation],
  delete: deleteParameters,
  deletecollection: [...deleteParameters, ...listParameters],
  get: [],
  list: listParameters,
  patch: [dryRun, fieldManager, fieldValidation, force],
  update: [dryRun, fieldManager, fieldValidation],
  watch: listParameters,
};

/** Of the subresources that are streams or text. */
export const connectParameters: Readonly<Record<string, readonly Parameter[]>> = {
  attach: streamParameters(),
  exec: [
    query('command', 'string', 'The command and its arguments, once for each.'),
    ...streamParameters(),
  ],
  log: [
    query('container', 'string', 'Which container; may be left out if the pod has one.'),
    query('follow', 'boolean', 'Goes on with what is written.'),
    query('limitBytes', 'integer', 'Ends after so many bytes.'),
    query('previous', 'boolean', 'Of the container that ran before this one.'),
    query('sinceSeconds', 'integer', 'Begins so many seconds ago.'),
    query('sinceTime', 'string', 'Begins at this time.'),
    query('tailLines', 'integer', 'Begins so many lines before the end.'),
    query('timestamps', 'boolean', 'Each line begins with its time.'),
  ],
  portforward: [query('ports', 'integer', 'Of a WebSocket: the ports to forward.')],
};

function streamParameters(): Parameter[] {
  return [
    query('container', 'string', 'Which container; may be left out if the pod has one.'),
    query('stderr', 'boolean', 'Whether standard error is sent.'),
    query('stdin', 'boolean', 'Whether standard input is taken.'),
    query('stdout', 'boolean', 'Whether standard output is sent.'),
    query('tty', 'boolean', 'Whether there is a terminal.'),
  ];
}
