/** How a process does and how it is set up: courses of a day, faults, storage, backups, settings, audit log. */
import type { z } from "zod";
import type { BackupList, Configuration, FaultList, StorageAnswer } from "../../api/operation.ts";
import type { AuditList } from "../../api/system.ts";
import { course, type History, perSecond, type Point, Trend } from "../charts.tsx";
import { Action, Bar, bytes, count, Empty, span, Table, type View, When } from "../view.tsx";

/** What the process did, up to a day ago. */
export function DayCard({ history, slots, name: time }: { history: History; slots: number; name: string }) {
  const last = history.points.at(-1);
  const trend = (name: string, of: (point: Point) => number, show = count) => (
    <Trend
      name={name}
      value={last === undefined ? "none yet" : show(of(last))}
      values={course(history, slots, of)}
      label={`${name} in ${time}`}
    />
  );
  return (
    <section class="card">
      <h2>This process, {time}</h2>
      <div class="trends">
        {trend("Requests a second", (point) => perSecond(point.requests, point))}
        {trend("Writes a second", (point) => perSecond(point.writes, point))}
        {trend("Writes in a commit", ({ writes, commits }) => commits === 0 ? 0 : writes / commits)}
        {trend("Time of a commit", ({ commitMillis, commits }) =>
          commits === 0 ? 0 : commitMillis / commits, span)}
        {trend("Faults", ({ faults }) =>
          faults)}
        {trend("Followers", ({ subscribers }) =>
          subscribers)}
        {trend("Memory", ({ memory }) => memory, bytes)}
        {trend("Database", ({ databaseBytes }) => databaseBytes, bytes)}
      </div>
    </section>
  );
}

/** The last answers that were the process's fault. */
export function FaultsCard({ faults }: z.output<typeof FaultList>) {
  return (
    <section class="card">
      <h2>Recent faults</h2>
      {faults.length === 0
        ? <Empty says="None since the start of this process." />
        : (
          <Table label="Recent faults" head={["Time (UTC)", "Request id", "Request", "Why"]}>
            {faults.slice(0, 20).map(({ time, requestId, request, code, cause }) => (
              <tr>
                <td>
                  <When time={time} />
                </td>
                <td>
                  <code>{requestId}</code>
                </td>
                <td>
                  <code>{request}</code>
                </td>
                <td>
                  <span class="bad">{code}</span> <span class="soft">{cause.split("\n")[0]}</span>
                </td>
              </tr>
            ))}
          </Table>
        )}
    </section>
  );
}

/** A file up to this size is measured by area as soon as it is looked at: that takes some hundredths of a second. */
const SMALL_FILE = 64_000_000;

interface StorageProps {
  readonly view: View;
  readonly storage: z.output<typeof StorageAnswer>;
}

/** What takes how much of the disk. */
export function StorageCard({ view, storage: { file, log, areas } }: StorageProps) {
  const measured = `${view.root}/dashboard/operate/storage`;
  const parts = Object.entries(areas ?? {}), most = Math.max(0, ...parts.map(([, size]) => size));
  return (
    <section class="card" id="storage">
      <h2>Storage</h2>
      <p class="soft">
        {file === 0
          ? "A libSQL server has the data."
          : `The database file has ${bytes(file)}, its log ${bytes(log)}.`}
      </p>
      {areas !== undefined && (
        <Table label="Bytes by area" head={["Area", "", "Size"]}>
          {parts.map(([name, size]) => <Bar name={name} value={size} most={most} shown={bytes(size)} />)}
        </Table>
      )}
      {areas === undefined && file > 0 && (
        <p>
          <a
            class="quiet"
            href={measured}
            hx-get={measured}
            hx-select="#storage"
            hx-target="#storage"
            hx-swap="outerHTML"
            hx-trigger={file <= SMALL_FILE ? "revealed" : "click"}
          >
            Measure by area
          </a>{" "}
          <span class="soft">It reads the whole file.</span>
        </p>
      )}
    </section>
  );
}

/** The backups that are there. */
export function BackupsCard({ view, list }: { view: View; list: z.output<typeof BackupList> }) {
  const { plan, backups } = list;
  return (
    <section class="card stack">
      <h2>Backups</h2>
      {plan === undefined
        ? <Empty says="No folder is set: with BACKUP_DIR, a job writes backups on a schedule." />
        : (
          <>
            <p class="soft">
              One every {span(plan.everyMillis)} to <code>{plan.folder}</code>, the newest {count(plan.keep)}
              {" "}
              are kept.
            </p>
            {backups.length === 0
              ? <Empty says="None yet." />
              : (
                <Table label="Backups" head={["File", "Written", "Size"]}>
                  {backups.map(({ name, time, bytes: size }) => (
                    <tr>
                      <th scope="row">
                        <code>{name}</code>
                      </th>
                      <td>
                        <When time={time} />
                      </td>
                      <td class="mono">{bytes(size)}</td>
                    </tr>
                  ))}
                </Table>
              )}
            <Action view={view} to="/operate/jobs/backup">
              <button class="quiet" type="submit">Write one now</button>
            </Action>
          </>
        )}
    </section>
  );
}

/** Every setting; those that the environment sets come first. */
export function SettingsCard({ settings }: z.output<typeof Configuration>) {
  const sorted = [...settings].sort((a, b) => Number(b.isSet) - Number(a.isSet));
  return (
    <section class="card">
      <details>
        <summary>
          <h2>Configuration</h2>
          <span class="soft">{settings.filter(({ isSet }) => isSet).length} of {settings.length} set</span>
        </summary>
        <Table label="Configuration" head={["Variable", "Value", "What it is for"]}>
          {sorted.map(({ name, value, isSecret, isSet, about }) => (
            <tr>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>
                {isSecret && isSet
                  ? <span class="tag">hidden</span>
                  : value === undefined
                  ? <span class="soft">not set</span>
                  : <code class={isSet ? "set" : "soft"}>{value}</code>}
              </td>
              <td class="soft">{about}</td>
            </tr>
          ))}
        </Table>
      </details>
    </section>
  );
}

/** Who did what. */
export function AuditCard({ entries, next }: {
  entries: z.output<typeof AuditList>["entries"];
  /** Where older entries are. */
  next: string | undefined;
}) {
  return (
    <section class="card" id="audit">
      <h2>Audit log</h2>
      {entries.length === 0
        ? <Empty says="Nothing yet: keys, users and whatever is deleted or restored will be here." />
        : (
          <Table label="Audit log" head={["Time (UTC)", "Who", "Did", "With"]}>
            {entries.map(({ time, actor, action, subject }) => (
              <tr>
                <td>
                  <When time={time} />
                </td>
                <td>{actor}</td>
                <td>{action}</td>
                <td>
                  <code>{subject}</code>
                </td>
              </tr>
            ))}
          </Table>
        )}
      {next !== undefined && (
        <p>
          <a class="quiet" href={next}>Older entries</a>
        </p>
      )}
    </section>
  );
}
