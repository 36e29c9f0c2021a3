import { expect, it } from 'vitest';
import { ImageService, RuntimeService } from './api_pb.ts';
import { imageMethods, runtimeMethods } from './methods.ts';

it.each([
  [RuntimeService, runtimeMethods],
  [ImageService, imageMethods],
])('names every method of %s', (service, methods) => {
  expect(methods).toEqual(service.methods.map(({ name }) => name));
});
