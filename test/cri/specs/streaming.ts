import { expect } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { readAllText } from '#base/byte-stream.ts';
import { NamespaceMode } from '#kube/cri/api_pb.ts';
import { PortForwardClient, type Transport } from '#kube/streaming/portforward/client.ts';
import { RemoteCommandClient } from '#kube/streaming/remotecommand/client.ts';
import type { CriNode, Pod } from '../cri.ts';
import { expectMainPage, nginx } from './networking.ts';
import { type SpecGroup, inPod } from './spec.ts';

const hostNetNginx = 'gcr.io/k8s-staging-cri-tools/hostnet-nginx-386';

const bytes = (text: string) => new TextEncoder().encode(text);
const queue = () => new ByteQueue({ capacity: 1 << 20 });

/** What came so far, once it is long enough. */
async function readSome(source: ByteQueue, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const chunk = await source.read();
    if (!chunk) throw new Error(`The stream ended after ${JSON.stringify(text)}.`);
    text += new TextDecoder().decode(chunk);
  }
  return text;
}

/** The main page of a web server in the pod, through the URL that PortForward gives. */
async function expectForwarded(
  cri: CriNode,
  { id }: Pod,
  port: number,
  transport: Transport,
): Promise<void> {
  const { url } = await cri.runtime.portForward({ podSandboxId: id });
  const connection = await new PortForwardClient(cri.upgrade, { transport }).open(new URL(url));
  const forwarded = await connection.connect(port);
  await forwarded.outgoing.write(bytes('GET / HTTP/1.0\r\n\r\n'));
  forwarded.outgoing.end();
  expect(await readAllText(forwarded.incoming)).toMatch(/^HTTP\/1\.[01] 200 /);
  connection.close();
}

const hostNetwork = {
  securityContext: { namespaceOptions: { network: NamespaceMode.NODE } },
};

/** As critest runs it, by SPDY unless it is told to use WebSocket. */
export function streaming(transport: Transport): readonly SpecGroup[] {
  const commands = (cri: CriNode) => new RemoteCommandClient(cri.upgrade, { transport });
  return [
    {
      name: 'Streaming runtime should support streaming interfaces',
      specs: {
        'runtime should support exec with tty=false and stdin=false [Conformance]': inPod(
          async (cri, pod) => {
            const { url } = await cri.runtime.exec({
              containerId: await pod.start(),
              cmd: ['echo', '-n', 'hello'],
              stdout: true,
              stderr: true,
            });
            const [stdout, stderr] = [queue(), queue()];
            const result = await commands(cri).run({ url: new URL(url), stdout, stderr });
            stdout.end();
            stderr.end();
            expect(result).toEqual({ code: 0 });
            expect([await readAllText(stdout), await readAllText(stderr)]).toEqual(['hello', '']);
          },
        ),

        'runtime should support exec with tty=true and stdin=true [Conformance]': inPod(
          async (cri, pod) => {
            const { url } = await cri.runtime.exec({
              containerId: await pod.start(),
              cmd: ['echo', '-n', 'hello'],
              stdout: true,
              tty: true,
              stdin: true,
            });
            const [stdin, stdout] = [queue(), queue()];
            // Its input is still open when the command ends.
            const command = { url: new URL(url), tty: true, stdin, stdout };
            expect(await commands(cri).run(command)).toEqual({ code: 0 });
            stdout.end();
            expect(await readAllText(stdout)).toBe('hello');
          },
        ),

        'runtime should support attach [Conformance]': inPod(async (cri, pod) => {
          const containerId = await pod.start({
            command: ['/bin/sh'],
            stdin: true,
            stdinOnce: true,
          });
          const wanted = { stdin: true, stdout: true, stderr: true };
          const { url } = await cri.runtime.attach({ containerId, ...wanted });
          const [stdin, stdout, stderr] = [queue(), queue(), queue()];
          const running = commands(cri).run({ url: new URL(url), stdin, stdout, stderr });
          stdin.push(bytes('echo -n hello\n'));
          expect(await readSome(stdout, 'hello'.length)).toBe('hello');
          // With its input the shell ends, having said nothing else.
          stdin.end();
          expect(await running).toEqual({ code: 0 });
          stdout.end();
          stderr.end();
          expect([await readAllText(stdout), await readAllText(stderr)]).toEqual(['', '']);
        }),

        'runtime should support portforward [Conformance]': inPod(
          async (cri, pod) => {
            await pod.start({ image: { image: nginx } });
            await expectMainPage(cri, `${await pod.address()}:80`);
            await expectForwarded(cri, pod, 80, transport);
          },
          { portMappings: [{ containerPort: 80 }] },
        ),

        'runtime should support portforward in host network': inPod(
          async (cri, pod) => {
            await pod.start({ image: { image: hostNetNginx }, linux: hostNetwork });
            await expectMainPage(cri, '127.0.0.1:12003');
            await expectForwarded(cri, pod, 12_003, transport);
          },
          { hostname: '', portMappings: [{ containerPort: 12_003 }], linux: hostNetwork },
        ),
      },
    },
  ];
}
