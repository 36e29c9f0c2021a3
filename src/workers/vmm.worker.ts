import { expose } from 'comlink';
import { systemClock } from '#base/clock.ts';
import { vmmService } from '#cluster/virtual-machines/vmm-service.ts';
import { installErrorTransfer } from '#rpc/errors.ts';
import { holdLifeLock } from '#rpc/life-lock.ts';

installErrorTransfer();
expose(vmmService(systemClock, holdLifeLock(self.name)));
