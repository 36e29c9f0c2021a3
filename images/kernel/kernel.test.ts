import { expect, test } from 'vitest';
import { checkConfig } from './linux.ts';

test('an option that kconfig dropped, changed or turned on is an error', () => {
  const actual =
    '# Linux\nCONFIG_NET=y\nCONFIG_NR_CPUS=2\nCONFIG_IPV6=y\n# CONFIG_PNP is not set\n';
  checkConfig('# a comment\nCONFIG_NET=y\n# CONFIG_PNP is not set\n', actual, 'x.config');
  for (const wanted of ['CONFIG_BRIDGE=y', 'CONFIG_NR_CPUS=1', '# CONFIG_IPV6 is not set']) {
    expect(() => {
      checkConfig(`${wanted}\n`, actual, 'x.config');
    }).toThrow(wanted);
  }
});
