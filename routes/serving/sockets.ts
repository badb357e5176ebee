/**
 * The sockets of a listening port as Linux knows them. `Deno.serve` shows no connection before its first request and none
 * that it can close, so the C library is asked, which costs a request nothing; see docs/decisions/12.
 */
import ipaddr from "ipaddr.js";

/** One accepted connection. */
export interface Socket {
  readonly descriptor: number;
  /** Address of the client, and the address with its port. */
  readonly address: string;
  readonly peer: string;
  /** Bytes that came, and bytes of answers that the client's system has taken. */
  readonly received: number;
  readonly taken: number;
  /** Whether the client has still to take bytes of an answer. */
  readonly isTaking: boolean;
  /** Whether the last bytes on the connection were the client's. */
  readonly spokeLast: boolean;
}

/** The sockets of one port. */
export interface Sockets {
  /** Descriptors that this process may have open. */
  readonly limit: number;
  /** How many descriptors are open. */
  open(): number;
  /** The connections that can still carry an answer. */
  list(): Socket[];
  /** Ends a connection that `list` answered, unless its descriptor is another one's by now. */
  cut(socket: Socket): void;
  /** Lets no more connections in; clients' systems try again by themselves. */
  pause(): void;
  resume(): void;
}

/** Constants and layouts of linux/tcp.h, asm-generic/socket.h and fcntl.h, equal on x86-64 and arm64. */
const SOL_SOCKET = 1, IPPROTO_TCP = 6, TCP_INFO = 11, RLIMIT_NOFILE = 7, SHUT_RDWR = 2, AF_INET = 2;
const SO_ACCEPTCONN = 30, SO_ATTACH_FILTER = 26, SO_DETACH_FILTER = 27, F_GETFD = 1;
const INFO = {
  state: 0,
  unacked: 24,
  lastSent: 44,
  lastReceived: 52,
  taken: 120,
  received: 128,
  notSent: 144,
  size: 148,
};
/** States of a connection that can still carry an answer, of linux/tcp_states.h: the others were cut, or are closed. */
const ESTABLISHED = 1, CLOSE_WAIT = 8;
/** The one instruction `return 0` of classic BPF: the kernel drops each packet to the socket, which opens none. */
const DROP = new Uint8Array([0x06, 0, 0, 0, 0, 0, 0, 0]);
/** Descriptors above the highest known one that are looked at, too. */
const MARGIN = 256;

const SYMBOLS = {
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The sockets of a port that this process listens on; undefined where the system is another, or forbids to look. */
export function socketsOf(port: number): Sockets | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return new LinuxSockets(Deno.dlopen("libc.so.6", SYMBOLS).symbols, port);
  } catch {
    return undefined;
  }
}

class LinuxSockets implements Sockets {
  readonly limit: number;
  readonly #c: Library;
  readonly #port: number;
  readonly #info = new DataView(new ArrayBuffer(256));
  readonly #name = new DataView(new ArrayBuffer(128));
  readonly #length = new Uint32Array(1);
  readonly #drop = new BigUint64Array(2);
  #highest = 0;

  constructor(c: Library, port: number) {
    this.#c = c;
    this.#port = port;
    const limits = new BigUint64Array(2);
    if (c.getrlimit(RLIMIT_NOFILE, limits) !== 0) throw new Error("the limit of descriptors is not known");
    this.limit = Number(limits[0]);
    // struct sock_fprog: how many instructions, and where they are.
    this.#drop[0] = 1n;
    this.#drop[1] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(DROP));
  }

  open(): number {
    if (!this.#reach()) return this.limit;
    let open = 0;
    for (let descriptor = 0; descriptor < this.#highest + MARGIN; descriptor++) {
      if (this.#c.fcntl(descriptor, F_GETFD) !== -1) open++;
    }
    return open;
  }

  list(): Socket[] {
    this.#reach();
    const sockets: Socket[] = [];
    for (let descriptor = 0; descriptor < this.#highest + MARGIN; descriptor++) {
      if (this.#portOf(descriptor) !== this.#port) continue;
      const socket = this.#look(descriptor);
      if (socket !== undefined) sockets.push(socket);
    }
    return sockets;
  }

  cut({ descriptor, peer }: Socket): void {
    if (this.#portOf(descriptor) !== this.#port || this.#peerOf(descriptor)?.peer !== peer) return;
    this.#c.shutdown(descriptor, SHUT_RDWR);
  }

  pause(): void {
    this.#filter(SO_ATTACH_FILTER);
  }

  resume(): void {
    this.#filter(SO_DETACH_FILTER);
  }

  /** Looks how far descriptors go; false: none is free. */
  #reach(): boolean {
    // The lowest free one is given: while more are open than ever before, it is the highest.
    const free = this.#c.dup(0);
    if (free < 0) return false;
    this.#c.close(free);
    this.#highest = Math.max(this.#highest, free);
    return true;
  }

  #filter(option: number): void {
    for (let descriptor = 0; descriptor < this.#highest + MARGIN; descriptor++) {
      if (this.#portOf(descriptor) !== this.#port || !this.#isListening(descriptor)) continue;
      this.#c.setsockopt(descriptor, SOL_SOCKET, option, this.#drop, this.#drop.byteLength);
    }
  }

  #isListening(descriptor: number): boolean {
    this.#length[0] = 4;
    this.#c.getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, this.#info, this.#length);
    return this.#info.getUint32(0, true) === 1;
  }

  #portOf(descriptor: number): number | undefined {
    this.#length[0] = this.#name.byteLength;
    return this.#c.getsockname(descriptor, this.#name, this.#length) === 0
      ? this.#name.getUint16(2)
      : undefined;
  }

  #peerOf(descriptor: number): Pick<Socket, "address" | "peer"> | undefined {
    this.#length[0] = this.#name.byteLength;
    if (this.#c.getpeername(descriptor, this.#name, this.#length) !== 0) return undefined;
    const address = this.#address();
    return { address, peer: `${address}:${this.#name.getUint16(2)}` };
  }

  #look(descriptor: number): Socket | undefined {
    const peer = this.#peerOf(descriptor);
    if (peer === undefined) return undefined;
    this.#length[0] = this.#info.byteLength;
    const status = this.#c.getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, this.#info, this.#length);
    if (status !== 0 || this.#length[0]! < INFO.size) return undefined;
    const state = this.#info.getUint8(INFO.state);
    if (state !== ESTABLISHED && state !== CLOSE_WAIT) return undefined;
    const read = (at: number) => this.#info.getUint32(at, true);
    return {
      descriptor,
      ...peer,
      received: Number(this.#info.getBigUint64(INFO.received, true)),
      taken: Number(this.#info.getBigUint64(INFO.taken, true)),
      isTaking: read(INFO.unacked) + read(INFO.notSent) > 0,
      spokeLast: read(INFO.lastReceived) < read(INFO.lastSent),
    };
  }

  #address(): string {
    const name = new Uint8Array(this.#name.buffer);
    return this.#name.getUint16(0, true) === AF_INET
      ? name.subarray(4, 8).join(".")
      : plainAddress(ipaddr.fromByteArray([...name.subarray(8, 24)]).toString());
  }
}

/** An address in the one spelling that is compared: an IPv4 address in an IPv6 one is that IPv4 address. */
export function plainAddress(address: string): string {
  return address.includes(":") && ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}
