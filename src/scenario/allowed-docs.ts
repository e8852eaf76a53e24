import type { Exam } from './types.ts';

/** A page that may be open during an exam. */
export interface AllowedDocs {
  title: string;
  url: string;
}

/**
 * What candidates may read during an exam, with all that lies below.
 * Source: docs.linuxfoundation.org, "Resources allowed: CKA & CKAD exam environment".
 */
export function allowedDocs(exams: readonly NonNullable<Exam['curriculum']>[]): AllowedDocs[] {
  return [
    { title: 'Kubernetes documentation', url: 'https://kubernetes.io/docs/' },
    { title: 'Kubernetes blog', url: 'https://kubernetes.io/blog/' },
    { title: 'Helm documentation', url: 'https://helm.sh/docs/' },
    ...(exams.includes('cka') ? [{ title: 'Gateway API documentation', url: 'https://gateway-api.sigs.k8s.io/' }] : []),
  ];
}
