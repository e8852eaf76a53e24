import { ApiError, notAcceptable, unsupportedMediaType } from '../errors/status.ts';

export type MediaType = 'application/json' | 'application/yaml' | 'application/vnd.kubernetes.protobuf';

const allTypes: readonly MediaType[] = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** What the client wants back. */
export interface Output {
  mediaType: MediaType;
  /** The view it asked for with `as=`; undefined: the object itself. */
  as?: { kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'; version: 'v1' | 'v1beta1' };
  pretty: boolean;
}

interface Clause {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

function parseAccept(header: string): Clause[] {
  const clauses = header.split(',').map((clause): Clause => {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    const parameters: Record<string, string> = {};
    for (const parameter of rest) {
      const [key = '', value = ''] = parameter.split('=').map((part) => part.trim());
      parameters[key] = value;
    }
    return { type, parameters, quality: parameters.q === undefined ? 1 : Number(parameters.q) || 0 };
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

/**
 * The first check of the Accept header, by the routes: any of `produces` or a star must be named.
 * @throws 406 with the router's own text
 */
export function requireAcceptable(accept: string | undefined, produces: readonly string[]): void {
  if (!accept) return;
  const wanted = accept.split(',').map((clause) => (clause.split(';')[0] ?? '').trim());
  if (wanted.some((type) => type === '*/*' || produces.includes(type))) return;
  throw new ApiError({
    code: 406,
    reason: 'NotAcceptable',
    message: `406: Not Acceptable\n\nAvailable representations: ${produces.join(', ')}`,
    details: {},
  });
}

/**
 * Chooses how the answer is written. `transforms`: whether PartialObjectMetadata can be asked for, `tables` whether Tables;
 * `protobuf`: whether the kind has a protobuf form (custom resources have none).
 * @throws 406
 */
export function negotiateOutput(
  accept: string | undefined,
  options: { transforms: boolean; tables?: boolean; protobuf: boolean; pretty: boolean; watch?: boolean },
): Output {
  const supported = allTypes.filter((type) => options.protobuf || type !== 'application/vnd.kubernetes.protobuf');
  const { pretty } = options;
  if (!accept) return { mediaType: 'application/json', pretty };
  for (const { type, parameters } of parseAccept(accept)) {
    const any = type === '*/*' || type === 'application/*' || type === '*';
    const mediaType = any ? 'application/json' : supported.find((one) => one === type);
    if (mediaType === undefined) continue;
    const as = readTransform(parameters, mediaType, options);
    if (as === false) continue;
    if (options.watch && mediaType === 'application/yaml') continue;
    return { mediaType, ...(as && { as }), pretty: pretty || parameters.pretty === '1' };
  }
  // What has no protobuf form is refused with the list of what others have.
  const types =
    options.watch && options.protobuf
      ? supported.filter((type) => type !== 'application/yaml').map((type) => `${type};stream=watch`)
      : allTypes;
  throw notAcceptable(`only the following media types are accepted: ${types.join(', ')}`);
}

/** The `as` of one clause: undefined if it has none, false if it can't be fulfilled. */
function readTransform(
  { as, g, v }: Record<string, string>,
  mediaType: MediaType,
  { transforms, tables = transforms }: { transforms: boolean; tables?: boolean },
): Output['as'] | false {
  if (as === undefined && g === undefined && v === undefined) return undefined;
  if (!transforms || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return false;
  if (as === 'Table' && tables && mediaType !== 'application/vnd.kubernetes.protobuf') return { kind: as, version: v };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { kind: as, version: v };
  return false;
}

/**
 * The media type of a body, without parameters; JSON if the client doesn't say.
 * @throws 415
 */
export function negotiateInput(contentType: string | undefined, accepted: readonly string[] = allTypes): string {
  const [type = '', ...parameters] = (contentType || 'application/json')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const readable = parameters.every(
    (parameter, i) => /^[^=\s]+=/.test(parameter) || (parameter === '' && i === parameters.length - 1),
  );
  if (readable && accepted.includes(type)) return type;
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}
