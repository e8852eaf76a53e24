/** `cka/rbac` as `CKA rbac`. */
export function competencyText(competency: string): string {
  const [exam = '', ...name] = competency.split('/');
  return name.length === 0 ? exam : `${exam.toUpperCase()} ${name.join('/').replaceAll('-', ' ')}`;
}
