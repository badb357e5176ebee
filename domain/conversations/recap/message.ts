/** What the recap reads: messages of a channel in the order written. */

/** A message, with what its source knows of it beside who wrote what and when. */
export interface ChannelMessage {
  readonly id: string;
  readonly user: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The source's thread: messages with the same value belong together, whatever the analysis would say. */
  readonly thread?: string;
  /** The id of the earlier message that this one answers, where the source says so. */
  readonly replyTo?: string;
  /** How many reactions it has. */
  readonly reactions?: number;
  /** Whether a program wrote it, as the source says. */
  readonly bot?: boolean;
}
