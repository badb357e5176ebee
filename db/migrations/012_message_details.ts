/** What a source says of a message beside who wrote what and when. */
export const messageDetails = {
  version: 12,
  name: "message_details",
  statements: [
    `ALTER TABLE message ADD COLUMN details TEXT`, // {"thread","replyTo","bot","link"} as JSON, without what is not known
    `ALTER TABLE message ADD COLUMN reactions TEXT`, // {"EMOJI PERSON": 1} as JSON, so that the same reaction counts once
  ],
};
