import { applying } from './apply.ts';
import { deleting } from './delete.ts';
import { describing } from './describe.ts';
import { getting } from './get.ts';
import { kyaml } from './kyaml.ts';
import { nodes } from './nodes.ts';
import { patching } from './patch.ts';
import { podsWithoutKubelet } from './pods.ts';
import { others } from './rest.ts';
import { running } from './run.ts';
import type { CommandGroup } from '../command-group.ts';

export const commandGroups: readonly CommandGroup[] = [
  getting,
  describing,
  podsWithoutKubelet,
  applying,
  kyaml,
  patching,
  nodes,
  deleting,
  running,
  others,
];
