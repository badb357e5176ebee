/** For whoever runs it: health, and what runs on a schedule. */
import type { z } from "zod";
import type { JobAnswer, JobList } from "../../api/system.ts";
import { Action, Figure, part, type Shown, span, Table, type View, When } from "../view.tsx";

/** Health and jobs. */
export async function operatePage(view: View): Promise<Shown> {
  const { jobs } = await view.read<z.output<typeof JobList>>("/jobs");
  const health = await view.api("/health");
  return {
    title: "Operate",
    body: (
      <div class="stack">
        <h1>Operate</h1>
        <section class="card">
          <dl class="figures">
            <Figure name="Health" value={(await health.text()).slice(0, 200)} />
            <Figure name="Version" value={health.headers.get("runnel-version") ?? "unknown"} />
          </dl>
        </section>
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
      </div>
    ),
  };
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
