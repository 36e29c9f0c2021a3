import { describe, expect, it } from 'vitest';
import { Nic, formatMac, parseMac, randomMac } from './nic.ts';
import type { EmulatorInternals, VirtioNet } from './v86-internals.ts';

function fakeNic() {
  const sent: Uint8Array[] = [];
  const failures: unknown[] = [];
  const listeners: Record<string, (value: Uint8Array) => void> = {};
  const state = { hasRequest: true };
  const device = {
    mac: new Uint8Array(6) as Uint8Array,
    virtio: {
      device_status: 0xf,
      queues: [{ is_configured: () => 1, has_request: () => state.hasRequest }],
    },
  };
  const emulator = {
    bus: {
      send: (_name: string, frame: Uint8Array) => sent.push(frame),
      register: (name: string, listener: (value: Uint8Array) => void) => {
        listeners[name] = listener;
      },
    },
  };
  const nic = new Nic(
    emulator as unknown as EmulatorInternals,
    device as unknown as VirtioNet,
    1500,
    parseMac('02:00:00:00:00:01'),
    (_source, error) => failures.push(error),
  );
  return {
    nic,
    device,
    state,
    sent,
    failures,
    fromGuest: (frame: Uint8Array) => listeners['net0-send']?.(frame),
  };
}

describe('Nic', () => {
  it('drops frames until the driver is up, and when its ring is full', () => {
    const { nic, device, state, sent } = fakeNic();
    device.virtio.device_status = 3;
    expect(nic.send(new Uint8Array(60))).toBe(false);
    device.virtio.device_status = 0xf;
    expect(nic.send(new Uint8Array(60))).toBe(true);
    state.hasRequest = false;
    expect(nic.send(new Uint8Array(60))).toBe(false);
    expect(sent).toHaveLength(1);
    expect(nic.counters).toMatchObject({ framesToGuest: 1, bytesToGuest: 60, framesDropped: 2 });
  });

  it('drops a frame longer than the MTU: v86 would cut it off', () => {
    const { nic, sent } = fakeNic();
    expect(nic.send(new Uint8Array(1518))).toBe(true);
    expect(nic.send(new Uint8Array(1519))).toBe(false);
    expect(sent).toHaveLength(1);
  });

  it('hands on frames alone in their buffers', () => {
    const { nic, fromGuest } = fakeNic();
    const frames: Uint8Array[] = [];
    nic.listen((frame) => frames.push(frame));
    fromGuest(Uint8Array.of(0, 0, 1, 2, 3).subarray(2));
    expect([...(frames[0] ?? [])]).toEqual([1, 2, 3]);
    expect(frames[0]?.buffer.byteLength).toBe(3);
  });

  it('contains a listener that throws', () => {
    const { nic, failures, fromGuest } = fakeNic();
    nic.listen(() => {
      throw new Error('mine');
    });
    fromGuest(new Uint8Array(60));
    expect(failures).toHaveLength(1);
    expect(nic.counters.framesFromGuest).toBe(1);
  });

  it('gives the device its address and tells what the guest made of it', () => {
    const { nic, device } = fakeNic();
    expect(nic.mac).toBe('02:00:00:00:00:01');
    device.mac = parseMac('02:00:00:00:00:02');
    expect(nic.mac).toBe('02:00:00:00:00:02');
    nic.close();
    expect(nic.mac).toBe('02:00:00:00:00:02');
    expect(nic.send(new Uint8Array(60))).toBe(false);
  });

  it('makes locally administered unicast addresses', () => {
    for (let i = 0; i < 20; i++) expect((randomMac()[0] ?? 0) & 3).toBe(2);
    expect(formatMac(parseMac('0A:1b:00:00:00:ff'))).toBe('0a:1b:00:00:00:ff');
    expect(() => parseMac('0a:1b')).toThrow('not a MAC address');
  });
});
