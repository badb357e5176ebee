/**
 * Which connections stay open: fewer than there are descriptors, a share for each address, and none whose client neither
 * sends nor takes anything. Looks at all of them at once, from beside `Deno.serve`.
 */
import { Slots } from "../../db/slots.ts";
import { plainAddress, type Socket, type Sockets } from "./sockets.ts";

/** How long a connection stays, and how many do. */
export interface ConnectionLimits {
  /** From the first byte of a request, or from its opening, until the head of the request is there. */
  readonly headMillis: number;
  /** Without a request. */
  readonly idleMillis: number;
  /** Without a byte of an answer taken. */
  readonly takeMillis: number;
  /** From one look at all connections to the next. */
  readonly lookMillis: number;
  /** Part of all connections that one address may have. */
  readonly share: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headMillis: 10_000,
  idleMillis: 60_000,
  takeMillis: 30_000,
  lookMillis: 1_000,
  share: 0.5,
};

/** Part of the descriptors that connections may use. The rest is for files, and for what comes before accepting pauses. */
const USABLE = 0.5;
/** Part of the cap that is left once connections were shed for room, so that this is seldom done. */
const AFTER_SHEDDING = 0.75;
/** Connections that are accepted in a millisecond, at most: how soon to look again at how many there are. */
const ACCEPTED_PER_MS = 50, SOONEST_MS = 4, LATEST_MS = 250;

/** How many connections may wait to be accepted, where so many descriptors may be open. */
export function backlogFor(descriptors = Infinity): number {
  return Math.min(511, Math.ceil(descriptors / 8));
}

/** Connections that are cut in one turn of the event loop: a cut takes up to 0.1 ms. */
const CUTS_A_TURN = 16;

/** Who has sent a request. */
export interface Visitor {
  readonly remote: Deno.Addr | undefined;
}

/** What a connection waits for: the rest of a head, a new request, a client that takes, an answer that is being made. */
type State = "head" | "idle" | "taking" | "busy";

interface Known {
  readonly peer: string;
  state: State;
  since: number;
  received: number;
  taken: number;
  socket: Socket;
}

/** Watches the connections of one server until `close`. */
export class Connections {
  readonly #sockets: Sockets;
  readonly #limits: ConnectionLimits;
  readonly #log: (line: string) => void;
  readonly #cap: number;
  readonly #running = new Slots<Visitor>();
  /** Peers whose connection became a WebSocket, which has rules of its own, and those that are to leave. */
  #upgraded = new Set<string>();
  readonly #leaving = new Set<string>();
  #known = new Map<number, Known>();
  #isPaused = false;
  /** Connections that are to be cut. */
  readonly #condemned: Socket[] = [];
  #cutting: ReturnType<typeof setTimeout> | undefined;
  #saidAt = -Infinity;
  #looking: ReturnType<typeof setInterval>;
  #counting: ReturnType<typeof setTimeout>;

  constructor(sockets: Sockets, limits: ConnectionLimits, log: (line: string) => void) {
    this.#sockets = sockets;
    this.#limits = limits;
    this.#log = log;
    this.#cap = Math.floor(sockets.limit * USABLE);
    this.#looking = setInterval(() => this.#look(), limits.lookMillis);
    this.#counting = setTimeout(() => this.#count(), SOONEST_MS);
  }

  /** A request began: its connection is busy until it has an answer. Answers the slot that `ended` gives back. */
  began(visitor: Visitor): number {
    return this.#running.add(visitor);
  }

  /** `slot`: undefined for an answer that was at hand, so that nothing began. */
  ended(visitor: Visitor, slot: number | undefined, status: number): void {
    if (status === 101) this.#upgraded.add(peerOf(visitor));
    // The rest of the body may never come.
    else if (status === 408) this.#leaving.add(peerOf(visitor));
    if (slot !== undefined) this.#running.delete(slot);
  }

