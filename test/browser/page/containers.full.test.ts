import { expect, test } from 'vitest';
import type { ContainerState, Pod } from '#kube/types.ts';
import { type PageUnderTest, useHarness } from './harness.ts';

const harness = useHarness();
let subject: PageUnderTest;

const hostile = '<img src=x onerror=document.title=1>';

interface Told {
  name: string;
  state: ContainerState;
  id?: string;
}

function podOf(name: string, init: Told[], containers: Told[]): Pod {
  const spec = ({ name }: Told) => ({ name, image: 'busybox:1.36' });
  const status = ({ name, state, id }: Told) => ({
    name,
    state,
    image: 'busybox:1.36',
    imageID: '',
    ready: false,
    restartCount: 0,
    ...(id === undefined ? {} : { containerID: id }),
  });
  return {
    metadata: { namespace: 'default', name, uid: `uid-${name}` },
    spec: { initContainers: init.map(spec), containers: containers.map(spec) },
    status: {
      phase: 'Running',
      initContainerStatuses: init.map(status),
      containerStatuses: containers.map(status),
    },
  };
}

const web = podOf(
  'web',
  [{ name: 'prepare', state: { terminated: { reason: 'Completed', exitCode: 0 } }, id: 'p' }],
  [
    { name: 'app', state: { running: {} }, id: 'a' },
    { name: 'late', state: { waiting: { reason: 'ContainerCreating' } } },
  ],
);

function tellPods(...pods: Pod[]): Promise<unknown> {
  return subject.page.evaluate((told) => window.node.tellPods(told), pods);
}

const button = (name: string) => subject.page.getByRole('button', { name, exact: true });
const menu = () => subject.page.getByRole('group', { name: 'Shell or logs of a container' });

test('by the keyboard: a shell in a container, from the tabs and back into the terminal', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await tellPods(web);
  await page.keyboard.press('Control+Shift+ArrowUp');
  await page.keyboard.press('Tab');
  expect(await subject.focus()).toBe('New terminal');
  await page.keyboard.press('Tab');
  const opener = 'Shell or logs of a container';
  expect(await subject.focus()).toBe(opener);
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('Shell in web/prepare');
  await page.keyboard.press('Escape');
  await menu().waitFor({ state: 'hidden' });
  expect(await subject.focus()).toBe(opener);
  await page.keyboard.press('Enter');
  const focus = async (name: string) => {
    await page.keyboard.press('ArrowDown');
    expect(await subject.focus()).toBe(name);
  };
  await expect.poll(() => subject.focus()).toBe('Shell in web/prepare');
  await focus('Logs of web/prepare');
  await focus('Shell in web/app');
  await page.keyboard.press('Enter');
  await subject.shows('$ kubectl exec -it -n default web -c app -- sh\nkubectl> ');
  await menu().waitFor({ state: 'hidden' });
  await expect.poll(() => subject.focus()).toBe('the terminal');
  const tab = page.getByRole('tab', { name: 'web/app shell', selected: true });
  expect(await tab.getAttribute('title')).toBe('kubectl exec -it -n default web -c app -- sh');
  await subject.type('exit 3\r');
  await subject.shows('[kubectl exited with code 3 — Enter to run it again, Ctrl+D to close]');
  await page.getByRole('tab', { name: 'web/app shell, ended' }).waitFor();
  await page.keyboard.press('Control+d');
  await page.getByRole('tab', { name: 'node-1', selected: true }).waitFor();
  expect(await page.getByRole('tab', { name: /web/ }).count()).toBe(0);
});

test('what a container has not is not offered, and says why', async () => {
  subject = await harness.openShell();
  expect(await button('Shell or logs of a container').count()).toBe(0);
  await tellPods(web);
  await button('Shell or logs of a container').click();
  const pod = menu().getByRole('group', { name: 'Containers of web' });
  await pod.getByText('init, Completed').waitFor();
  expect(await button('Shell in web/prepare').getAttribute('aria-disabled')).toBe('true');
  expect(await button('Shell in web/prepare').getAttribute('title')).toBe('It does not run now.');
  // Nothing of it can be seen yet.
  expect(await pod.getByText('late').count()).toBe(0);
  await button('Shell in web/prepare').focus();
  await subject.page.keyboard.press('Enter');
  expect(await subject.page.evaluate(() => window.node.calls.join())).not.toContain('terminal');
  await button('Logs of web/prepare').click();
  await subject.shows('$ kubectl logs -f -n default web -c prepare\n');
});

