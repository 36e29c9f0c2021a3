import { bool, string } from '#cli/urfave/flags.ts';

/** What the inspections have in common. */
export const inspectFlags = {
  output: string('Output format, One of: json|yaml|go-template|table', { aliases: ['o'] }),
  quiet: bool('Do not show verbose information', { aliases: ['q'] }),
  template: string(
    'The template string is only used when output is go-template; The Template format is golang template',
  ),
};

/** Where the IDs come from filters, and those find nothing. */
export const nothingFound = 'No IDs provided or nothing found per filter';
