export { rabbitmqServer } from './server.ts';
export { rabbitmqctl, rabbitmqDiagnostics } from './tools.ts';
