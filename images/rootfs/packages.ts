/**
 * What the node's root file system takes from Debian's packages, file by file: everything not named
 * here (documentation, translations, perl, certificate stores) stays out. Paths are those of a merged
 * /usr; `*` stands for anything but a slash. The recipe fails if a pattern matches nothing or if a
 * program's library is missing.
 */
export interface Selection {
  readonly package: string;
  readonly files: readonly string[];
}

const lib = 'usr/lib/i386-linux-gnu';

const bin = (...names: string[]) => names.map((name) => `usr/bin/${name}`);
const sbin = (...names: string[]) => names.map((name) => `usr/sbin/${name}`);
const libs = (...names: string[]) => names.map((name) => `${lib}/${name}.so.*`);

/** Packages of which only the shared libraries are wanted. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  libtinfo6: ['libtinfo'],
  libncursesw6: ['libncursesw'],
  'libproc2-0': ['libproc2'],
  libsmartcols1: ['libsmartcols'],
  libmount1: ['libmount'],
  libblkid1: ['libblkid'],
  libselinux1: ['libselinux'],
  'libpcre2-8-0': ['libpcre2-8'],
  'libcap-ng0': ['libcap-ng'],
  libcap2: ['libcap'],
  libudev1: ['libudev'],
  // ip, tc, ss
  libbpf1: ['libbpf'],
  libmnl0: ['libmnl'],
  libbsd0: ['libbsd'],
  libmd0: ['libmd'],
  libtirpc3: ['libtirpc'],
  // iptables
  libxtables12: ['libxtables'],
  libnftnl11: ['libnftnl'],
  // crun, runc
  libseccomp2: ['libseccomp'],
  libyajl2: ['libyajl'],
  libsystemd0: ['libsystemd'],
  libgcrypt20: ['libgcrypt'],
  'libgpg-error0': ['libgpg-error'],
  'liblz4-1': ['liblz4'],
  liblzma5: ['liblzma'],
  libzstd1: ['libzstd'],
  zlib1g: ['libz'],
  // curl, tcpdump
  libcurl4: ['libcurl'],
  libssl3: ['libssl', 'libcrypto'],
  'libnghttp2-14': ['libnghttp2'],
  'libidn2-0': ['libidn2'],
  libunistring2: ['libunistring'],
  librtmp1: ['librtmp'],
  'libssh2-1': ['libssh2'],
  libpsl5: ['libpsl'],
  'libgssapi-krb5-2': ['libgssapi_krb5'],
  'libkrb5-3': ['libkrb5'],
  libk5crypto3: ['libk5crypto'],
  libkrb5support0: ['libkrb5support'],
  'libcom-err2': ['libcom_err'],
  libkeyutils1: ['libkeyutils'],
  'libldap-2.5-0': ['libldap-2.5', 'liblber-2.5'],
  'libsasl2-2': ['libsasl2'],
  libbrotli1: ['libbrotlicommon', 'libbrotlidec'],
  libgnutls30: ['libgnutls'],
  libnettle8: ['libnettle'],
  libhogweed6: ['libhogweed'],
  libgmp10: ['libgmp'],
  'libp11-kit0': ['libp11-kit'],
  'libtasn1-6': ['libtasn1'],
  libffi8: ['libffi'],
  'libpcap0.8': ['libpcap'],
  'libdbus-1-3': ['libdbus-1'],
};

const programs: readonly Selection[] = [
  {
    package: 'base-files',
    files: ['etc/debian_version', 'etc/os-release', 'etc/host.conf', 'usr/lib/os-release'],
  },
  { package: 'netbase', files: ['etc/protocols', 'etc/services'] },
  {
    package: 'ncurses-base',
    files: ['l/linux', 'v/vt100', 'x/xterm', 'x/xterm-256color'].map(
      (name) => `usr/lib/terminfo/${name}`,
    ),
  },
  {
    package: 'libc6',
    files: [
      'usr/lib/ld-linux.so.2',
      `${lib}/ld-linux.so.2`,
      ...libs('libc', 'libm', 'libresolv', 'libdl', 'libpthread', 'librt', 'libutil'),
    ],
  },
  // the one locale, whole or setlocale(3) refuses it; without it no UTF-8 in bash and nano
  {
    package: 'libc-bin',
    files: ['usr/bin/ldd', 'usr/lib/locale/C.utf8/*', 'usr/lib/locale/C.utf8/LC_MESSAGES/*'],
  },
  { package: 'bash', files: bin('bash') },
  { package: 'busybox', files: bin('busybox') },
  {
    package: 'procps',
    files: [
      ...bin('free', 'kill', 'pgrep', 'pidwait', 'pkill', 'pmap', 'ps', 'pwdx'),
      ...bin('tload', 'top', 'uptime', 'vmstat', 'watch'),
      ...sbin('sysctl'),
    ],
  },
  {
    package: 'util-linux',
    files: [
      ...bin('choom', 'chrt', 'dmesg', 'findmnt', 'flock', 'getopt', 'ionice', 'ipcmk', 'ipcrm'),
      ...bin('ipcs', 'lscpu', 'lsipc', 'lslocks', 'lsns', 'mountpoint', 'namei', 'nsenter'),
      ...bin('prlimit', 'setarch', 'setpriv', 'setsid', 'taskset', 'unshare', 'whereis'),
      ...sbin('pivot_root', 'switch_root'),
    ],
  },
  { package: 'util-linux-extra', files: bin('lsfd') },
  { package: 'bsdutils', files: bin('renice', 'script') },
  { package: 'mount', files: [...bin('mount', 'umount'), ...sbin('losetup')] },
  {
    package: 'iproute2',
    files: [...bin('ip', 'nstat', 'ss'), ...sbin('bridge', 'ip', 'tc'), 'etc/iproute2/*'],
  },
  {
    package: 'iptables',
    files: [
      ...sbin('xtables-nft-multi', 'iptables-nft*', 'iptables-translate', 'xtables-monitor'),
      // what the kernel's configuration has a counterpart of
      ...['standard', 'tcp', 'udp', 'comment', 'conntrack', 'state', 'addrtype', 'multiport'].map(
        (name) => `${lib}/xtables/libxt_${name}.so`,
      ),
      ...['limit', 'mark', 'statistic', 'MARK', 'LOG', 'NAT', 'DNAT', 'SNAT'].map(
        (name) => `${lib}/xtables/libxt_${name}.so`,
      ),
      ...['libxt_MASQUERADE', 'libxt_REDIRECT', 'libipt_REJECT', 'libipt_icmp'].map(
        (name) => `${lib}/xtables/${name}.so`,
      ),
    ],
  },
  { package: 'libelf1', files: [`${lib}/libelf.so.*`, `${lib}/libelf-*.so`] },
  { package: 'strace', files: bin('strace') },
  { package: 'tcpdump', files: bin('tcpdump') },
  { package: 'curl', files: bin('curl') },
  { package: 'less', files: bin('less') },
  {
    package: 'nano',
    files: [
      ...bin('nano'),
      'etc/nanorc',
      ...['c', 'default', 'json', 'sh', 'yaml'].map((name) => `usr/share/nano/${name}.nanorc`),
    ],
  },
  { package: 'crun', files: bin('crun') },
  { package: 'runc', files: [...bin('runc'), ...sbin('runc')] },
  {
    package: 'containernetworking-plugins',
    // not firewall: it starts nothing without an ip6tables, and the kernel has no IPv6
    files: [
      ...['bandwidth', 'bridge', 'host-local', 'loopback', 'portmap', 'ptp', 'static', 'tuning'],
    ].map((name) => `usr/lib/cni/${name}`),
  },
];

export const selections: readonly Selection[] = [
  ...programs,
  ...Object.entries(libraries).map(([name, files]) => ({ package: name, files: libs(...files) })),
];

/**
 * Files in memory whatever their size: what a shell at the prompt, and looking around from it,
 * touches. Everything else above `inMemoryBytes` comes over 9P when it is first read.
 */
export const eager: readonly string[] = [
  'usr/sbin/init',
  'usr/lib/sandglass/*',
  `${lib}/ld-linux.so.2`,
  ...libs('libc', 'libresolv', 'libtinfo', 'libproc2'),
  'usr/lib/locale/C.utf8/LC_CTYPE',
  ...bin('bash', 'busybox', 'ps'),
];

/** A smaller file costs less in the snapshot than its request does. */
export const inMemoryBytes = 16_384;