  close(): void {
    clearInterval(this.#looking);
    clearTimeout(this.#counting);
    clearTimeout(this.#cutting);
  }

  /** Pauses accepting when descriptors become few, and looks again before they can have run out. */
  #count(): void {
    let open = this.#sockets.open();
    if (open >= this.#cap && !this.#isPaused) {
      this.#isPaused = true;
      this.#sockets.pause();
      this.#look();
      open = this.#sockets.open();
    } else if (this.#isPaused && open < this.#cap && this.#condemned.length === 0) {
      this.#isPaused = false;
      this.#sockets.resume();
    }
    const millis = (this.#cap - open) / ACCEPTED_PER_MS;
    this.#counting = setTimeout(() => this.#count(), Math.min(Math.max(millis, SOONEST_MS), LATEST_MS));
  }

  #look(): void {
    // Those that are still to be cut would count among those that may stay.
    if (this.#condemned.length > 0) return;
    const now = performance.now();
    const busy = new Set([...this.#running].map(peerOf));
    const known = new Map<number, Known>();
    const upgraded = new Set<string>();
    for (const socket of this.#sockets.list()) {
      const { peer, descriptor } = socket;
      if (this.#upgraded.has(peer)) upgraded.add(peer);
      const before = this.#known.get(descriptor);
      const seen = this.#see(socket, before?.peer === peer ? before : undefined, busy, now);
      const isLeaving = this.#leaving.has(peer) && !socket.isTaking;
      if (isLeaving || now - seen.since > this.#patience(seen.state)) this.#condemn(socket);
      else known.set(descriptor, seen);
      if (isLeaving) this.#leaving.delete(peer);
    }
    this.#known = known;
    this.#upgraded = upgraded;
    this.#shed();
  }

  /** What is known of a connection now. Its time begins anew with its state, and with each answer that was taken. */
  #see(socket: Socket, before: Known | undefined, busy: ReadonlySet<string>, now: number): Known {
    const { peer, received, taken, isTaking, spokeLast } = socket;
    const state = isTaking
      ? "taking"
      : busy.has(peer) || this.#upgraded.has(peer)
      ? "busy"
      : taken === 0 || spokeLast
      ? "head"
      : "idle";
    const goesOn = before !== undefined && before.state === state && before.taken === taken &&
      (state === "head" || before.received === received);
    return { peer, state, since: goesOn ? before.since : now, received, taken, socket };
  }

  /** Cuts it soon: many are cut a few at a time, so that requests are answered between them. */
  #condemn(socket: Socket): void {
    this.#condemned.push(socket);
    this.#cutting ??= setTimeout(() => this.#cutSome(), 0);
  }

  #cutSome(): void {
    for (const socket of this.#condemned.splice(0, CUTS_A_TURN)) this.#sockets.cut(socket);
    this.#cutting = this.#condemned.length > 0 ? setTimeout(() => this.#cutSome(), 0) : undefined;
  }

  #patience(state: State): number {
    const { headMillis, idleMillis, takeMillis } = this.#limits;
    return { head: headMillis, idle: idleMillis, taking: takeMillis, busy: Infinity }[state];
  }

  /** Makes room: in an address that has more than its share, and in all when there are too many. */
  #shed(): void {
    const addresses = Map.groupBy(this.#known.values(), ({ socket }) => socket.address);
    const share = this.#cap * this.#limits.share;
    let shed = 0;
    for (const connections of addresses.values()) {
      if (connections.length > share) shed += this.#cut(connections, share * AFTER_SHEDDING);
    }
    if (this.#isPaused) shed += this.#cut([...this.#known.values()], this.#cap * AFTER_SHEDDING);
    if (shed > 0 && performance.now() - this.#saidAt > 10_000) {
      this.#saidAt = performance.now();
      this.#log(
        `${shed} connections were closed, the least useful ones, because there are too many: at most ${this.#cap} of ` +
          `all and ${
            Math.floor(share)
          } of one address; raise ulimit -n, or limit connections in a proxy in front`,
      );
    }
  }

  /** Ends connections until so many are left. First those that never had an answer, then those that are idle longest. */
  #cut(connections: Known[], left: number): number {
    // An answer that was taken counts most: half a body makes a connection busy, too.
    const worth = ({ state, taken }: Known) => (taken > 0 ? 2 : 0) + (state === "busy" ? 1 : 0);
    const worst = connections
      .sort((a, b) => worth(a) - worth(b) || a.since - b.since)
      .slice(0, Math.max(0, connections.length - Math.floor(left)));
    for (const { socket } of worst) {
      this.#condemn(socket);
      this.#known.delete(socket.descriptor);
    }
    return worst.length;
  }
}

function peerOf({ remote }: Visitor): string {
  return remote !== undefined && "hostname" in remote
    ? `${plainAddress(remote.hostname)}:${remote.port}`
    : "";
}
