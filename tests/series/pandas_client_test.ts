/** The Python client of the published description, and real pandas where it is installed. */
import { deepEqual, equal, throws } from "../support/assert.ts";
import { RunnelError } from "../../domain/errors.ts";
import { readFrame } from "../../domain/series/formats/json/read_frame.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { frameVectors } from "./vectors.ts";

/** What python-requests sends by itself. */
const REQUESTS = {
  "User-Agent": "python-requests/2.28.1",
  "Accept-Encoding": "gzip, deflate",
  Accept: "*/*",
  Connection: "keep-alive",
};
/** As python-requests unpacks what it asked for. */
async function textOf(answer: Response): Promise<string> {
  const isPacked = answer.headers.get("content-encoding") === "gzip" && answer.body !== null;
  return await (isPacked ? new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))) : answer)
    .text();
}
const ACCEPTED = [200, 201, 204];

testOnBothEngines("the description's Python client finds what it expects", async (app) => {
  const written = frameVectors().find(({ id }) => id === "daily_ohlcv")!;
  for (const date_format of ["iso", "epoch"] as const) {
    for (const orient of ["columns", "index", "split", "table"] as const) {
      const output = written.outputs.find((each) =>
        each.orient === orient && each.date_format === date_format
      )!.output;
      if (output === undefined) continue;
      const url =
        `/api/store/HDI/${orient}%20${date_format}?json_format=${orient}&date_format=${date_format}`;
      for (const headers of [REQUESTS, { ...REQUESTS, "Content-Type": "application/json" }]) {
        const posted = await app.request(url, {
          method: "POST",
          headers,
          body: new TextEncoder().encode(output),
        });
        equal(ACCEPTED.includes(posted.status), true);
        deepEqual(JSON.parse(await textOf(posted)), { status: true });
      }
      const got = await app.request(url, { headers: REQUESTS });
      equal(ACCEPTED.includes(got.status), true);
      equal(await textOf(got), output);
      const range = await app.request(`${url}&start=1970-01-01T00%3A00%3A00&end=2100-01-01+00%3A00%3A00`, {
        headers: REQUESTS,
      });
      equal(await textOf(range), output);
    }
  }
  const removed = await app.request("/api/store/HDI/columns%20iso", { method: "DELETE", headers: REQUESTS });
  equal(ACCEPTED.includes(removed.status), true);
});

Deno.test("what pandas writes comes back byte for byte, except where the store promises otherwise", async () => {
  await using app = await createTestApp();
  let same = 0, others = 0;
  for (const { id, outputs } of frameVectors()) {
    for (const { orient, date_format: dateFormat, output } of outputs) {
      if (output === undefined || orient === "values" || orient === "records") continue;
      const url =
        `/api/store/vectors/${id}-${orient}-${dateFormat}?json_format=${orient}&date_format=${dateFormat}`;
      const saved = await app.request(url, { method: "POST", body: output });
      const read = () => writeFrameText(readFrame(output, orient), orient, { dateFormat });
      const got = await (await app.request(url)).text();
      if (saved.status !== 200 || got.startsWith('{"type":"/docs/errors#invalid-request"')) {
        throws(read, RunnelError, `${id} ${orient} ${dateFormat}`);
        continue;
      }
      equal(got, read(), `${id} ${orient} ${dateFormat}`);
      if (got === output) same++;
      else others++;
    }
  }
  // Unsorted rows, names of indexes, column labels that are numbers: see pandas_frames_test.ts.
  equal(same >= 150, true, `${same} the same, ${others} otherwise`);
});

const PYTHON = "/usr/bin/python3";
const hasPandas = await canRun(["-c", "import pandas"]);

async function canRun(args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(PYTHON, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

const SCRIPT = `
import sys, urllib.request, pandas as pd, numpy as np
base = sys.argv[1]
class Client:
    def call(self, method, symbol, body=None, **query):
        url = base + '/api/store/HDI/' + symbol + '?' + '&'.join('%s=%s' % each for each in query.items())
        request = urllib.request.Request(url, method=method, data=body and body.encode())
        with urllib.request.urlopen(request) as answer:
            assert answer.status in (200, 201, 204)
            return answer.read().decode()
client = Client()
random = np.random.default_rng(7)
checked = 0
for rows in (1, 7, 5000):
    for freq in ('D', '37s'):
        for tz in (None, 'UTC'):
            index = pd.date_range('2001-02-03', periods=rows, freq=freq, tz=tz)
            frame = pd.DataFrame({'open': random.normal(100, 9, rows).round(4), 'volume': random.integers(0, 10**9, rows),
                                  'note': ['caf\\u00e9 / %d' % i for i in range(rows)]}, index=index)
            frame.loc[index[0], 'gap'] = 0.5
            for orient in ('columns', 'index', 'split', 'table'):
                symbol = '%d-%s-%s-%s' % (rows, freq, tz, orient)
                written = frame.to_json(orient=orient, date_format='iso')
                client.call('POST', symbol, written, json_format=orient, date_format='iso')
                got = client.call('GET', symbol, json_format=orient, date_format='iso')
                assert got == written, (symbol, got[:200], written[:200])
                back = pd.read_json(got, orient=orient)
                expected = pd.read_json(written, orient=orient)
                pd.testing.assert_frame_equal(back, expected)
                if orient == 'index':
                    pd.testing.assert_frame_equal(back, frame, check_freq=False, check_names=False)
                checked += 1
            daily = frame[['open']].resample('1h').mean()
            got = pd.read_json(client.call('GET', '%d-%s-%s-columns' % (rows, freq, tz), columns='open', every='1h', agg='mean'))
            if len(daily) > 1:
                pd.testing.assert_frame_equal(got, daily, check_freq=False)
print(checked)
`;

Deno.test({
  name: "real pandas reads back the frames that it saved",
  ignore: !hasPandas,
  async fn() {
    await using folder = await temporaryFolder();
    await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
    const { success, stdout, stderr } = await new Deno.Command(PYTHON, { args: ["-c", SCRIPT, process.url] })
      .output();
    equal(success, true, new TextDecoder().decode(stderr));
    equal(new TextDecoder().decode(stdout).trim(), "48");
  },
});
