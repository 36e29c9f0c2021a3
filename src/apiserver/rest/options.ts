import { badRequest, invalid } from '#kube/status.ts';
import type { DeleteOptions } from '#kube/types.ts';
import { field } from '#kube/validation/field-path.ts';
import {
  forbidden,
  invalid as invalidValue,
  notSupported,
  tooLong,
  type FieldError,
} from '#kube/validation/field-error.ts';
import { quote } from '#kube/go-text.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: FieldValidation;
}

export interface ListOptions {
  labelSelector: string;
  fieldSelector: string;
  watch: boolean;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  resourceVersion: string;
  resourceVersionMatch: string;
  timeoutSeconds: number | undefined;
  limit: number;
  continue: string;
}

const group = 'meta.k8s.io';
const fieldValidations: readonly string[] = ['', 'Ignore', 'Strict', 'Warn'];

/** Of a create, update or patch (apimachinery, pkg/apis/meta/v1/validation). */
export function writeOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): WriteOptions {
  const dryRun = query.getAll('dryRun');
  const fieldValidation = query.get('fieldValidation') ?? '';
  const errors: FieldError[] = [];
  if (kind === 'PatchOptions' && query.has('force')) {
    errors.push(forbidden(field('force'), 'may not be specified for non-apply patch'));
  }
  errors.push(...fieldManagerErrors(query.get('fieldManager') ?? ''), ...dryRunErrors(dryRun));
  if (!fieldValidations.includes(fieldValidation)) {
    errors.push(notSupported(field('fieldValidation'), fieldValidation, fieldValidations));
  }
  if (errors.length > 0) throw invalid({ group, kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
  };
}

const maxFieldManager = 128;

function fieldManagerErrors(fieldManager: string): FieldError[] {
  if (new TextEncoder().encode(fieldManager).length > maxFieldManager) {
    return [tooLong(field('fieldManager'), maxFieldManager)];
  }
  return Array.from(fieldManager).flatMap((character, at) => {
    if (!/[\p{C}\p{Z}]/u.test(character) || character === ' ') return [];
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const detail = `invalid character U+${code} (at position ${at})`;
    return [invalidValue(field('fieldManager'), fieldManager, detail)];
  });
}

function dryRunErrors(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((value) => value === 'All')
    ? []
    : [notSupported(field('dryRun'), dryRun, ['All'])];
}

const propagationPolicies = ['Foreground', 'Background', 'Orphan'];

export function checkDeleteOptions(options: DeleteOptions): void {
  const { orphanDependents, propagationPolicy, dryRun = [] } = options;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push(invalidValue(field('propagationPolicy'), propagationPolicy, detail));
  }
  if (propagationPolicy !== undefined && !propagationPolicies.includes(propagationPolicy)) {
    const known = [...propagationPolicies, 'nil'];
    errors.push(notSupported(field('propagationPolicy'), propagationPolicy, known));
  }
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) throw invalid({ group, kind: 'DeleteOptions' }, '', errors);
}

/** Of a delete without a body. */
export function deleteOptionsOf(query: URLSearchParams): DeleteOptions {
  const grace = integer(query, 'gracePeriodSeconds');
  const dryRun = query.getAll('dryRun');
  const orphan = boolean(query, 'orphanDependents');
  const policy = query.get('propagationPolicy');
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  };
}

/** Of a list or watch, with upstream's defaults and checks (apimachinery, pkg/apis/meta/internalversion). */
export function listOptions(query: URLSearchParams): ListOptions {
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    watch: boolean(query, 'watch') ?? false,
    allowWatchBookmarks: boolean(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: boolean(query, 'sendInitialEvents'),
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    timeoutSeconds: integer(query, 'timeoutSeconds'),
    limit: integer(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
  };
  setDefaults(options);
  const errors = options.watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalid({ group, kind: 'ListOptions' }, '', errors);
  return options;
}

function setDefaults(options: ListOptions): void {
  if (options.sendInitialEvents !== undefined || options.resourceVersionMatch !== '') return;
  if (options.watch && ['', '0'].includes(options.resourceVersion)) {
    options.sendInitialEvents = true;
    options.resourceVersionMatch = 'NotOlderThan';
  }
}

const matchField = field('resourceVersionMatch');

function listErrors(options: ListOptions): FieldError[] {
  const { resourceVersionMatch: match, resourceVersion } = options;
  const errors: FieldError[] = [];
  if (match !== '') {
    if (resourceVersion === '') {
      const detail = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
      errors.push(forbidden(matchField, detail));
    }
    errors.push(...continueErrors(options));
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported(matchField, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && resourceVersion === '0') {
      const detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
      errors.push(forbidden(matchField, detail));
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden(field('sendInitialEvents'), 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

function watchErrors(options: ListOptions): FieldError[] {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    const detail = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    errors.push(forbidden(matchField, detail));
  }
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      const detail =
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
      errors.push(forbidden(matchField, detail));
    }
    if (match !== 'NotOlderThan') errors.push(notSupported(matchField, match, ['NotOlderThan']));
    errors.push(...continueErrors(options));
  }
  return errors;
}

function continueErrors(options: ListOptions): FieldError[] {
  if (options.continue === '') return [];
  const detail = 'resourceVersionMatch is forbidden when continue is provided';
  return [forbidden(matchField, detail)];
}

/** Anything but `0` and `false` is true (apimachinery, pkg/runtime/conversion.go). */
export function boolean(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  return value === null ? undefined : value !== '0' && value.toLowerCase() !== 'false';
}

export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^[-+]?\d+$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${quote(value)}: invalid syntax`);
  }
  return Number(value);
}
