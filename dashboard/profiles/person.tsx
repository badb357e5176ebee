/** One account, and the person whose it is: what is known from which service, the export of all of it, and its end. */
import type { z } from "zod";
import type { Person, Profile, RemovedPerson } from "../../api/profiles.ts";
import {
  Action,
  count,
  Empty,
  Figure,
  Heading,
  part,
  Refused,
  type Shown,
  Table,
  type View,
  When,
} from "../view.tsx";

type Everything = z.output<typeof Person>;

/** What all accounts of one person say; with `?person=true` all that is known of the person. */
export async function profilePage(view: View): Promise<Shown> {
  const app = view.param("app"), account = view.param("account");
  const { demographics, keywords, traits = {} } = await view.read<z.output<typeof Profile>>(
    `/profile/${part(app)}/${part(account)}`,
  );
  const person = view.query.get("person") === "true"
    ? await view.read<Everything>(personOf(view))
    : undefined;
  return {
    title: account,
    body: (
      <div class="stack">
        <Heading view={view} to={`/apps/${part(app)}`} above={app}>{account}</Heading>
        <div class="columns wide">
          <section class="card">
            <h2>Demographics</h2>
            <Facts of={demographics} />
          </section>
          <section class="card">
            <h2>Keywords</h2>
            {keywords.length === 0
              ? <Empty says="None." />
              : <p class="row">{keywords.map((word) => <span class="tag">{word}</span>)}</p>}
          </section>
          {Object.entries(traits).map(([service, values]) => (
            <section class="card">
              <h2>{service} says</h2>
              <Facts of={values} />
            </section>
          ))}
        </div>
        {person === undefined ? <Invitation /> : <PersonCards person={person} />}
        <ForgetCard view={view} app={app} account={account} />
      </div>
    ),
  };
}

const personOf = (view: View) => `/person/${part(view.param("app"))}/${part(view.param("account"))}`;

function Facts({ of }: { of: Readonly<Record<string, unknown>> }) {
  const facts = Object.entries(of);
  if (facts.length === 0) return <Empty says="Nothing is known." />;
  return (
    <table>
      <tbody>
        {facts.map(([name, value]) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{typeof value === "object" ? JSON.stringify(value) : String(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Invitation() {
  return (
    <section class="card stack">
      <h2>The person</h2>
      <p class="soft">
        Accounts of other apps, ids by service, events and sessions. It takes an API key with the scope admin.
      </p>
      <p>
        <a class="quiet" href="?person=true">Show what is known from where</a>
      </p>
    </section>
  );
}

function PersonCards({ person }: { person: Everything }) {
  const { accounts, ids, events, sessions, ambiguousUsers } = person;
  return (
    <>
      <section class="card">
        <dl class="figures">
          <Figure name="Accounts" value={accounts.length} />
          <Figure name="Ids" value={ids.length} />
          <Figure name="Events" value={events.reduce((sum, { count }) => sum + count, 0)} />
          <Figure name="Sessions" value={sessions.length} />
        </dl>
        {ambiguousUsers.length > 0 && (
          <p class="soft">
            Sessions of {ambiguousUsers.map(({ user_id }) => user_id).join(", ")}{" "}
            are left out: somebody else has an account of that name.
          </p>
        )}
      </section>
      <Ids of={ids} />
      <Accounts of={accounts} />
    </>
  );
}

function Ids({ of: ids }: { of: Everything["ids"] }) {
  return (
    <section class="card">
      <h2>Known from which service</h2>
      {ids.length === 0
        ? <Empty says="No service gave an id." />
        : (
          <Table label="Ids by service" head={["Service", "Id", "Said by", "Since (UTC)", ""]}>
            {ids.map(({ service, id, app, account, since, split }) => (
              <tr>
                <th scope="row">{service}</th>
                <td>
                  <code>{id}</code>
                </td>
                <td>{app}, {account}</td>
                <td>{since === null ? <span class="soft">not kept</span> : <When time={since} />}</td>
                <td>{split !== null && <span class="tag">split</span>}</td>
              </tr>
            ))}
          </Table>
        )}
    </section>
  );
}

function Accounts({ of: accounts }: { of: Everything["accounts"] }) {
  return (
    <section class="card">
      <h2>Accounts</h2>
      <Table label="Accounts" head={["App", "Account", "Says", "Last event"]}>
        {accounts.map(({ app, account, demographics, lastEventHour }) => (
          <tr>
            <th scope="row">{app}</th>
            <td>{account}</td>
            <td>
              {Object.entries(demographics).map(([name, value]) => `${name}: ${value}`).join(", ")}
            </td>
            <td>{lastEventHour === null ? "" : <When time={lastEventHour} />}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function ForgetCard({ view, app, account }: { view: View; app: string; account: string }) {
  const at = `/apps/${part(app)}/${part(account)}`;
  return (
    <section class="card stack" id="forget">
      <h2>Export and delete</h2>
      <p class="row">
        <a class="quiet" href={`${view.root}/dashboard${at}/export`} download={`${account}.json`}>
          Export the person as JSON
        </a>
      </p>
      <details>
        <summary class="danger">Delete the person</summary>
        <Action view={view} to={`${at}/forget`} class="fields">
          <p>
            All accounts of this person in every app, their ids, events and sessions are deleted. Nothing
            brings them back.
          </p>
          <label>
            Write the name of the account to confirm: {account}
            <input name="name" required autocomplete="off" />
          </label>
          <button class="dangerous" type="submit">Delete everything</button>
        </Action>
      </details>
    </section>
  );
}

/** Everything that is known of the person, as a file. */
export async function exportPerson(view: View): Promise<Response> {
  const answer = await view.api(personOf(view), { signal: view.signal });
  if (!answer.ok) throw new Refused(answer.status, (await answer.json()).detail);
  const headers = new Headers(answer.headers);
  headers.set("Content-Disposition", "attachment");
  return new Response(answer.body, { headers });
}

/** Deletes the person, and says what went. */
export async function forgetPerson(view: View): Promise<Shown> {
  const app = view.param("app"), account = view.param("account");
  if (view.form.get("name") !== account) {
    throw new Refused(400, `Nothing is deleted: the name does not match. Write ${account} to confirm.`);
  }
  const gone = await view.read<z.output<typeof RemovedPerson>>(personOf(view), { method: "DELETE" });
  return {
    title: `${account} is deleted`,
    body: (
      <div class="stack">
        <Heading view={view} to={`/apps/${part(app)}`} above={app}>{account} is deleted</Heading>
        <section class="card stack">
          <dl class="figures">
            <Figure name="Accounts" value={gone.accounts} />
            <Figure name="Ids" value={gone.ids} />
            <Figure name="Events" value={gone.events} />
            <Figure name="Sessions" value={gone.sessions} />
          </dl>
          {gone.ambiguousUsers.length > 0 && (
            <p>
              {count(gone.ambiguousUsers.length)}{" "}
              users kept their sessions, because somebody else’s account is called like them:{" "}
              {gone.ambiguousUsers.join(", ")}
            </p>
          )}
        </section>
      </div>
    ),
  };
}
