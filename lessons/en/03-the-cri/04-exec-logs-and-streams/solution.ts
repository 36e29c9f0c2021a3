import type { LessonSolutions } from '#lessons/code.ts';
import { isRunning, podNamed } from '#lessons/scene.ts';

const log = '/var/log/pods/default_web_*/ticker/0.log';

export default {
  'logs-are-a-file': async (reader) => {
    await reader.apply('web.yaml');
    await reader.until('both containers run', (scene) => {
      const web = podNamed(scene, 'web');
      return isRunning(web, 'server') && isRunning(web, 'ticker');
    });
    await reader.run('kubectl logs web -c ticker --tail 3');
    await reader.run(
      `echo "$(date -u +%FT%T.000000000Z) stdout F nobody said this" >> $(ls ${log} | tail -n 1)`,
    );
    await reader.run('kubectl logs web -c ticker --tail 3');
  },
  'a-call-that-waits': async (reader) => {
    await reader.run(
      "crictl exec --sync $(crictl ps -q --name '^server$' | head -n 1) ls -l /index.html",
    );
  },
  'an-address': async (reader) => {
    await reader.run(
      "kubectl exec web -c server -- sh -c 'echo to stdout; echo to stderr >&2; exit 3'",
    );
  },
  'frame-by-frame': async (reader) => {
    await reader.run('echo hello | kubectl exec -i web -c server -- cat');
  },
  'the-redirect-and-the-proxy': async (reader) => {
    await reader.run(
      'kubectl port-forward pod/web 9090:8080 > /dev/null & until curl -sf http://127.0.0.1:9090/index.html; do sleep 0.2; done; kill $!',
    );
  },
} satisfies LessonSolutions;
