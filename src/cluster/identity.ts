import type { Clock } from '#base/clock.ts';
import type { GuestIdentity } from '#guest/system.ts';

/** Bytes of entropy for the guest's random pool: its ChaCha20 key twice over. */
const entropyBytes = 64;

/**
 * What a machine that goes on after a while away has missed. It stays who it is: its pods have its
 * name and address, and a kubelet that met another boot_id would take it as rebooted.
 */
export function afterAbsence(clock: Clock): Partial<GuestIdentity> {
  return { wallTime: clock.wallTime(), entropy: entropy() };
}

/** What machines restored from one snapshot would otherwise share. */
export function freshIdentity(
  clock: Clock,
  hostname: string,
  mac: string | undefined,
): Partial<GuestIdentity> {
  const machineId = crypto.getRandomValues(new Uint8Array(16));
  return {
    wallTime: clock.wallTime(),
    entropy: entropy(),
    hostname,
    // machine-id(5): 32 hexadecimal digits.
    machineId: [...machineId].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    ...(mac !== undefined && { mac }),
  };
}

function entropy(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(entropyBytes));
}
