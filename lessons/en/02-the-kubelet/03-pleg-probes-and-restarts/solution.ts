import type { LessonSolutions } from '#lessons/code.ts';
import { removePod } from '#lessons/remove-pod.ts';
import { isRunning, podNamed } from '#lessons/scene.ts';

const mended = `apiVersion: v1
kind: Pod
metadata:
  name: late
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: server
      image: busybox:1.36
      command: [sh, -c, 'echo fine > /tmp/index.html; sleep 6; exec httpd -f -p 8080 -h /tmp']
      livenessProbe:
        httpGet: { port: 8080 }
        periodSeconds: 1
        failureThreshold: 2
      startupProbe:
        httpGet: { port: 8080 }
        periodSeconds: 1
        failureThreshold: 30
`;

export default {
  'a-second-late': async (reader) => {
    await reader.apply('foo.yaml');
    await reader.until('foo runs', (scene) => isRunning(podNamed(scene, 'foo'), 'a'));
    await reader.breakOn('sync-loop/pleg');
    await reader.run("pkill -KILL -fx 'sleep 86400'");
    await reader.until(
      'SyncLoop is held before what PLEG has found',
      ({ held }) => held.length > 0,
    );
    await reader.runOn();
    await reader.passed('again');
  },
  'longer-each-time': (reader) => reader.apply('crash.yaml'),
  'is-it-alive': async (reader) => {
    await removePod(reader, 'crash');
    await reader.apply('web.yaml');
    await reader.until('web runs', (scene) => isRunning(podNamed(scene, 'web'), 'server'));
    await reader.run('kubectl exec web -- rm /tmp/index.html');
  },
  'is-it-ready': async (reader) => {
    await reader.apply('door.yaml');
    await reader.passed('closed');
    await reader.run('kubectl exec door -- touch /tmp/open');
  },
  'has-it-started': async (reader) => {
    await removePod(reader, 'late');
    await reader.write('late.yaml', mended);
    await reader.apply('late.yaml');
  },
} satisfies LessonSolutions;
