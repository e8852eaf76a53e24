import { printableLine } from '../present/width.ts';

/** `cka/rbac` as `CKA rbac`. */
export function competencyText(competency: string): string {
  const [exam = '', ...name] = competency.split('/');
  return name.length === 0 ? exam : `${exam.toUpperCase()} ${name.join('/').replaceAll('-', ' ')}`;
}

/** `cluster-architecture` as `Cluster architecture`. */
export function domainTitle(id: string): string {
  const text = printableLine(id.replaceAll('-', ' '));
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `cka/cluster-architecture` as `CKA Cluster architecture`. */
export function domainText(domain: string): string {
  const [exam = '', id = ''] = domain.split('/');
  return `${exam.toUpperCase()} ${domainTitle(id)}`;
}
