/** `npm run generate`: makes every generated source file from the recordings in fixtures/kubernetes. */
import './generate-api-types.ts';
import './generate-rbac.ts';
import './generate-bootstrap.ts';
import { generateFacts } from './generate/facts.ts';
import { generateFlags } from './generate/flags.ts';
import { generateTypes } from './generate/types.ts';

generateTypes();
generateFacts();
generateFlags();
