import { beforeEach, expect, it } from 'vitest';
import { CallLinks } from './call-links.ts';

const pod = { name: 'web', namespace: 'default', uid: 'uid-1' };
let links: CallLinks;

beforeEach(() => {
  links = new CallLinks();
});

it('knows a pod by its sandbox and its containers once they were made', () => {
  const run = { config: { metadata: { ...pod, attempt: 0 } } };
  expect(links.of(run)).toEqual({ pod });
  links.learn('RunPodSandbox', run, { podSandboxId: 's1' });
  expect(links.of(run, { podSandboxId: 's1' })).toEqual({ pod, sandboxId: 's1' });
  const createContainer = { podSandboxId: 's1', config: { metadata: { name: 'main' } } };
  links.learn('CreateContainer', createContainer, { containerId: 'c1' });
  expect(links.of({ containerId: 'c1' })).toEqual({ pod, sandboxId: 's1', containerId: 'c1' });
});

it('learns from lists whom an earlier life made, and does not take a list for a call about them', () => {
  const sandboxes = { items: [{ id: 's1', metadata: pod }] };
  expect(links.of({}, sandboxes)).toEqual({});
  links.learn('ListPodSandbox', {}, sandboxes);
  links.learn('ListContainers', {}, { containers: [{ id: 'c1', podSandboxId: 's1' }] });
  expect(links.of({ containerId: 'c1' }).pod).toEqual(pod);
});

it('forgets what was removed', () => {
  links.learn('ListPodSandbox', {}, { items: [{ id: 's1', metadata: pod }] });
  links.learn('RemovePodSandbox', { podSandboxId: 's1' }, {});
  expect(links.of({ podSandboxId: 's1' })).toEqual({ sandboxId: 's1' });
});

it('forgets the containers of a sandbox with it, and all of them by short ids, too', () => {
  const learn = (): void => {
    links.learn('ListPodSandbox', {}, { items: [{ id: 's1234', metadata: pod }] });
    links.learn('ListContainers', {}, { containers: [{ id: 'c5678', podSandboxId: 's1234' }] });
  };
  learn();
  links.learn('RemoveContainer', { containerId: 'c56' }, {});
  expect(links.of({ containerId: 'c5678' })).toEqual({ containerId: 'c5678' });
  learn();
  links.learn('RemovePodSandbox', { podSandboxId: 's12' }, {});
  expect(links.of({ podSandboxId: 's1234' })).toEqual({ sandboxId: 's1234' });
  expect(links.of({ containerId: 'c5678' })).toEqual({ containerId: 'c5678' });
});

it('knows whom the beginning of an id means, if it is but one', () => {
  links.learn(
    'ListPodSandbox',
    {},
    {
      items: [
        { id: 's1234', metadata: pod },
        { id: 's1299', metadata: pod },
      ],
    },
  );
  links.learn('ListContainers', {}, { containers: [{ id: 'c5678', podSandboxId: 's1234' }] });
  expect(links.of({ containerId: 'c5' })).toEqual({
    pod,
    sandboxId: 's1234',
    containerId: 'c5678',
  });
  expect(links.of({ podSandboxId: 's123' })).toEqual({ pod, sandboxId: 's1234' });
  expect(links.of({ podSandboxId: 's12' })).toEqual({ sandboxId: 's12' });
});

it('names neither pod nor container where nobody said it', () => {
  expect(links.of({ containerId: 'c9' })).toEqual({ containerId: 'c9' });
});
