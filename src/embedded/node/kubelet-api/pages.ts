import type { HttpAnswer } from '../../node-api.ts';

export const text = (status: number, body: string): HttpAnswer => ({
  ...{ status, body, contentType: 'text/plain; charset=utf-8' },
});
export const noPage = text(404, '404: Page Not Found');
export const noMethod = text(405, '405: Method Not Allowed');
