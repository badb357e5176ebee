/** What the routes are given. */
import type { Log } from "../domain/log.ts";
import type { DomainServices } from "../domain/services.ts";
import type { History } from "./operation/history.ts";
import type { Metrics } from "./operation/metrics.ts";
import type { RecentFaults } from "./operation/recent_faults.ts";
import type { BaseUrl } from "./request.ts";
import type { Admission } from "./serving/admission.ts";
import type { RateLimits } from "./serving/rates.ts";

/** A setting as administrators see it. */
export interface ShownSetting {
  readonly name: string;
  /** Absent: it is not set, or it is a secret. */
  readonly value?: string;
  readonly isSecret: boolean;
  /** Whether the environment sets it. */
  readonly isSet: boolean;
  readonly about: string;
}

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
  /** Bytes of all bodies that may be read at once, of those who have shown a key. */
  readonly maxBodyBytes: number;
  /** Bytes of all large answers that may be on their way at once. */
  readonly maxAnswerBytes: number;
  /** Requests a minute; none are counted unless given. */
  readonly rateLimits?: RateLimits;
  /** How long a client may send or read nothing; 30 seconds unless given. */
  readonly idleMillis?: number;
  readonly log: Log;
  /** Whether each request is a line of the log. */
  readonly logRequests: boolean;
  /** Whether answers that are our fault are in the log. */
  readonly logErrors: boolean;
  /** Every setting of the process, without secrets. */
  readonly configuration: readonly ShownSetting[];
}

/** What the routes call, and the settings that they need. */
export interface Services extends DomainServices, AppSettings {
  readonly baseUrl: BaseUrl;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly history: History;
  /** Adds a sample to the history, unless the last one is recent. */
  readonly sample: () => Promise<void>;
  readonly faults: RecentFaults;
}
