/** What the routes are given. */
import type { DomainServices } from "../domain/services.ts";
import type { BaseUrl } from "./request.ts";

/** Settings of the HTTP side. */
export interface AppSettings {
  readonly publicUrl?: string | undefined;
  readonly trustProxy: boolean;
  readonly corsOrigins: readonly string[];
  /** Hosts that are answered while there is no key, beside those of this machine and of `publicUrl`. */
  readonly allowedHosts: readonly string[];
  /** Whether everybody is let in while there is no key, wherever they come from. */
  readonly allowAnonymous: boolean;
  readonly maxItemBytes: number;
  readonly maxFrameBytes: number;
  /** Writes one line of the log. */
  readonly log: (line: string) => void;
  readonly logRequests: boolean;
}

/** What the routes call, and the settings that they need. */
export interface Services extends DomainServices, AppSettings {
  readonly baseUrl: BaseUrl;
}
