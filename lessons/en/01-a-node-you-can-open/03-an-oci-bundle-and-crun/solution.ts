import type { LessonSolutions } from '#lessons/code.ts';

export default {
  'a-bundle': async (reader) => {
    await reader.run('./make-root rootfs');
    await reader.run('rm -f config.json; crun spec');
    await reader.run(
      `sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"sleep", "86400"/' config.json`,
    );
  },
  created: (reader) => reader.run('crun create one < /dev/null > one.log 2>&1'),
  started: async (reader) => {
    await reader.run('crun start one');
    await reader.run('crun exec --detach one sleep 3000');
  },
  'beside-it': async (reader) => {
    await reader.run("./beside $(pgrep -fx 'sleep 86400')");
    await reader.run('crun run --detach --bundle two two < /dev/null > two.log 2>&1');
  },
  'whose-bundles': async (reader) => {
    await reader.run('kubectl run web --image=busybox:1.36 -- sleep 4000');
    await reader.passed('runs');
    await reader.run("crun exec $(crictl ps -q --name '^web$' | head -n 1) touch /tmp/i-was-here");
  },
} satisfies LessonSolutions;
