import { redTeam } from './red-team.ts';

redTeam('scenarios', 'in-cluster-api-access/forbidden-deployment');
