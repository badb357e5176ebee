/** Logging in and out. */
import { Credentials, ZoneBody } from "../../api/conversations.ts";
import { envelope } from "../envelope.ts";
import { readJsonOfAnyType } from "../request.ts";
import type { Call } from "../route.ts";
import { userOf } from "./person.ts";
import { renderPulse } from "./stats.ts";
import { clientAddress } from "../serving/peer.ts";

export async function logIn(call: Call): Promise<Response> {
  const { accounts, statistics } = call.services.conversations;
  const { username, password, device: known } = await readJsonOfAnyType(call, Credentials);
  const { person, token, device } = await accounts.logIn(username, password, {
    address: addressOf(call),
    device: known,
  });
  statistics.prepare();
  const channels = await statistics.channels(person);
  const timezone = await accounts.timezone(person);
  const pulse = renderPulse(await statistics.pulse(person, undefined, { timezone }));
  return envelope({ token, device, channels, pulse });
}

export async function logOut(call: Call): Promise<Response> {
  await call.services.conversations.accounts.logOut(await userOf(call));
  return envelope({}, "logged out");
}

export async function showZone(call: Call): Promise<Response> {
  const { person } = await userOf(call);
  return envelope({ timezone: await call.services.conversations.accounts.timezone(person) });
}

export async function setZone(call: Call): Promise<Response> {
  const { person } = await userOf(call);
  const { timezone } = await readJsonOfAnyType(call, ZoneBody);
  await call.services.conversations.accounts.setTimezone(person, timezone);
  return envelope({ timezone });
}

function addressOf({ request, services, context }: Call): string | undefined {
  return clientAddress(request, context.env.address?.(), services.trustProxy);
}
