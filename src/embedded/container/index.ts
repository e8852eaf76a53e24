/** The door of the container simulator: all that is used of it from outside. Its other entry is the thread, `worker.ts`. */
export { Catalogue } from './images/catalogue.ts';
export { listImages } from './images/list.ts';
export { createContainerRuntime } from './runtime.ts';
