/** What a webhook and its pusher both know. */

/** How a webhook is set up. */
export interface WebhookSettings {
  readonly callbackUrl: string;
  readonly batch: "single" | "minute";
  /** Calls at the same time; 1 keeps the order. */
  readonly parallelCalls: number;
  /** Attempts before an item is given up; 0: it is tried until it arrives. */
  readonly maxAttempts: number;
  /** `whsec_` and base64. */
  readonly secret?: string;
  /** Where it begins, as it was given. */
  readonly start: string;
  /** What the addresses of items begin with. */
  readonly base: string;
}
