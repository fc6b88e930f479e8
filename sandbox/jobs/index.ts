/** The stand-in cluster's node and controllers: Jobs and Deployments as local processes, Services through a proxy. */
export { startControllers, type Controllers, type ControllersOptions } from './controllers.ts';
export { startServiceProxy, type ServiceProxy, type ServiceProxyOptions } from './service-proxy.ts';
export type { LocalProgram, Programs } from './programs.ts';
export type { Timings } from './timings.ts';
export type { ProxyAddress } from './host.ts';
