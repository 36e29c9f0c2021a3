/** Where clients on the node find the CRI. */
export const criSocket = '/run/sandglass/cri.sock';
