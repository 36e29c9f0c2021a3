import { failure } from '#cli/command/errors.ts';
import type { PodSandboxConfig } from '#kube/cri/api_pb.ts';
import type { RemoteImages } from '#cli/crictl/remote/remote-images.ts';
import type { Login } from './registry-login.ts';

export interface Pull {
  image: string;
  login: Login | undefined;
  sandbox?: PodSandboxConfig | undefined;
  annotations?: Readonly<Record<string, string>>;
  /** Milliseconds; 0 for as long as it takes. */
  timeout: number;
}

/** Resolves with the image's reference (crictl, image.go, PullImageWithSandbox). */
export async function pullImage(images: RemoteImages, pull: Pull): Promise<string> {
  const { image, login, sandbox, annotations = {}, timeout } = pull;
  if (timeout < 0) throw failure('timeout should be bigger than 0');
  return images.pullImage(
    {
      image: { image, annotations },
      ...(login && { auth: login }),
      ...(sandbox && { sandboxConfig: sandbox }),
    },
    timeout === 0 ? undefined : timeout,
  );
}
