import { describe, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { resources } from './resources.ts';
import {
  alreadyExists,
  conflict,
  expired,
  forbidden,
  internalError,
  invalid,
  isConflict,
  isExpired,
  isNotFound,
  methodNotSupported,
  modifiedText,
  notFound,
  statusError,
  statusOf,
  success,
} from './status.ts';
import { duplicate, required } from './validation/field-error.ts';
import { field } from './validation/field-path.ts';

describe('failures', () => {
  it.each([
    [notFound(resources.pods, 'a'), 404, 'NotFound', 'pods "a" not found'],
    [
      notFound(resources.leases, 'a"b'),
      404,
      'NotFound',
      'leases.coordination.k8s.io "a\\"b" not found',
    ],
    [alreadyExists(resources.pods, 'a'), 409, 'AlreadyExists', 'pods "a" already exists'],
    [
      conflict(resources.pods, 'a', modifiedText),
      409,
      'Conflict',
      'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [forbidden(resources.pods, 'a', 'no'), 403, 'Forbidden', 'pods "a" is forbidden: no'],
    [
      methodNotSupported(resources.bindings, 'list'),
      405,
      'MethodNotAllowed',
      'list is not supported on resources of kind "bindings"',
    ],
    [internalError('why'), 500, 'InternalError', 'Internal error occurred: why'],
  ])('%#: have upstream’s code, reason and text', (error, code, reason, message) => {
    expect(error.status).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure' });
    expect(error.status).toMatchObject({ code, reason, message });
    expect(error.message).toBe(message);
  });

  it('tell every error of an object once, and each as a cause', () => {
    const path = field('spec', 'containers').index(0).child('name');
    const errors = [required(path), duplicate(path, 'x'), required(path)];
    const { status } = invalid({ group: '', kind: 'Pod' }, 'a', errors);
    expect(status.message).toBe(
      'Pod "a" is invalid: [spec.containers[0].name: Required value, spec.containers[0].name: Duplicate value: "x"]',
    );
    expect(status).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(status.details).toEqual({
      name: 'a',
      kind: 'Pod',
      causes: [
        {
          reason: 'FieldValueRequired',
          message: 'Required value',
          field: 'spec.containers[0].name',
        },
        {
          reason: 'FieldValueDuplicate',
          message: 'Duplicate value: "x"',
          field: 'spec.containers[0].name',
        },
        {
          reason: 'FieldValueRequired',
          message: 'Required value',
          field: 'spec.containers[0].name',
        },
      ],
    });
  });

  it('tell one error without brackets', () => {
    const { message } = invalid({ group: 'node.k8s.io', kind: 'RuntimeClass' }, 'a', [
      required(field('handler')),
    ]);
    expect(message).toBe('RuntimeClass.node.k8s.io "a" is invalid: handler: Required value');
  });

  it('survive being sent', () => {
    const sent = statusError(notFound(resources.pods, 'a').status);
    expect(isNotFound(sent)).toBe(true);
    expect(sent.code).toBe('not-found');
    expect(isConflict(sent)).toBe(false);
    expect(isExpired(expired('old'))).toBe(true);
  });
});

describe('statusOf', () => {
  it('gives back the Status of a failure', () => {
    const error = notFound(resources.pods, 'a');
    expect(statusOf(error)).toBe(error.status);
  });

  it.each([
    [new SandglassError('unavailable', 'away'), 503, 'ServiceUnavailable', 'away'],
    [new SandglassError('deadline-exceeded', 'late'), 504, 'Timeout', 'late'],
    [
      new SandglassError('data-loss', 'gone'),
      500,
      'InternalError',
      'Internal error occurred: gone',
    ],
    [new Error('oops'), 500, 'InternalError', 'Internal error occurred: oops'],
    ['text', 500, 'InternalError', 'Internal error occurred: text'],
  ])('%#: finds the nearest for any other', (thrown, code, reason, message) => {
    expect(statusOf(thrown)).toMatchObject({ code, reason, message });
  });

  it('says what went well without a code', () => {
    expect(success({ name: 'a', kind: 'pods', uid: 'u' })).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'pods', uid: 'u' },
    });
  });
});
