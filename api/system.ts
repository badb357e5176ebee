/** The wire shapes of the first page, health and the sweep. */
import { z } from "zod";
import { Link } from "./parameters.ts";

/** What `/` tells programs. */
export const Home = z.strictObject({
  name: z.literal("Runnel"),
  holds: z.strictObject({
    channels: z.int(),
    items: z.int(),
    subscribers: z.int(),
    profiles: z.int(),
    series: z.int(),
    sessions: z.int(),
    conversations: z.int(),
  }).meta({ description: "What can be read at the moment; nothing that has expired." }),
  _links: z.strictObject({ self: Link, channels: Link, health: Link }),
}).meta({ id: "Home" });

/** The line that `/health` answers. */
export const Health = z.string();

/** How much a sweep freed. */
export const Swept = z.strictObject({ expired: z.int() }).meta({ id: "Swept" });
