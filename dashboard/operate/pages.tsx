/** For whoever runs it: health, figures, jobs, keys, storage, backups, settings and the audit log. */
import type { z } from "zod";
import type { ApiKeyList, BackupList, Configuration, FaultList, StorageAnswer } from "../../api/operation.ts";
import type { AuditList, JobAnswer, JobList } from "../../api/system.ts";
import { type History, stretch } from "../charts.tsx";
import { Action, Figure, Heading, part, type Shown, span, Table, type View, When } from "../view.tsx";
import { KeysCard } from "./keys.tsx";
import { AuditCard, BackupsCard, DayCard, FaultsCard, SettingsCard, StorageCard } from "./state.tsx";

const AUDIT_ENTRIES = 20;
/** Everything that an administrator may see. */
export async function operatePage(view: View): Promise<Shown> {
  const before = view.query.get("before"), course = stretch("24h");
  const [{ jobs }, keys, history, faults, backups, settings, audit, storage, health] = await Promise.all([
    view.read<z.output<typeof JobList>>("/jobs"),
    view.read<z.output<typeof ApiKeyList>>("/keys"),
    view.read<History>(`/figures?${course.asked}`),
    view.read<z.output<typeof FaultList>>("/faults"),
    view.read<z.output<typeof BackupList>>("/backups"),
    view.read<z.output<typeof Configuration>>("/configuration"),
    view.read<z.output<typeof AuditList>>(
      `/audit?limit=${AUDIT_ENTRIES}${before === null ? "" : `&before=${part(before)}`}`,
    ),
    view.read<z.output<typeof StorageAnswer>>("/storage"),
    healthOf(view),
  ]);
  const oldest = audit.entries.at(-1);
  return {
    title: "Operate",
    body: (
      <div class="stack">
        <h1>Operate</h1>
        <Health {...health} />
        <DayCard history={history} {...course} />
        <FaultsCard faults={faults.faults} />
        <JobsCard view={view} jobs={jobs} />
        <KeysCard view={view} keys={keys.keys} />
        <div class="grid wide-cells">
          <StorageCard view={view} storage={storage} />
          <BackupsCard view={view} list={backups} />
        </div>
        <SettingsCard settings={settings.settings} />
        <AuditCard
          entries={audit.entries}
          next={audit._links.next && oldest && `?before=${oldest.id}#audit`}
        />
      </div>
    ),
  };
}

/** What each area takes of the disk: a page of its own, because it reads the whole file. */
export async function storagePage(view: View): Promise<Shown> {
  const storage = await view.read<z.output<typeof StorageAnswer>>("/storage?areas=true");
  return {
    title: "Storage",
    body: (
      <div class="stack">
        <Heading view={view} to="/operate" above="Operate">Storage</Heading>
        <StorageCard view={view} storage={storage} />
      </div>
    ),
  };
}

/** Whether it can serve, and the reasons where it cannot. */
async function healthOf(view: View) {
  const [health, ready] = await Promise.all([view.api("/health"), view.api("/ready")]);
  return {
    said: (await health.text()).slice(0, 200),
    ready: ready.ok ? "Yes" : (await ready.json()).detail as string,
    version: health.headers.get("runnel-version") ?? "unknown",
  };
}

function Health({ said, ready, version }: Awaited<ReturnType<typeof healthOf>>) {
  return (
    <section class="card">
      <dl class="figures">
        <Figure name="Health" value={said} />
        <Figure name="Ready to serve" value={ready} />
        <Figure name="Version" value={version} />
        <Figure name="Up for" value={span(performance.now())} />
      </dl>
    </section>
  );
}

function JobsCard({ view, jobs }: { view: View; jobs: z.output<typeof JobList>["jobs"] }) {
  return (
    <section class="card">
      <h2>Jobs</h2>
      <Table label="Jobs" head={["Name", "Schedule (UTC)", "Last run", "Result", ""]}>
        {jobs.map((job) => (
          <tr>
            <th scope="row">
              {job.name}
              <div class="soft">{job.about}</div>
            </th>
            <td class="mono">
              <code>{job.schedule}</code>
            </td>
            <td>
              {job.last === undefined ? <span class="soft">never</span> : <When time={job.last.start} />}
            </td>
            <td>
              <Result job={job} />
            </td>
            <td>
              <Action view={view} to={`/operate/jobs/${part(job.name)}`}>
                <button class="quiet" type="submit" aria-label={`Run ${job.name}`}>Run</button>
              </Action>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Result({ job: { running, last } }: { job: z.output<typeof JobAnswer> }) {
  if (running) return <span class="good">running</span>;
  if (last === undefined) return null;
  if (last.error !== undefined) return <span class="bad">{last.error.split("\n")[0]}</span>;
  return (
    <span>
      {last.result ?? "done"} {last.millis !== undefined && <span class="soft">in {span(last.millis)}</span>}
    </span>
  );
}

/** Runs a job, and waits until it has ended. */
export async function runJob(view: View): Promise<string> {
  await view.read(`/jobs/${part(view.param("job"))}/run`, { method: "POST" });
  return "/dashboard/operate";
}
