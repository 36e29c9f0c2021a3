import { expose } from 'comlink';
import { systemClock } from '#base/clock.ts';
import { vmmService } from '#cluster/virtual-machines/vmm-service.ts';
import { installErrorTransfer } from '#rpc/errors.ts';
import { holdLifeLock } from '#rpc/life-lock.ts';
import type { VmmApi } from '#rpc/vmm-contract.ts';

installErrorTransfer();
const service = vmmService(systemClock);
const alive = holdLifeLock(self.name);
expose({
  ...service,
  // The first call: when it is answered, the lock is held.
  start: async (...machine) => {
    await alive;
    return service.start(...machine);
  },
} satisfies VmmApi);
