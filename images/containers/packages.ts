import { selections as nodeSelections, type Selection } from '../rootfs/packages.ts';

const lib = 'usr/lib/i386-linux-gnu';

/** What the node takes of these packages is what an image takes of them. */
function asOnNode(...packages: string[]): Selection[] {
  return nodeSelections.filter((selection) => packages.includes(selection.package));
}

function libs(name: string, ...files: string[]): Selection {
  return { package: name, files: files.map((file) => `${lib}/${file}.so.*`) };
}

/** Files of Debian's packages, by the layer that they go into. */
export const layerSelections = {
  busybox: [{ package: 'busybox-static', files: ['usr/bin/busybox'] }],
  sharedBusybox: [{ package: 'busybox', files: ['usr/bin/busybox'] }],
  libc: asOnNode('libc6', 'libc-bin', 'base-files', 'netbase'),
  openssl: asOnNode('libssl3', 'zlib1g'),
  nginx: [
    { package: 'nginx', files: ['usr/sbin/nginx'] },
    {
      package: 'nginx-common',
      files: ['mime.types', 'fastcgi_params', 'scgi_params', 'uwsgi_params'].map(
        (name) => `etc/nginx/${name}`,
      ),
    },
    libs('libcrypt1', 'libcrypt'),
    ...asOnNode('libpcre2-8-0'),
  ],
  redis: [
    { package: 'redis-server', files: ['usr/bin/redis-server'] },
    {
      package: 'redis-tools',
      files: ['redis-cli', 'redis-benchmark', 'redis-check-rdb'].map((name) => `usr/bin/${name}`),
    },
    libs('libatomic1', 'libatomic'),
    libs('libjemalloc2', 'libjemalloc'),
    libs('liblzf1', 'liblzf'),
    { package: 'libstdc++6', files: [`${lib}/libstdc++.so.*`] },
    libs('libgcc-s1', 'libgcc_s'),
    ...asOnNode('libsystemd0', 'libcap2', 'libgcrypt20', 'libgpg-error0', 'liblz4-1', 'liblzma5'),
    ...asOnNode('libzstd1'),
  ],
  toolbox: [
    ...asOnNode('bash', 'ncurses-base', 'procps', 'util-linux', 'strace', 'tcpdump', 'curl'),
    ...asOnNode('iproute2', 'libelf1', 'less', 'mount'),
    { package: 'iputils-ping', files: ['usr/bin/ping'] },
    { package: 'ldnsutils', files: ['usr/bin/drill'] },
    libs('libldns3', 'libldns'),
    // of ip, ss and mount
    ...asOnNode('libbpf1', 'libmnl0', 'libbsd0', 'libmd0', 'libtirpc3', 'libxtables12', 'libcap2'),
    ...asOnNode('libselinux1', 'libpcre2-8-0', 'libmount1', 'libblkid1', 'libsmartcols1'),
    ...asOnNode('libtinfo6', 'libncursesw6', 'libproc2-0', 'libudev1', 'libcap-ng0'),
    // of curl and tcpdump
    ...asOnNode('libcurl4', 'libnghttp2-14', 'libidn2-0', 'libunistring2', 'librtmp1', 'libssh2-1'),
    ...asOnNode('libpsl5', 'libgssapi-krb5-2', 'libkrb5-3', 'libk5crypto3', 'libkrb5support0'),
    ...asOnNode('libcom-err2', 'libkeyutils1', 'libldap-2.5-0', 'libsasl2-2', 'libbrotli1'),
    ...asOnNode('libgnutls30', 'libnettle8', 'libhogweed6', 'libgmp10', 'libp11-kit0'),
    ...asOnNode('libtasn1-6', 'libffi8', 'libpcap0.8', 'libdbus-1-3', 'libsystemd0'),
    ...asOnNode('libgcrypt20', 'libgpg-error0', 'liblz4-1', 'liblzma5', 'libzstd1'),
  ],
} satisfies Readonly<Record<string, readonly Selection[]>>;

export type PackagedLayer = keyof typeof layerSelections;

export const packageNames: readonly string[] = [
  ...new Set(
    Object.values(layerSelections)
      .flat()
      .map((selection) => selection.package),
  ),
].sort();
