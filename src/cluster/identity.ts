import type { Clock } from '#base/clock.ts';
import type { GuestIdentity } from '#guest/system.ts';

/** Bytes of entropy for the guest's random pool: its ChaCha20 key twice over. */
const entropyBytes = 64;

/** What machines restored from one snapshot would otherwise share. */
export function freshIdentity(
  clock: Clock,
  hostname: string,
  mac: string | undefined,
): Partial<GuestIdentity> {
  const machineId = crypto.getRandomValues(new Uint8Array(16));
  return {
    wallTime: clock.wallTime(),
    entropy: crypto.getRandomValues(new Uint8Array(entropyBytes)),
    hostname,
    // machine-id(5): 32 hexadecimal digits.
    machineId: [...machineId].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    ...(mac !== undefined && { mac }),
  };
}
