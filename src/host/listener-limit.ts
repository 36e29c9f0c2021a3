import { setMaxListeners } from 'node:events';

/** Every loop of a cluster listens to the one signal of its life, and there are more of them than the ten that Node takes for a leak. */
const usualListeners = 64;

setMaxListeners(usualListeners);