test('a list that is open when its last pod goes says so', async () => {
  subject = await harness.openShell();
  await tellPods(web);
  await button('Shell or logs of a container').click();
  await menu().getByText('init, Completed').waitFor();
  await tellPods();
  await menu().getByText('No container is there any more.').waitFor();
  await subject.page.keyboard.press('Escape');
  await menu().waitFor({ state: 'hidden' });
  expect(await button('Shell or logs of a container').count()).toBe(0);
});

test('the list of pods has the same of each container', async () => {
  subject = await harness.openShell({ viewport: { width: 1280, height: 800 } });
  const { page } = subject;
  await tellPods(web, podOf(hostile, [], [{ name: hostile, state: { running: {} }, id: 'h' }]));
  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  await page.getByRole('tab', { name: 'Pods', exact: true }).click();
  const list = page.getByRole('list', { name: 'Containers of web' });
  expect(await list.getByRole('listitem').count()).toBe(3);
  await list
    .getByRole('listitem')
    .filter({ hasText: 'late' })
    .getByText('ContainerCreating')
    .waitFor();
  expect(await button('Logs of web/late').getAttribute('title')).toBe('It has not run yet.');
  await button('Logs of web/app').click();
  await subject.shows('$ kubectl logs -f -n default web -c app\nkubectl> ');
  await expect.poll(() => subject.focus()).toBe('the terminal');
  await button('Shell in web/app').click();
  await page.getByRole('tab', { name: 'web/app shell', selected: true }).waitFor();
  // Logs are followed in one tab.
  await button('Logs of web/app').click();
  await page.getByRole('tab', { name: 'web/app logs', selected: true }).waitFor();
  expect(await page.getByRole('tab', { name: /^web\/app/ }).count()).toBe(2);
  // A name that no API server would take is text, and one word.
  await button(`Shell in ${hostile}/${hostile}`).click();
  await subject.shows(`$ kubectl exec -it -n default '${hostile}' -c '${hostile}' -- sh`);
  const calls = await page.evaluate(() =>
    window.node.calls.filter((call) => /^terminal/.test(call)),
  );
  expect(JSON.parse(calls.at(-1)?.slice('terminal '.length) ?? '')).toContain(hostile);
  expect(await page.locator('img[src=x]').count()).toBe(0);
});

test('what is typed for the reader never goes to a container', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await tellPods(web);
  await button('Shell or logs of a container').click();
  await button('Shell in web/app').click();
  await subject.shows('kubectl> ');
  await page.getByRole('button', { name: 'Edit & break', exact: true }).click();
  await page.getByRole('button', { name: 'Apply' }).click();
  await subject.shows('kubectl apply -f /root/one-container.yaml\n');
  expect((await subject.active())?.title).toBe('node-1');
  expect(await subject.received(2)).toEqual([]);
});

test.each([320, 390])(
  'on a phone of %d px the menu has room, and its buttons are large enough',
  async (width) => {
    subject = await harness.openShell({
      viewport: { width, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    const { page } = subject;
    const long = 'a-deployment-with-a-long-name-5d7f8c9b6-x2x4z';
    await tellPods(
      web,
      ...Array.from({ length: 8 }, (_, index) =>
        podOf(`${long}-${index}`, [], [{ name: 'app', state: { running: {} }, id: `${index}` }]),
      ),
    );
    await page.getByRole('button', { name: 'X-ray', exact: true }).tap();
    await button('Shell or logs of a container').tap();
    const box = await menu().boundingBox();
    if (!box) throw new Error('There is no menu.');
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(box.y + box.height).toBeLessThanOrEqual(740);
    expect(box.height).toBeGreaterThanOrEqual(200);
    const overflow = await menu().evaluate((element) => element.scrollWidth - element.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    for (const each of await menu().getByRole('button').all()) {
      const size = await each.boundingBox();
      expect(Math.min(size?.width ?? 0, size?.height ?? 0)).toBeGreaterThanOrEqual(24);
    }
    await button(`Logs of ${long}-7/app`).tap();
    await subject.shows('$ kubectl logs -f');
    // No keyboard comes up that nobody asked for, and the tabs stay within the page.
    expect(await subject.focus()).not.toBe('the terminal');
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(beyond).toBeLessThanOrEqual(0);
    await page.getByRole('tab', { name: `${long}-7/app logs`, selected: true }).waitFor();
  },
);
