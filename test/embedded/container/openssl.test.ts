import { afterAll, describe, expect, it } from 'vitest';
import { expectGolden, goldenCases } from './golden.ts';
import { printed, specOf, testRuntime } from './helpers.ts';

const box = testRuntime();
afterAll(() => box.runtime.dispose());

const golden = goldenCases('openssl');
const image = golden.image;
const script = (text: string) => box.sh(`cd /tmp; ${text}`, { image });

describe('openssl', () => {
  it.each(golden.cases)('$args', (one) => expectGolden(box, golden, one));

  it('makes a key and a request, and a CA signs it', async () => {
    const { out, err, code } = await script(`set -e
      openssl genrsa -out ca.key 2048; openssl req -x509 -new -nodes -key ca.key -subj /CN=lab-ca -days 3650 -out ca.crt
      openssl genrsa -out ann.key 2048
      openssl req -new -key ann.key -subj '/CN=ann/O=dev' -out ann.csr
      openssl x509 -req -in ann.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out ann.crt
      openssl verify -CAfile ca.crt ann.crt
      openssl x509 -in ann.crt -noout -subject -issuer
      openssl x509 -in ca.crt -noout -ext basicConstraints
      openssl rsa -in ann.key -noout -check
      [ "$(openssl rsa -in ann.key -noout -modulus)" = "$(openssl x509 -in ann.crt -noout -modulus)" ] && echo same key
      stat -c %a ann.key; cat ca.srl | wc -c; head -1 ann.key`);
    expect(code, err).toBe(0);
    expect(err).toBe('Certificate request self-signature ok\nsubject=CN = ann, O = dev\n');
    expect(out).toBe(
      'ann.crt: OK\nsubject=CN = ann, O = dev\nissuer=CN = lab-ca\nX509v3 Basic Constraints: critical\n    CA:TRUE\nRSA key ok\nsame key\n600\n41\n-----BEGIN PRIVATE KEY-----\n',
    );
  });

  it('takes names from options and from configurations', async () => {
    const { out, code, err } = await script(`set -e
      openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt -days 365 -subj /CN=shop.example.com -addext 'subjectAltName = DNS:shop.example.com,IP:10.0.0.1'
      openssl x509 -in tls.crt -noout -ext subjectAltName
      printf '[req]\\ndistinguished_name = dn\\nreq_extensions = v3\\nprompt = no\\n[dn]\\nCN = web\\nO = system:nodes\\n[v3]\\nsubjectAltName = @names\\nkeyUsage = critical, digitalSignature\\n[names]\\nDNS.1 = web\\nDNS.2 = web.shop\\nIP.1 = 10.96.0.7\\n' >csr.cnf
      openssl ecparam -name prime256v1 -genkey -noout -out web.key
      openssl req -new -key web.key -config csr.cnf -out web.csr
      openssl req -in web.csr -noout -subject -verify 2>/dev/null
      openssl req -in web.csr -noout -text | grep -A1 X509v3
      printf 'extendedKeyUsage=serverAuth\\nsubjectAltName=DNS:x\\n' >ext.cnf
      openssl x509 -req -in web.csr -signkey web.key -days 1 -extfile ext.cnf -out web.crt 2>/dev/null
      openssl x509 -in web.crt -noout -ext extendedKeyUsage,subjectAltName`);
    expect(code, err).toBe(0);
    expect(out).toBe(
      [
        'X509v3 Subject Alternative Name: ',
        '    DNS:shop.example.com, IP Address:10.0.0.1',
        'subject=CN = web, O = system:nodes',
        '                X509v3 Subject Alternative Name: ',
        '                    DNS:web, DNS:web.shop, IP Address:10.96.0.7',
        '                X509v3 Key Usage: critical',
        '                    Digital Signature',
        'X509v3 Extended Key Usage: ',
        '    TLS Web Server Authentication',
        'X509v3 Subject Alternative Name: ',
        '    DNS:x',
        '',
      ].join('\n'),
    );
  });

  it('tells whether a certificate ends soon', async () => {
    const make = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out c -days 2 -subj /CN=x 2>/dev/null;`;
    const { out } = await script(
      `${make} openssl x509 -in c -noout -checkend 86400; echo $?; openssl x509 -in c -noout -checkend 259200; echo $?`,
    );
    expect(out).toBe('Certificate will not expire\n0\nCertificate will expire\n1\n');
  });

  it('shows what a TLS server has', async () => {
    const inCluster = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };
    const env = Object.entries(inCluster).map(([name, value]) => ({ name, value }));
    const server = specOf('registry.k8s.io/kube-scheduler:v1.35.4', { env });
    const running = await box.runtime.start(server);
    await printed(running, /Serving securely/);
    const client = `openssl s_client -connect localhost:10259 </dev/null 2>err | tee all | openssl x509 -noout -subject; grep -e CONNECTED -e 'Verify return' -e ' s:' all; cat err; openssl s_client -connect localhost:1 </dev/null`;
    const { out, err, code } = await box.sh(`cd /tmp; ${client}`, { image, pod: server.pod });
    expect(out).toBe(
      'subject=CN = localhost\nCONNECTED(00000003)\n 0 s:CN = localhost\nVerify return code: 18 (self-signed certificate)\ndepth=0 CN = localhost\nverify error:num=18:self-signed certificate\nverify return:1\nDONE\n',
    );
    expect([err, code]).toEqual(['BIO_connect:Connection refused\nconnect:errno=111\n', 1]);
    running.kill('SIGKILL');
  });

  it.each([
    ['openssl genrsa x', 'genrsa: Can\'t parse "x" as a number\n'],
    ['openssl x509 -nope', 'x509: Unknown option: -nope\nx509: Use -help for summary.\n'],
    [
      'openssl req -new -newkey rsa:1024 -nodes -subj CN=x',
      '-----\nname is expected to be in the format /type0=value0',
    ],
    ['openssl req -new -newkey rsa:1024 -subj /CN=x', 'req: nobody is asked for a pass phrase here: give -nodes\n'],
    ['openssl x509 -in none -noout', 'Could not open file or uri for loading certificate from none\n'],
  ])('%s', async (command, message) => {
    const { err, code } = await script(command);
    expect(err.slice(0, message.length)).toBe(message);
    expect(code).toBe(1);
  });
});
