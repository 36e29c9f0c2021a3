import { bool, int, list, string } from '#cli/command/flags.ts';

/** What every kubectl command takes (cli-runtime, pkg/genericclioptions/config_flags.go; kubectl, pkg/cmd/cmd.go). */
export const globalFlags = {
  as: string('Username to impersonate; this server knows no users.'),
  'as-group': list('Groups to impersonate; this server knows no users.'),
  'as-uid': string('UID to impersonate; this server knows no users.'),
  'cache-dir': string('Where discovery would be cached; it is asked in memory here.'),
  'certificate-authority': string("File of the server's certificate authority."),
  'client-certificate': string('File of a client certificate.'),
  'client-key': string('File of its key.'),
  cluster: string('Name of the cluster of the configuration to use.'),
  context: string('Name of the context of the configuration to use.'),
  'disable-compression': bool('Do not ask the server to compress its answers.'),
  'insecure-skip-tls-verify': bool("Do not check the server's certificate."),
  kubeconfig: string('File with the configuration.'),
  kuberc: string('File with preferences.'),
  'match-server-version': bool("Refuse a server of another version than the client's."),
  namespace: string('Namespace that the command is about.', { short: 'n' }),
  password: string('Password for basic authentication.', { hidden: true }),
  profile: string('Kind of profile to take.', { initial: 'none' }),
  'profile-output': string('File for the profile.', { initial: 'profile.pprof' }),
  'request-timeout': string(
    'How long to wait for a single answer of the server, such as 1s, 2m or 3h; 0 is for ever.',
    { initial: '0' },
  ),
  server: string('Address and port of the server.', { short: 's' }),
  'tls-server-name': string("Name that the server's certificate is checked for."),
  token: string('Bearer token.'),
  user: string('Name of the user of the configuration to use.'),
  username: string('Name for basic authentication.', { hidden: true }),
  v: int('Level of log messages; 6 tells of the requests.', { short: 'v' }),
  vmodule: string('Levels of log messages by file.'),
  'warnings-as-errors': bool('Fail if the server warns.'),
};

export type GlobalFlags = typeof globalFlags;
