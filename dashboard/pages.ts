/** Every page of the dashboard but the first, by its address. */
import { channelsPage } from "./channels/list.tsx";
import { changeChannel, createChannel } from "./channels/settings.tsx";
import { channelPage, followChannel, insertItem } from "./channels/pages.tsx";
import { pauseWebhook, replayConsumer } from "./channels/readers.tsx";
import { itemPage, rawImage } from "./channels/item.tsx";
import { loginPage, type Remember, signIn, signOut } from "./login.tsx";
import { seriesPage, symbolChoice, symbolsPage } from "./series/list.tsx";
import { restoreRevision } from "./series/revisions.tsx";
import { symbolPage } from "./series/symbol.tsx";
import { sessionsPage } from "./sessions/pages.tsx";
import { appPage, appsPage } from "./profiles/pages.tsx";
import { exportPerson, forgetPerson, profilePage } from "./profiles/person.tsx";
import { conversationsPage, logIn, logOut } from "./conversations/pages.tsx";
import { makeKey, revokeKey } from "./operate/keys.tsx";
import { operatePage, runJob, storagePage } from "./operate/pages.tsx";
import type { Answer, View } from "./view.tsx";

export { Tails } from "./channels/tail.ts";

/** A page of the dashboard: its method and path, and the function that makes it. */
export interface Page {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** The same for all who have the same rights: it has no form that changes something, and is some of a second old. */
  readonly isShared?: true;
  readonly show: (view: View, remember: Remember) => Answer | Promise<Answer>;
}

const get = (path: string, show: Page["show"]): Page => ({ method: "GET", path: `/dashboard${path}`, show });
const post = (path: string, show: Page["show"]): Page => ({
  method: "POST",
  path: `/dashboard${path}`,
  show,
});

export const PAGES: readonly Page[] = [
  get("", () => "/"),
  get("/login", loginPage),
  post("/login", signIn),
  post("/logout", signOut),
  get("/channels", channelsPage),
  post("/channels", createChannel),
  get("/channels/:name", channelPage),
  post("/channels/:name", insertItem),
  post("/channels/:name/settings", changeChannel),
  get("/channels/:name/live", followChannel),
  post("/channels/:name/webhooks/:webhook", pauseWebhook),
  post("/channels/:name/consumers/:consumer/replay", replayConsumer),
  get("/channels/:name/:id", itemPage),
  get("/channels/:name/:id/image", rawImage),
  get("/series", seriesPage),
  get("/series/:reference", symbolsPage),
  get("/symbols/:reference", symbolChoice),
  get("/series/:reference/:symbol", symbolPage),
  post("/series/:reference/:symbol/restore", restoreRevision),
  { ...get("/sessions", sessionsPage), isShared: true },
  get("/apps", appsPage),
  get("/apps/:app", appPage),
  get("/apps/:app/:account", profilePage),
  get("/apps/:app/:account/export", exportPerson),
  post("/apps/:app/:account/forget", forgetPerson),
  get("/conversations", conversationsPage),
  post("/conversations", logIn),
  post("/conversations/logout", logOut),
  get("/operate", operatePage),
  get("/operate/storage", storagePage),
  post("/operate/jobs/:job", runJob),
  post("/operate/keys", makeKey),
  post("/operate/keys/:key/revoke", revokeKey),
];
