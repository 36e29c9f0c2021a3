import { bool, list, string, type Values } from '#cli/command/flags.ts';
import {
  allNamespacesFlag,
  chunkSizeFlag,
  fieldSelectorFlag,
  filenameFlags,
  selectorFlag,
} from '#cli/kubectl/common-flags.ts';
import { getFormats, printFlags } from '#cli/kubectl/printing/print-flags.ts';

/** kubectl, pkg/cmd/get/get.go and its print flags */
export const getFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...fieldSelectorFlag,
  ...allNamespacesFlag,
  ...chunkSizeFlag,
  ...printFlags,
  output: string(`Output format. One of: (${getFormats.join(', ')}).`, { short: 'o' }),
  'ignore-not-found': bool('Do not fail because of objects that do not exist.'),
  'label-columns': list('Labels to show as columns of their own.', { short: 'L' }),
  'no-headers': bool('Leave out the headers of tables.'),
  'output-watch-events': bool('With --watch or --watch-only, tell the kind of each event.'),
  raw: string('Path to ask the server for, as it is.'),
  'server-print': bool('Let the server make the table.', { initial: true }),
  'show-kind': bool("Put each object's kind before its name."),
  'show-labels': bool('Show all labels as the last column.'),
  'sort-by': string("Sort lists by this field, a JSONPath expression such as '{.metadata.name}'."),
  subresource: string('Get this subresource of the object.'),
  watch: bool('After what is there now, go on with changes.', { short: 'w' }),
  'watch-only': bool('Only changes, without what is there now.'),
};

export type GetFlags = Values<typeof getFlags>;
