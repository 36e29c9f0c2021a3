/**
 * The header of an answer of the CRI that says which process of the node the call made: pause, a container's first
 * process, or that of an ExecSync. The messages have no field for it; other clients pay no heed to it.
 */
export const processHeader = 'sandglass-pid';
