import { asSandglassError } from '#base/errors.ts';
import { internalError } from '#kube/status.ts';
import type { Upgraded, UpgradeHandler, UpgradeRequest } from './upgrade.ts';

/**
 * Hands a request on to the server behind and answers with what it answers, the changed connection or its refusal
 * (apimachinery, pkg/util/proxy/upgradeaware.go). The bytes pass by: nobody between has to copy them.
 */
export async function proxyUpgrade(
  target: UpgradeHandler,
  request: UpgradeRequest,
  url: URL,
): Promise<Upgraded | Response> {
  try {
    return await target({ ...request, url });
  } catch (thrown) {
    const { status } = internalError(`error dialing backend: ${asSandglassError(thrown).message}`);
    return Response.json(status, { status: 500 });
  }
}
