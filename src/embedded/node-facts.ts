/** What every node says that it is: its Node object, and whoever asks in a container or on the node itself. */
export const kubeletVersion = 'v1.35.4';
export const containerRuntimeVersion = '2.2.9';
export const kernelRelease = '6.12.48-generic';
/** Code name and title of the system that nodes have. */
export const nodeRelease = 'bookworm';
export const nodeTitle = 'Debian GNU/Linux 12 (bookworm)';
