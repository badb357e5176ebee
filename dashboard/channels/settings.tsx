/** The form of a channel's settings: to make one, and to change one. */
import type { z } from "zod";
import type { Metadata } from "../../api/channels.ts";
import { Action, DAY_MS, part, Refused, type View } from "../view.tsx";

type Settings = Partial<z.output<typeof Metadata>>;

const DAYS = 120;

/** Everything that may be set, as it is now. */
export function SettingsFields({ now }: { now: Settings }) {
  const days = now.ttlMillis === undefined ? "" : String(now.ttlMillis / DAY_MS);
  return (
    <>
      <label>
        Keep items for how many days (empty: for ever)
        <input name="days" type="number" min="0" step="any" value={days} />
      </label>
      <label>
        Keep at most how many items (empty: no limit)
        <input name="maxItems" type="number" min="1" value={String(now.maxItems ?? "")} />
      </label>
      <label>
        Description<input name="description" maxlength={1024} value={now.description ?? ""} />
      </label>
      <label>
        Tags, separated by commas<input name="tags" value={now.tags?.join(", ") ?? ""} />
      </label>
      <label>
        Who answers for it<input name="owner" maxlength={256} value={now.owner ?? ""} />
      </label>
      <label class="check">
        <input type="checkbox" name="compact" value="true" checked={now.compact === true} />
        Keep only the newest item of each key
      </label>
    </>
  );
}

/** The form that makes a channel. */
export function CreateCard({ view }: { view: View }) {
  return (
    <section class="card">
      <h2>Create a channel</h2>
      <Action view={view} to="/channels" class="fields">
        <label>
          Name<input name="name" required maxlength={48} pattern="[A-Za-z0-9_]+" autocomplete="off" />
        </label>
        <details>
          <summary>Settings</summary>
          <div class="fields">
            <SettingsFields now={{ ttlMillis: DAYS * DAY_MS }} />
          </div>
        </details>
        <button type="submit">Create</button>
      </Action>
    </section>
  );
}

/** The form that changes a channel. */
export function SettingsCard({ view, about }: { view: View; about: z.output<typeof Metadata> }) {
  return (
    <section class="card" id="settings">
      <h2>Settings</h2>
      <Action view={view} to={`/channels/${part(about.name)}/settings`} class="fields">
        <SettingsFields now={about} />
        <button type="submit">Save the settings</button>
      </Action>
    </section>
  );
}

/** What the form says, as the API takes it. What a field does not hold is taken away. */
function settingsOf({ form }: View) {
  const text = (name: string) => form.get(name)?.trim() || null;
  const number = (name: string) => {
    const value = text(name);
    if (value === null) return null;
    if (!Number.isFinite(Number(value))) throw new Refused(400, `Write a number, not ${value}.`);
    return Number(value);
  };
  const days = number("days");
  return {
    ...(days === null ? { ttlMillis: null } : { ttlDays: days }),
    maxItems: number("maxItems"),
    description: text("description"),
    tags: (text("tags") ?? "").split(",").map((tag) => tag.trim()).filter((tag) => tag !== ""),
    owner: text("owner"),
    compact: form.get("compact") === "true",
  };
}

const sent = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

/** Makes a channel. */
export async function createChannel(view: View): Promise<string> {
  const name = view.form.get("name") ?? "";
  await view.read("/channel", sent("POST", { name, ...settingsOf(view) }));
  return `/dashboard/channels/${part(name.trim())}`;
}

/** Changes a channel. */
export async function changeChannel(view: View): Promise<string> {
  const name = part(view.param("name"));
  await view.read(`/channel/${name}`, sent("PATCH", settingsOf(view)));
  return `/dashboard/channels/${name}#settings`;
}
