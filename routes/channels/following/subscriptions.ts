/** Subscriptions: following channels over a WebSocket, or as Server-Sent Events. */
import type { FollowManyQuery, FollowQuery } from "../../../api/channels.ts";
import { asEvents, overSocket, resumed } from "../../live/sending.ts";
import type { Call } from "../../route.ts";
import { followMany } from "./many.ts";
import { followOne } from "./news.ts";

export async function followChannel(call: Call<typeof FollowQuery>): Promise<Response> {
  const following = await followOne(call);
  return overSocket(call, following);
}

export async function followChannels(call: Call<typeof FollowManyQuery>): Promise<Response> {
  const following = await followMany(call);
  return overSocket(call, following);
}

export async function streamChannel(call: Call<typeof FollowQuery>): Promise<Response> {
  return asEvents(call, await followOne(resumed(call)));
}

export async function streamChannels(call: Call<typeof FollowManyQuery>): Promise<Response> {
  return asEvents(call, await followMany(resumed(call)));
}
