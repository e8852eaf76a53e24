/** What a server answers to the requests of `refused-requests.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { refusedRequests } from './refused-requests.ts';
import { prepared } from './requests/prepared.ts';
import { namespace, type RefusedRequest } from './requests/shared.ts';
import type { Ask } from './server.ts';

/** A request and the answer; of an answer that is no refusal only its status. Status 0: the server hung up. */
export interface Refusal {
  request: RefusedRequest;
  status: number;
  contentType?: string;
  /** Reason and message of a Status, else the text, without what differs from one cluster to another. */
  answer?: string;
}

/** @param ready resolves when the Pod `running` runs and the custom resource is served */
export async function recordRefusals(ask: Ask, requests = refusedRequests(), ready = isReady): Promise<Refusal[]> {
  for (const { path, body } of prepared) {
    await ready(ask, path);
    const headers = { 'Content-Type': 'application/json' };
    const { status, text } = await ask({ method: 'POST', path, headers, body: JSON.stringify(body) });
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`);
  }
  await ready(ask, `/api/v1/namespaces/${namespace}/pods/running`);
  const refusals: Refusal[] = [];
  for (const request of requests) {
    const { method, path, headers, body, bytes } = request;
    const content = bytes === undefined ? body : Buffer.from(bytes, 'base64');
    const { status, contentType, text } = await ask({ method, path, headers, ...(content && { body: content }) }).catch(
      (error: Error) => ({ status: 0, contentType: undefined, text: error.message }),
    );
    refusals.push(
      status < 300 && !text.includes('"ERROR"')
        ? { request, status }
        : { request, status, ...(contentType && { contentType }), answer: comparable(text) },
    );
  }
  const headers = { 'Content-Type': 'application/json' };
  await ask({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}`, headers });
  await ask({
    method: 'DELETE',
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.refusals.example.com',
    headers,
  });
  return refusals;
}

/** What of an answer is the same on every cluster. */
function comparable(text: string): string {
  let answer = text;
  if (text.startsWith('{')) {
    const { reason = '', message = '' } = JSON.parse(text) as { reason?: string; message?: string };
    answer = `${reason}: ${message}`;
  }
  return (
    answer
      // Of an object that is shown the managed fields tell who asked before.
      .replace(/Invalid value: ("\{.*\}(?:\\n)?"|\{.*\}): /s, 'Invalid value: OBJECT: ')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
      .replaceAll(/current: \d+|in record \(\d+\)|"?resourceVersion"?:"\d+"/g, (found) => found.replace(/\d+/, 'N'))
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replaceAll(/assigned to node "[^"]*"/g, 'assigned to node "NODE"')
      .replaceAll(/"A_[a-z0-9]{5}"/g, '"A_SUFFIX"')
      .slice(0, 600)
  );
}

/** Waits until something can be created at a path, or a Pod runs. */
async function isReady(ask: Ask, path: string): Promise<void> {
  for (let n = 0; n < 120; n++) {
    const { status, text } = await ask({ method: 'GET', path });
    const account = await ask({ method: 'GET', path: `/api/v1/namespaces/${namespace}/serviceaccounts/default` });
    const needsAccount = path.endsWith('/pods');
    const isPod = path.endsWith('/pods/running');
    if (status === 200 && (!needsAccount || account.status === 200) && (!isPod || /"phase":"Running"/.test(text)))
      return;
    await sleep(500);
  }
  throw new Error(`${path} does not become ready`);
}
