import type { TestCluster } from './test-cluster.ts';

/**
 * Puts a script in the place of a program of the node while `work` goes on, which finds the program itself as
 * `$real`. It is bound over the program, so that no path to it leads past the script.
 */
export async function standInFor<T>(
  cluster: TestCluster,
  program: string,
  script: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const real = `/run/stand-ins/${name}.real`;
  const text = `#!/bin/bash\nreal=${real}\n${script}\n`;
  await cluster.shell('mkdir -p /run/stand-ins');
  await cluster.node.running.agent.files.write(`/run/stand-ins/${name}`, text, { mode: 0o755 });
  const place = await cluster.shell(`cp -L ${program} ${real}; readlink -f ${program}`);
  await cluster.shell(`mount --bind /run/stand-ins/${name} ${place.trim()}`);
  try {
    return await work();
  } finally {
    await cluster.shell(`umount -l ${place.trim()}; rm -r /run/stand-ins`);
  }
}

/** Ends a stand-in, with whoever called it where that is wanted, the first time that `when` is true. */
export function diesOnce(when: string, before: string): string {
  return `if ${when} && ! [ -e /run/stand-ins/died ]; then
    touch /run/stand-ins/died
    ${before}
    kill -9 $$
  fi
  exec $real "$@"`;
}
