/** Starts and ends of sessions as they are stored, over a WebSocket or as Server-Sent Events. */
import type { z } from "zod";
import type { LiveEvent as Shape, LiveQuery } from "../../api/sessions.ts";
import { formatTime } from "../../domain/sessions/event.ts";
import type { LiveEvent, LiveNews } from "../../domain/sessions/live.ts";
import { asEvents, type Bundle, type Following, overSocket, resumed } from "../live/sending.ts";
import { asksForSocket } from "../live/socket.ts";
import type { Call } from "../route.ts";

export async function followSessions(call: Call<typeof LiveQuery>): Promise<Response> {
  return asksForSocket(call.request)
    ? overSocket(call, await following(call))
    : asEvents(call, await following(resumed(call)));
}

async function following({ query, services }: Call<typeof LiveQuery>): Promise<Following> {
  const { position, news } = await services.liveSessions.follow(query.after, query.country);
  return {
    position,
    async *bundles(signal) {
      const coming = news(signal);
      try {
        while (true) {
          const { done, value } = await coming.next();
          if (done) return value;
          yield bundleOf(value);
        }
      } finally {
        await coming.return(undefined);
      }
    },
  };
}

function bundleOf({ gap, events, position, isCrowded }: LiveNews): Bundle {
  const messages = events.map((event) => ({
    kind: event.event,
    text: JSON.stringify(shown(event)),
    position: event.position,
  }));
  if (gap === undefined) return { messages, position, isCrowded };
  return { messages: [{ kind: "gap", text: JSON.stringify({ gap }), position }], position, isCrowded };
}

function shown({ event, userId, sessionId, ts, country, position }: LiveEvent): z.input<typeof Shape> {
  return { event, user_id: userId, session_id: sessionId, ts: formatTime(ts), country, position };
}
