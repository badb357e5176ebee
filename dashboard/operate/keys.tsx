/** API keys: the list, the form that makes one, and the page that shows its secret once. */
import type { z } from "zod";
import { ALL_SCOPES, type ApiKeyList, type MadeKey } from "../../api/operation.ts";
import type { Remember } from "../login.tsx";
import { Action, Command, Empty, Heading, part, type Shown, Table, type View, When } from "../view.tsx";

type Keys = z.output<typeof ApiKeyList>["keys"];

/** All keys, and the form for another. */
export function KeysCard({ view, keys }: { view: View; keys: Keys }) {
  return (
    <section class="card stack" id="keys">
      <h2>API keys</h2>
      {keys.length === 0
        ? (
          <Empty says="There is no key. Requests of this machine may do everything, others are refused. From the first key on, every request needs one." />
        )
        : (
          <Table label="API keys" head={["Name", "Scopes", "Made", "Expires", "Last use", ""]}>
            {keys.map((key) => <KeyRow view={view} of={key} />)}
          </Table>
        )}
      <MakeKey view={view} isFirst={keys.length === 0} />
    </section>
  );
}

function KeyRow({ view, of: { name, scopes, created, expires, used } }: { view: View; of: Keys[number] }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{scopes.map((scope) => <span class="tag">{scope}</span>)}</td>
      <td class="mono">{created.slice(0, 10)}</td>
      <td class="mono">{expires?.slice(0, 10) ?? "never"}</td>
      <td>{used === undefined ? <span class="soft">never</span> : <When time={used} />}</td>
      <td>
        <Action view={view} to={`/operate/keys/${part(name)}/revoke`}>
          <button class="quiet danger" type="submit" aria-label={`Revoke ${name}`}>Revoke</button>
        </Action>
      </td>
    </tr>
  );
}

/** The form that makes a key. The first one may do everything unless its maker chooses otherwise. */
function MakeKey({ view, isFirst }: { view: View; isFirst: boolean }) {
  return (
    <details>
      <summary>Make a key</summary>
      <Action view={view} to="/operate/keys" class="fields">
        <label>
          Name<input name="name" required maxlength={64} pattern="[A-Za-z0-9_.\-]+" autocomplete="off" />
        </label>
        <fieldset>
          <legend>What it may do</legend>
          {ALL_SCOPES.map((scope) => (
            <label class="check">
              <input type="checkbox" name="scope" value={scope} checked={isFirst && scope === "admin"} />
              {scope}
            </label>
          ))}
        </fieldset>
        <label>
          Expires after how many days (empty: never)
          <input name="days" type="number" min="0" step="any" />
        </label>
        <button type="submit">Make the key</button>
      </Action>
    </details>
  );
}

/** Makes a key and shows its secret. Whoever made the first one goes on with it. */
export async function makeKey(view: View, remember: Remember): Promise<Shown> {
  const days = view.form.get("days");
  const { name, secret, scopes } = await view.read<z.output<typeof MadeKey>>("/keys", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      name: view.form.get("name") ?? "",
      scopes: view.form.getAll("scope"),
      ...(days && { days: Number(days) }),
    }),
  });
  const isFirst = view.key === undefined;
  if (isFirst) remember("key", secret);
  return {
    title: `Key ${name}`,
    body: (
      <div class="stack">
        <Heading view={view} to="/operate" above="Operate">The key {name}</Heading>
        <section class="card stack">
          <p>
            Copy it now: it is shown this once. It may do: {scopes.join(", ")}.
            {isFirst && " You are signed in with it, and from now on every request needs a key."}
          </p>
          <Command line={secret} />
          <Command line={`curl -s ${view.base}/channel -H 'Authorization: Bearer ${secret}'`} />
        </section>
      </div>
    ),
  };
}

/** Makes a key useless. */
export async function revokeKey(view: View): Promise<string> {
  await view.read(`/keys/${part(view.param("key"))}`, { method: "DELETE" });
  return "/dashboard/operate#keys";
}
