import type { Deviation } from './deviation.ts';

/** What ours answers, but otherwise. */
export const ownAnswers: readonly Deviation[] = [
  {
    line: 'run r9 --image=busybox --expose --port=80 --dry-run=client -o yaml',
    why: 'ours does not make the pod if there can be no service',
    ours: { code: 1, out: '', err: 'error: no matches for kind "Service" in version "v1"\n' },
  },
  {
    line: 'explain pod --output=plaintext-openapiv2',
    why: 'the older text is not in ours',
    ours: {
      code: 1,
      out: '',
      err: 'error: plaintext-openapiv2 is not supported by this kubectl: use plaintext\n',
    },
  },
  {
    line: 'version',
    why: 'it has a version of its own',
    ours: {
      code: 0,
      out: `Client Version: v1.36.0
Kustomize Version: v5.8.1
Server Version: v1.36.0+sandglass
`,
      err: '',
    },
  },
  {
    line: 'version -o json',
    why: 'it has a version of its own',
    ours: {
      code: 0,
      out: `{
  "clientVersion": {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "<time>",
    "goVersion": "none",
    "compiler": "tsc",
    "platform": "linux/386"
  },
  "kustomizeVersion": "v5.8.1",
  "serverVersion": {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.0+sandglass",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "<time>",
    "goVersion": "none",
    "compiler": "tsc",
    "platform": "javascript/wasm"
  }
}
`,
      err: '',
    },
  },
  {
    line: 'version --client',
    why: 'it has a version of its own',
    ours: {
      code: 0,
      out: `Client Version: v1.36.0
Kustomize Version: v5.8.1
`,
      err: '',
    },
  },
  {
    line: 'version -o yaml',
    why: 'it has a version of its own',
    ours: {
      code: 0,
      out: `clientVersion:
  buildDate: "<time>"
  compiler: tsc
  gitCommit: ""
  gitTreeState: clean
  gitVersion: v1.36.0
  goVersion: none
  major: "1"
  minor: "36"
  platform: linux/386
kustomizeVersion: v5.8.1
serverVersion:
  buildDate: "<time>"
  compiler: tsc
  emulationMajor: "1"
  emulationMinor: "36"
  gitCommit: ""
  gitTreeState: clean
  gitVersion: v1.36.0+sandglass
  goVersion: none
  major: "1"
  minCompatibilityMajor: "1"
  minCompatibilityMinor: "35"
  minor: "36"
  platform: javascript/wasm

`,
      err: '',
    },
  },
  {
    line: 'cluster-info',
    why: 'upstream fails where there are no services',
    ours: {
      code: 0,
      out: `Kubernetes control plane is running at http://SERVER

To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.
`,
      err: '',
    },
  },
  {
    line: 'cluster-info dump --namespaces=kube-public',
    why: 'it is not in ours',
    ours: {
      code: 1,
      out: '',
      err: `error: unknown flag: --namespaces
See 'kubectl cluster-info --help' for usage.
`,
    },
  },
  {
    line: 'config view',
    why: 'the node has a configuration',
    ours: {
      code: 0,
      out: `apiVersion: v1
clusters:
- cluster:
    server: http://SERVER
  name: sandglass
contexts:
- context:
    cluster: sandglass
    user: admin
  name: sandglass
current-context: sandglass
kind: Config
users:
- name: admin
  user: {}
`,
      err: '',
    },
  },
  {
    line: 'config current-context',
    why: 'the node has a configuration',
    ours: { code: 0, out: 'sandglass\n', err: '' },
  },
  {
    line: 'config get-contexts',
    why: 'the node has a configuration',
    ours: {
      code: 0,
      out: `CURRENT   NAME        CLUSTER     AUTHINFO   NAMESPACE
*         sandglass   sandglass   admin      
`,
      err: '',
    },
  },
  {
    line: 'config set-context x --namespace=other',
    why: 'ours changes its one context only',
    ours: { code: 1, out: '', err: 'error: no context exists with the name: "x"\n' },
  },
  {
    line: 'options',
    why: 'the descriptions are its own',
    ours: {
      code: 0,
      out: `The following options can be passed to any command:

    --as='':
	Username to impersonate; this server knows no users.

    --as-group=[]:
	Groups to impersonate; this server knows no users.

    --as-uid='':
	UID to impersonate; this server knows no users.

    --cache-dir='':
	Where discovery would be cached; it is asked in memory here.

    --certificate-authority='':
	File of the server's certificate authority.

    --client-certificate='':
	File of a client certificate.

    --client-key='':
	File of its key.

    --cluster='':
	Name of the cluster of the configuration to use.

    --context='':
	Name of the context of the configuration to use.

    --disable-compression=false:
	Do not ask the server to compress its answers.

    --insecure-skip-tls-verify=false:
	Do not check the server's certificate.

    --kubeconfig='':
	File with the configuration.

    --kuberc='':
	File with preferences.

    --match-server-version=false:
	Refuse a server of another version than the client's.

    -n, --namespace='':
	Namespace that the command is about.

    --profile='none':
	Kind of profile to take.

    --profile-output='profile.pprof':
	File for the profile.

    --request-timeout='0':
	How long to wait for a single answer of the server, such as 1s, 2m or 3h; 0 is for ever.

    -s, --server='':
	Address and port of the server.

    --tls-server-name='':
	Name that the server's certificate is checked for.

    --token='':
	Bearer token.

    --user='':
	Name of the user of the configuration to use.

    -v, --v=0:
	Level of log messages; 6 tells of the requests.

    --vmodule='':
	Levels of log messages by file.

    --warnings-as-errors=false:
	Fail if the server warns.
`,
      err: '',
    },
  },
];
