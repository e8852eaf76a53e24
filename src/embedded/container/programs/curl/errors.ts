/** How curl names what goes wrong. */
import { type HttpFailure, portOf } from '../../lib/http-client.ts';

/** An error of curl with its number. */
export class CurlError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** How curl names a failure, `elapsed` milliseconds after it began to connect; `limited`: it was given a limit for that. */
export function curlError(error: HttpFailure, url: URL, elapsed: number, limited: boolean): CurlError {
  const port = portOf(url);
  const host = url.hostname;
  switch (error.kind) {
    case 'resolve':
      return new CurlError(6, `Could not resolve host: ${host}`);
    case 'dns-timeout':
      // Without a limit of its own it is the resolver that gives up.
      if (!limited) return new CurlError(6, `Could not resolve host: ${host}`);
      return new CurlError(28, `Resolving timed out after ${elapsed} milliseconds`);
    case 'refused':
      return new CurlError(
        7,
        `Failed to connect to ${host} port ${port} after ${Math.max(0, elapsed)} ms: Could not connect to server`,
      );
    case 'timeout': {
      return new CurlError(
        28,
        limited
          ? `Connection timed out after ${elapsed} milliseconds`
          : `Failed to connect to ${host} port ${port} after ${elapsed} ms: Could not connect to server`,
      );
    }
    case 'certificate':
      return new CurlError(
        60,
        `${certificateText(error, host)}\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage mentioned above.`,
      );
    case 'tls':
      return /wrong version|packet length|unknown protocol/i.test(error.message)
        ? new CurlError(35, 'TLS connect error: error:0A00010B:SSL routines::wrong version number')
        : new CurlError(35, `TLS connect error: ${error.message}`);
    default:
      return error.kind === 'empty'
        ? new CurlError(52, 'Empty reply from server')
        : new CurlError(56, 'Recv failure: Connection reset by peer');
  }
}

function certificateText(error: HttpFailure, host: string): string {
  switch (error.code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `SSL: no alternative certificate subject name matches target host name '${host}'`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'SSL certificate problem: self-signed certificate in certificate chain';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'SSL certificate problem: self-signed certificate';
    case 'CERT_HAS_EXPIRED':
      return 'SSL certificate problem: certificate has expired';
    case 'CERT_NOT_YET_VALID':
      return 'SSL certificate problem: certificate is not yet valid';
    case 'CERT_SIGNATURE_FAILURE':
      return 'SSL certificate problem: certificate signature failure';
    default:
      return 'SSL certificate problem: unable to get local issuer certificate';
  }
}
