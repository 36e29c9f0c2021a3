import { expect, test } from 'vitest';
import { accessibilityViolations, bringAxe } from './axe.ts';
import { useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

/** pause, as a container, has no shell. */
const pod = `apiVersion: v1
kind: Pod
metadata: {name: many}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  initContainers:
  - {name: prepare, image: "busybox:1.36", command: [echo, made ready]}
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, "echo one; until [ -e /go-on ]; do sleep 0.2; done; echo two; until [ -e /end ]; do sleep 0.2; done; exit 3"]
  - {name: bare, image: "registry.k8s.io/pause:3.10"}
`;

async function choose(name: string): Promise<void> {
  await visit.button('Shell or logs of a container').click();
  await visit.button(name).click();
}

/** Shows a tab, and gives its terminal the keys. */
async function show(tab: string): Promise<void> {
  await visit.page.getByRole('tab', { name: tab }).click();
  await visit.clickIntoTerminal();
}

test('a shell in any container of a pod, and its logs, until the container ends', async () => {
  const context = await site.newContext();
  await bringAxe(context);
  visit = await site.openShell({ context });
  await visit.nodeIsReady();
  await visit.enter("cat > pod.yaml <<'END'", ...pod.trimEnd().split('\n'), 'END');
  await visit.run('kubectl apply -f pod.yaml');
  expect(await visit.run('kubectl wait --for=condition=Ready pod/many --timeout=120s')).toBe(
    'pod/many condition met',
  );

  await choose('Shell in many/app');
  await visit.shows(/^\$ kubectl exec -it -n default many -c app -- sh\n(?:.|\n)*\n\/ # ?$/);
  const { size } = await visit.active();
  await visit.enter('stty size; hostname; touch /go-on');
  await visit.shows(new RegExp(`${size?.rows} ${size?.columns}\\nmany\\n`));

  await choose('Logs of many/app');
  await visit.shows(/^\$ kubectl logs -f -n default many -c app\none\ntwo\n?$/);
  expect((await visit.active()).state).toBe('open');

  // An init container has ended long ago: its log is there, and how it ended.
  await visit.button('Shell or logs of a container').click();
  const menu = visit.page.getByRole('group', { name: 'Shell or logs of a container' });
  await menu.getByText('init, Completed').waitFor();
  expect(await accessibilityViolations(visit.page)).toEqual([]);
  await visit.button('Logs of many/prepare').click();
  await visit.shows(
    /-c prepare\nmade ready\n+\[kubectl exited with code 0 — Enter to run it again, Ctrl\+D to close\]\n\[The container prepare has ended: Completed, exit code 0\.\]$/,
  );

  // Without a shell there is none, in kubectl's words.
  await choose('Shell in many/bare');
  await visit.shows(
    /-c bare -- sh\n(?:.|\n)*executable file (?:.|\n)*not found(?:.|\n)*\n\[kubectl exited with code \d+ — /,
  );

  await show('many/app shell');
  await visit.enter('touch /end');
  const end =
    /\[kubectl exited with code \d+ — .*\]\n\[The container app has ended: Error, exit code 3\.\]$/;
  await visit.shows(end);
  await show('many/app logs');
  await visit.shows(end);
  expect((await visit.active()).state).toBe('ended');

  // In the list of pods there is the same of each container.
  await visit.page.getByRole('button', { name: 'X-ray', exact: true }).click();
  await visit.page.getByRole('tab', { name: 'Pods', exact: true }).click();
  const list = visit.page.getByRole('list', { name: 'Containers of many' });
  expect(await list.getByRole('listitem').count()).toBe(3);
  await list.getByRole('button', { name: 'Shell in many/bare' }).click();
  await visit.page.getByRole('tab', { name: 'many/bare shell (2)', selected: true }).waitFor();
  await visit.shows(/not found/);
}, 300_000);

test('a machine that begins anew leaves a container’s terminal ended, and the node’s begins again', async () => {
  visit = await site.openShell();
  await visit.nodeIsReady();
  await visit.run('kubectl run web --image=busybox:1.36 -- sleep 1d');
  await visit.run('kubectl wait --for=condition=Ready pod/web --timeout=120s');
  await choose('Shell in web/web');
  await visit.shows(/\/ # ?$/);
  await visit.choose('Restart from snapshot…');
  await visit.page.getByRole('button', { name: 'Restart', exact: true }).click();
  await visit.shows(
    /\[node-1 was restarted from its snapshot\. Enter to run it again, Ctrl\+D to close\]$/,
  );
  await visit.page.getByRole('tab', { name: 'node-1', exact: true }).click();
  await visit.prompts();
  await visit.page.getByRole('tab', { name: 'web/web shell, ended' }).click();
  await visit.clickIntoTerminal();
  await visit.page.keyboard.press('Enter');
  // There is no such pod, or no API server yet.
  await visit.shows(/to close\]\n\$ kubectl exec .*\n(?:.|\n)+\n\[kubectl exited with code 1 — /);
}, 300_000);
