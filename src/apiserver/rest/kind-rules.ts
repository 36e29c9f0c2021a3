import type { KubeObject } from '#kube/types.ts';
import type { FieldError } from '#kube/validation/field-error.ts';

export { applyDefaults } from '#kube/defaults/defaults.ts';
export function validateCreate(_object: KubeObject): FieldError[] {
  return [];
}
export function validateUpdate(_next: KubeObject, _previous: KubeObject): FieldError[] {
  return [];
}
export function validateStatusUpdate(_next: KubeObject, _previous: KubeObject): FieldError[] {
  return [];
}
