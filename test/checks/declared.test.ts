import { expect, it } from 'vitest';
import { checkTypes, periodOf, typeOfCheck } from '../../src/checks/registry.ts';

const parsed = (type: string, spec: object) => ({ type, spec: checkTypes.get(type)?.schema.parse(spec) });
const logs = { workload: 'deployment/web', namespace: 'shop', matches: 'ok', shows: 'that it is well' };
const question = { subject: { serviceAccount: 'app', namespace: 'shop' }, verb: 'list', resource: 'pods' };

it('says how often a workload writes, where a check waits for that', () => {
  expect(periodOf(parsed('podLogs', { ...logs, period: '20s' }))).toBe(20_000);
  expect(periodOf(parsed('canI', question))).toBe(0);
});

it('says which checks the authorizer’s answers wake', () => {
  const needs = ({ type, spec }: { type: string; spec: unknown }) => typeOfCheck({ type }).needs(spec);
  expect(needs(parsed('canI', question))).toContainEqual({ kind: 'review' });
  expect(needs(parsed('podLogs', logs))).not.toContainEqual({ kind: 'review' });
});
