import type { CommandGroup } from '../command-group.ts';

export const kyaml: CommandGroup = {
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
};
