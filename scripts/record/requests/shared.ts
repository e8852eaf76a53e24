/** What the requests are made of. */

export interface RefusedRequest {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** The body in base64, where it is no text. */
  bytes?: string;
}

export const namespace = 'refusals';
export const core = `/api/v1/namespaces/${namespace}`;
export const apps = `/apis/apps/v1/namespaces/${namespace}`;
export const widgets = `/apis/refusals.example.com/v1/namespaces/${namespace}/widgets`;
export const configMap = `${core}/configmaps/c`;
export const pod = `${core}/pods/pending`;
export const running = `${core}/pods/running`;
export const deployment = `${apps}/deployments/d`;
export const json = { 'Content-Type': 'application/json' };

export const get = (path: string, headers?: Record<string, string>): RefusedRequest => ({
  method: 'GET',
  path,
  ...(headers && { headers }),
});
export const send = (
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = json,
): RefusedRequest => ({
  method,
  path,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
export const post = (path: string, body: unknown, headers?: Record<string, string>) =>
  send('POST', path, body, headers);
export const put = (path: string, body: unknown, headers?: Record<string, string>) => send('PUT', path, body, headers);
export const encoded = encodeURIComponent;

export const numbers = [
  'abc',
  '-1',
  '1.5',
  '1e3',
  ' 1',
  '+1',
  '0x10',
  '9'.repeat(30),
  '9223372036854775808',
  '1_000',
  'null',
];
