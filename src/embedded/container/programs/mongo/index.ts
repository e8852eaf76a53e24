export { mongod } from './mongod.ts';
export { mongo, mongosh } from './mongosh.ts';
