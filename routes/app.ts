/** The whole HTTP side on one screen: what each request passes, and every area's routes. */
import { type Context, Hono } from "hono";
import { RunnelError } from "../domain/errors.ts";
import { oneLine } from "../domain/one_line.ts";
import type { DomainServices } from "../domain/services.ts";
import { channelRoutes } from "./channels/routes.ts";
import { refusalAt } from "./envelope.ts";
import { conversationRoutes } from "./conversations/routes.ts";
import { isOurFault, toRunnelError } from "./errors.ts";
import { serveDashboard } from "./dashboard/serve.tsx";
import { createGate, type GateEnv, secretOf } from "./gate.ts";
import { History, sampling } from "./operation/history.ts";
import { counting, Metrics } from "./operation/metrics.ts";
import { RecentFaults } from "./operation/recent_faults.ts";
import { operationRoutes } from "./operation/routes.ts";
import { profileRoutes } from "./profiles/routes.ts";
import { referenceRoutes } from "./reference.ts";
import { createBaseUrl, refuseDots } from "./request.ts";
import type { Route } from "./route.ts";
import { createNothingHere } from "./routing/nothing_here.ts";
import { PathRouter } from "./routing/path_router.ts";
import { seriesRoutes } from "./series/routes.ts";
import type { AppSettings, Services } from "./services.ts";
import { Admission } from "./serving/admission.ts";
import { sharing } from "./serving/cors.ts";
import { clientAddress } from "./serving/peer.ts";
import { Rates } from "./serving/rates.ts";
import { createFaultLog } from "./serving/fault_log.ts";
import { requestIdOf } from "./serving/request_id.ts";
import { logging } from "./serving/request_log.ts";
import { sessionRoutes } from "./sessions/sessions.ts";
import { systemRoutes } from "./system.ts";

/** Every route of every area. */
export const ROUTES: readonly Route[] = [
  ...systemRoutes,
  ...operationRoutes,
  ...channelRoutes,
  ...profileRoutes,
  ...seriesRoutes,
  ...sessionRoutes,
  ...conversationRoutes,
  ...referenceRoutes(() => ROUTES),
];

/** The application: `app.fetch` answers every request, and never throws. */
export function createApp(given: DomainServices & AppSettings): Hono<GateEnv> {
  const metrics = new Metrics(), history = new History(), faults = new RecentFaults();
  const services: Services = {
    ...given,
    baseUrl: createBaseUrl(given.publicUrl, given.trustProxy),
    admission: new Admission(given),
    metrics,
    history,
    sample: sampling(history, metrics, given),
    faults,
  };
  const app = new Hono<GateEnv>({ strict: false, router: new PathRouter() });

  serveDashboard(app, services);
  const gate = createGate(services);
  for (const route of ROUTES) app.on(route.method, [route.path], gate(route));

  const nothingHere = createNothingHere(ROUTES);
  app.notFound(({ req }) => {
    refuseDots(req.url);
    return nothingHere(req.method, req.path);
  });
  const logFault = createFaultLog(services.logErrors ? services.log : () => {});
  const noteFault: typeof logFault = (id, request, fault) => {
    faults.add(services.clock(), id, request, fault);
    logFault(id, request, fault);
  };
  app.onError((error, context) => {
    const cause = toRunnelError(error);
    metrics.refused(cause.code);
    return refuse(cause, context, noteFault);
  });
  const shared = sharing(limited(app.fetch, services), services.corsOrigins);
  app.fetch = logging(counting(shared, metrics), services);
  return app;
}

function refuse(
  error: RunnelError,
  context: Context,
  noteFault: ReturnType<typeof createFaultLog>,
): Response {
  const render = refusalAt(context.req.path);
  if (!isOurFault(error.code)) return render(error);
  const requestId = requestIdOf(context.req.raw);
  noteFault(requestId, `${context.req.method} ${oneLine(context.req.path)}`, error);
  return render(error, requestId, { "X-Request-Id": requestId });
}

/** The same application, with limits of rate. Without any it is the application itself, which costs nothing. */
function limited(
  fetch: Hono<GateEnv>["fetch"],
  { rateLimits = { perKey: 0, perAddress: 0 }, keys, trustProxy, metrics }: Services,
): Hono<GateEnv>["fetch"] {
  const rates = new Rates(rateLimits);
  if (rates.isOff) return fetch;
  return async (request, env, ...rest) => {
    const peer = env as GateEnv["Bindings"] | undefined;
    const { headers = {}, refusal } = rates.count({
      key: keys.nameOf(secretOf(request)),
      address: clientAddress(request, peer?.address?.(), trustProxy),
      isLocal: peer?.isLocal(request) ?? false,
    });
    if (refusal !== undefined) {
      metrics.refused(refusal.code);
      return refusalAt(new URL(request.url).pathname)(refusal, undefined, headers);
    }
    const answer = await fetch(request, env, ...rest);
    if (answer.status === 101) return answer;
    for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
    return answer;
  };
}
