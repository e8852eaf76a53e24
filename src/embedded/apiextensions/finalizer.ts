/** Keeps a definition until all objects of its kinds are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';
